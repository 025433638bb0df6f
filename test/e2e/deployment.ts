/** `cdk` and `cfn-lint`, as a user calls them. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, type Variables } from './command.ts';
import { account, type Ministack, region } from './ministack.ts';
import { weatherArn } from './weather.ts';
import { binaries, python, repository, workspace } from './workspace.ts';

export const stage = 'e2e';
const stackName = `sluice-${stage}`;

const cdk = (args: readonly string[], env: Variables): Promise<string> => run(join(binaries, 'cdk'), args, env);

/** The shipped configuration, and with it the function that the gateway may run as a tool. */
function configuration(): string {
  const shipped: Record<string, unknown> = JSON.parse(readFileSync(join(repository, 'sluice.json'), 'utf8'));
  const { $schema: _, ...document } = shipped;
  const file = join(workspace, 'sluice.json');
  writeFileSync(file, JSON.stringify({ ...document, tools: { functions: [weatherArn] } }, null, 2));
  return file;
}

/** Into a folder of its own, since other runs of `cdk` may be under way. */
export async function synthesize(responseMode: 'stream' | 'buffered', env: Variables): Promise<string> {
  const assembly = join(workspace, `cdk.out-${responseMode}`);
  await cdk(
    ['synth', '--quiet', '--strict', '-o', assembly, '-c', `stage=${stage}`, '-c', `responseMode=${responseMode}`],
    {
      ...env,
      SLUICE_CONFIG: configuration(),
    },
  );
  return assembly;
}

/** W3005 warns of dependencies that CDK writes out although a reference implies them. */
export const lint = (assembly: string, env: Variables): Promise<string> =>
  run(python('cfn-lint'), ['--ignore-checks', 'W3005', '--', join(assembly, `${stackName}.template.json`)], env);

/** See docs/adr/0010 for why CDK's bucket loses its policy. */
export async function bootstrap({ environment: env }: Ministack): Promise<void> {
  await cdk(['bootstrap', `aws://${account}/${region}`], env);
  const bucket = `cdk-hnb659fds-assets-${account}-${region}`;
  await run(python('aws'), ['s3api', 'delete-bucket-policy', '--bucket', bucket], env);
}

export type Outputs = {
  readonly BaseUrl: string;
  readonly RootAdminKeyCommand: string;
  readonly ProviderKeysCommand: string;
  readonly NotificationsTopicArn: string;
  readonly ReportsBucketName: string;
};

type Resource = { readonly Type: string; readonly Properties?: Record<string, unknown>; readonly DependsOn?: string[] };
type Resources = Readonly<Record<string, Resource>>;

/** The template as MiniStack can take it: docs/adr/0010. */
function adapt(assembly: string): void {
  const file = join(assembly, `${stackName}.template.json`);
  const template: { readonly Resources: Resources } = JSON.parse(readFileSync(file, 'utf8'));
  const Resources = withGatewayResponses(withoutRefused(template.Resources));
  writeFileSync(file, JSON.stringify({ ...template, Resources }));
}

/** The queues' policies refuse HTTP, too, and cannot be taken away any more once they are there; saved queries it does not know. */
const refused: readonly string[] = ['AWS::SQS::QueuePolicy', 'AWS::Logs::QueryDefinition'];
const withoutRefused = (resources: Resources): Resources =>
  Object.fromEntries(Object.entries(resources).filter(([, { Type }]) => !refused.includes(Type)));

type GatewayResponse = Readonly<Record<'statusCode' | 'responseParameters' | 'responseTemplates', unknown>>;

/** It imports an API's routes and not its own answers, which it has to be told in resources of their own. */
function withGatewayResponses(resources: Resources): Resources {
  const [apiId, api] = Object.entries(resources).find(([, { Type }]) => Type === 'AWS::ApiGateway::RestApi') ?? [];
  const body = api?.Properties?.['Body'] as Record<string, Record<string, GatewayResponse>> | undefined;
  const answers = Object.fromEntries(
    Object.entries(body?.['x-amazon-apigateway-gateway-responses'] ?? {}).map(([type, answer]) => [
      `GatewayResponse${type.replaceAll('_', '')}`,
      {
        Type: 'AWS::ApiGateway::GatewayResponse',
        Properties: {
          RestApiId: { Ref: apiId },
          ResponseType: type,
          StatusCode: answer.statusCode,
          ResponseParameters: answer.responseParameters,
          ResponseTemplates: answer.responseTemplates,
        },
      },
    ]),
  );
  const others = Object.entries(resources).map(([id, resource]) => [
    id,
    resource.Type === 'AWS::ApiGateway::Deployment'
      ? { ...resource, DependsOn: [...(resource.DependsOn ?? []), ...Object.keys(answers)] }
      : resource,
  ]);
  return { ...Object.fromEntries(others), ...answers };
}

export async function deploy(assembly: string, { environment: env }: Ministack): Promise<Outputs> {
  adapt(assembly);
  const file = join(workspace, 'outputs.json');
  await cdk(['deploy', '--app', assembly, '--require-approval', 'never', '--outputs-file', file, stackName], env);
  const outputs: Record<string, Outputs> = JSON.parse(readFileSync(file, 'utf8'));
  const found = outputs[stackName];
  if (!found) throw new Error(`cdk deploy wrote no outputs of ${stackName}.`);
  await acceptHttp(found, env);
  return found;
}

/** The buckets and the topic refuse whoever does not use TLS, which MiniStack does not speak: docs/adr/0010. */
async function acceptHttp({ NotificationsTopicArn }: Outputs, env: Variables): Promise<void> {
  const ofTheStack = `Buckets[?starts_with(Name, '${stackName}-')].Name`;
  const buckets = await run(python('aws'), ['s3api', 'list-buckets', '--query', ofTheStack, '--output', 'text'], env);
  for (const bucket of buckets.split(/\s+/).filter(Boolean)) {
    await run(python('aws'), ['s3api', 'delete-bucket-policy', '--bucket', bucket], env);
  }
  const ownAccount = {
    Effect: 'Allow',
    Principal: { AWS: `arn:aws:iam::${account}:root` },
    Action: 'sns:Publish',
    Resource: NotificationsTopicArn,
  };
  const policy = JSON.stringify({ Version: '2012-10-17', Statement: [ownAccount] });
  const topic = ['--topic-arn', NotificationsTopicArn, '--attribute-name', 'Policy', '--attribute-value', policy];
  await run(python('aws'), ['sns', 'set-topic-attributes', ...topic], env);
}

export const destroy = (assembly: string, { environment: env }: Ministack): Promise<string> =>
  cdk(['destroy', '--app', assembly, '--force', stackName], env);
