/** One Lambda per function of the route table, each with a role that allows what its routes need. */

import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import type { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Duration } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import { type Route, tablesOf } from '../../shared/http/route.ts';
import { tableVariable } from '../../shared/tables.ts';
import { type Bundles, resolvedConfigFile } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import { logRetention, removalPolicy } from './lifetime.ts';
import { arnOf, type Secrets } from './secrets.ts';
import type { Tables } from './tables.ts';

/**
 * A model call mostly waits, and is billed for waiting by the gigabyte; yet the
 * share of a processor comes with the memory, and with less than this a cold
 * start and the first TLS handshakes take seconds.
 */
const memoryMb = 512;

/** The longest that Lambda runs and that API Gateway streams. */
const streamedTimeout = Duration.minutes(15);
/** The longest that API Gateway waits for an answer in one piece. */
const wholeTimeout = Duration.seconds(29);

/** For the function and for the integration in front of it: neither works on when the other has given up. */
export const timeoutOf = ({ streamed }: Pick<Route, 'streamed'>, { responseMode }: Deployment): Duration =>
  streamed && responseMode === 'stream' ? streamedTimeout : wholeTimeout;

export type FunctionsProps = {
  readonly deployment: Deployment;
  readonly routes: readonly Route[];
  readonly bundles: Bundles;
  readonly tables: Tables;
  readonly secrets: Secrets;
};

export class Functions extends Construct {
  private readonly byName: ReadonlyMap<string, LambdaFunction>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const names = [...new Set(props.routes.map((route) => route.function))];
    this.byName = new Map(names.map((name) => [name, this.create(name, props)]));
  }

  find(name: string): LambdaFunction {
    const found = this.byName.get(name);
    if (!found) throw new Error(`No route has the function ${name}`);
    return found;
  }

  private create(name: string, { deployment, routes, bundles, tables, secrets }: FunctionsProps): LambdaFunction {
    const served = routes.filter((route) => route.function === name);
    const bundle = bundles[name];
    if (!bundle) throw new Error(`infra/routes.ts names the function ${name}, and there is no functions/${name}.ts`);

    const scope = new Construct(this, name);
    const logGroup = new LogGroup(scope, 'Logs', {
      retention: logRetention(deployment),
      removalPolicy: removalPolicy(deployment),
    });
    const role = new Role(scope, 'Role', { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const touched = tablesOf(served);
    for (const [table, access] of touched) tables.grant(role, table, access);
    const readable = secretsOf(served, secrets);
    if (readable.size > 0) secrets.grantRead(role, [...readable.values()]);

    const lambda = new LambdaFunction(scope, 'Function', {
      description: served
        .map(({ method, path }) => `${method} ${path}`)
        .join(', ')
        .slice(0, 256),
      code: Code.fromAsset(bundle.folder, { assetHash: bundle.hash }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: memoryMb,
      timeout: Duration.seconds(Math.max(...served.map((route) => timeoutOf(route, deployment).toSeconds()))),
      tracing: Tracing.ACTIVE,
      role,
      logGroup,
      environment: {
        SLUICE_STAGE: deployment.stage,
        // Lambda starts a function in the folder of its code.
        SLUICE_RESOLVED_CONFIG: resolvedConfigFile,
        RESPONSE_MODE: deployment.responseMode,
        POWERTOOLS_SERVICE_NAME: 'sluice',
        POWERTOOLS_LOG_LEVEL: 'INFO',
        ...Object.fromEntries([...touched.keys()].map((table) => [tableVariable(table), tables.nameOf(table)])),
        ...Object.fromEntries([...readable].map(([variable, secret]) => [variable, arnOf(secret)])),
      },
    });
    NagSuppressions.addResourceSuppressions(
      role,
      [
        {
          id: 'AwsSolutions-IAM5',
          appliesTo: ['Resource::*'],
          reason: 'X-Ray takes trace segments for no resource in particular: its actions can be allowed for * only.',
        },
      ],
      true,
    );
    return lambda;
  }
}

/** By the variable that tells the function where each is: shared/environment.ts. */
function secretsOf(routes: readonly Route[], { adminKey, pepper, providerKeys }: Secrets): ReadonlyMap<string, Secret> {
  const secrets = new Map<string, Secret>();
  if (routes.some(({ audience }) => audience !== 'anyone')) secrets.set('PEPPER_SECRET', pepper);
  if (routes.some(({ audience }) => audience === 'admin')) secrets.set('ADMIN_KEY_SECRET', adminKey);
  if (routes.some(({ providers }) => providers)) secrets.set('PROVIDER_KEYS_SECRET', providerKeys);
  return secrets;
}
