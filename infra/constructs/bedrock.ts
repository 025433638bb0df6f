/**
 * What a role may ask of Amazon Bedrock: the models that `sluice.json` names, in
 * the regions that it names, and nothing where it names none.
 * https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-prereq.html
 */
import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import type { Construct } from 'constructs';
import type { ResolvedConfig } from '../../shared/catalogue/resolved-config.ts';
import type { SettingsOf } from '../../shared/providers/kinds.ts';

const invoke = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];

/** `us.anthropic.…` is a profile, which has the model of the same name in several regions. */
const profile = /^(us|us-gov|eu|apac|jp|au|ca|global)\.(?<model>.+)$/;

export class Bedrock {
  private readonly stack: Stack;
  private readonly config: ResolvedConfig;

  constructor(scope: Construct, config: ResolvedConfig) {
    this.stack = Stack.of(scope);
    this.config = config;
  }

  grantInference(grantee: IGrantable): void {
    for (const [name, settings] of Object.entries(this.config.providers)) {
      if (settings.kind !== 'bedrock') continue;
      const statements =
        settings.endpoint === 'mantle'
          ? [this.mantle(settings)]
          : modelsOf(this.config, name).flatMap((model) => this.runtime(settings, model));
      for (const statement of statements) grantee.grantPrincipal.addToPrincipalPolicy(statement);
    }
  }

  private runtime({ region }: SettingsOf<'bedrock'>, model: string): PolicyStatement[] {
    const inRegion = new PolicyStatement({ actions: invoke, resources: [this.model(region, model)] });
    const underlying = model === '*' ? '*' : profile.exec(model)?.groups?.['model'];
    if (underlying === undefined) return [inRegion];
    const profileArn = this.arn('bedrock', region, this.stack.account, 'inference-profile', model);
    const throughProfile = [
      new PolicyStatement({ actions: invoke, resources: [profileArn] }),
      new PolicyStatement({
        actions: invoke,
        resources: [this.model('*', underlying)],
        conditions: { ArnLike: { 'bedrock:InferenceProfileArn': profileArn } },
      }),
    ];
    return model === '*' ? [inRegion, ...throughProfile] : throughProfile;
  }

  /** Mantle's permission is by project, and whoever names none is in the default one. */
  private mantle({ region }: SettingsOf<'bedrock'>): PolicyStatement {
    const resources = [this.arn('bedrock-mantle', region, this.stack.account, 'project', '*')];
    return new PolicyStatement({ actions: ['bedrock-mantle:CreateInference'], resources });
  }

  private model(region: string, model: string): string {
    return this.arn('bedrock', region, '', 'foundation-model', model);
  }

  private arn(service: string, region: string, account: string, resource: string, resourceName: string): string {
    return this.stack.formatArn({
      service,
      region,
      account,
      resource,
      resourceName,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }
}

/** The provider's own names of the models that it may be asked for; `*` for whatever the catalogue prices. */
function modelsOf({ models, wildcard }: ResolvedConfig, provider: string): string[] {
  const named = Object.values(models).flatMap(({ targets }) =>
    targets.filter((target) => target.provider === provider),
  );
  const names = new Set(named.map(({ model }) => model));
  if (wildcard?.some((target) => target.provider === provider)) names.add('*');
  return [...names].sort();
}
