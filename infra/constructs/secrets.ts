/** The gateway's secrets. Each function may read those that its routes need. */

import { type IGrantable, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnSecret, Secret, type SecretStringGenerator } from 'aws-cdk-lib/aws-secretsmanager';
import { SecretValue } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { Deployment } from '../deployment.ts';
import { removalPolicy } from './lifetime.ts';

const generated = (entry: string, length: number): SecretStringGenerator => ({
  secretStringTemplate: '{}',
  generateStringKey: entry,
  passwordLength: length,
  // Letters and digits only: it is pasted into shells and headers. Spelt out, as not every CloudFormation knows `excludePunctuation`.
  excludeCharacters: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
});

/** `Id` is the ARN, as `Ref` is on AWS; on MiniStack, which enforces roles for us, `Ref` is the name: docs/adr/0010. */
export function arnOf({ node }: Secret): string {
  if (!(node.defaultChild instanceof CfnSecret)) throw new Error(`${node.path} is no secret of this stack`);
  return node.defaultChild.attrId;
}

export class Secrets extends Construct {
  /** `{ "adminKey": … }` */
  readonly adminKey: Secret;
  /** Peppers by version, `{ "1": … }`. A new version is a new entry; the old ones still verify their keys. */
  readonly pepper: Secret;
  /** Providers' keys by their `apiKeyEnv`, which the user fills in. */
  readonly providerKeys: Secret;

  constructor(scope: Construct, id: string, deployment: Deployment) {
    super(scope, id);
    const common = { removalPolicy: removalPolicy(deployment) };
    this.adminKey = new Secret(this, 'AdminKey', {
      ...common,
      description: 'The root admin key of Sluice.',
      generateSecretString: generated('adminKey', 48),
    });
    this.pepper = new Secret(this, 'Pepper', {
      ...common,
      description: 'The pepper of the API keys of Sluice. Without it no key is valid any more.',
      generateSecretString: generated('1', 64),
    });
    this.providerKeys = new Secret(this, 'ProviderKeys', {
      ...common,
      description: 'The keys of the model providers, by the names that apiKeyEnv gives them in sluice.json.',
      // Empty, whatever the document says: CloudFormation writes the value again when the template's changes, and
      // a provider that is added later must not cost the keys that the user has filled in.
      secretStringValue: SecretValue.unsafePlainText('{}'),
    });
    this.acceptWithoutRotation();
  }

  grantRead(grantee: IGrantable, secrets: readonly Secret[]): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ['secretsmanager:GetSecretValue'],
        resources: secrets.map(arnOf),
      }),
    );
  }

  private acceptWithoutRotation(): void {
    const reasons: readonly (readonly [Secret, string])[] = [
      [this.adminKey, 'People and their tools hold this key: rotating it behind their back would lock them out.'],
      [this.pepper, 'Peppers are rotated by adding a version; replacing one would end every key that it signed.'],
      [this.providerKeys, 'Only the providers can issue these keys; the user replaces them there and here.'],
    ];
    for (const [secret, reason] of reasons) {
      NagSuppressions.addResourceSuppressions(secret, [{ id: 'AwsSolutions-SMG4', reason }]);
    }
  }
}
