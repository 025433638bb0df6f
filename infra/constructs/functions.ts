/** One Lambda per function of the route table, of the schedules and of the queues, each with a role that allows what those need. */

import { type Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Architecture, Code, Function as LambdaFunction, Runtime, Tracing } from 'aws-cdk-lib/aws-lambda';
import { type ILogGroup, LogGroup } from 'aws-cdk-lib/aws-logs';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { Route } from '../../shared/http/route.ts';
import { serviceOf } from '../../shared/observability/metric-definitions.ts';
import { queueVariable } from '../../shared/queues/queue.ts';
import { tableVariable } from '../../shared/tables.ts';
import { type Bundles, resolvedConfigFile } from '../build/bundle.ts';
import type { Deployment } from '../deployment.ts';
import type { QueueDefinition } from '../queues.ts';
import type { Schedule } from '../schedules.ts';
import type { Bedrock } from './bedrock.ts';
import type { Bodies } from './bodies.ts';
import type { DeadLetters } from './dead-letters.ts';
import { type FunctionNeeds, needsOfQueues, needsOfRoutes, needsOfSchedules } from './function-needs.ts';
import { grantHealthChecks, healthCheckVariables } from './health-checks.ts';
import { InlineRole } from './inline-role.ts';
import { logRetention, removalPolicy } from './lifetime.ts';
import type { Notifications } from './notifications.ts';
import type { Queues } from './queues.ts';
import type { Reports } from './reports.ts';
import { arnOf, type Secrets } from './secrets.ts';
import type { Tables } from './tables.ts';
import type { ToolFunctions } from './tool-functions.ts';

export type FunctionsProps = {
  readonly deployment: Deployment;
  readonly routes: readonly Route[];
  readonly schedules: readonly Schedule[];
  readonly queueDefinitions: readonly QueueDefinition[];
  readonly bundles: Bundles;
  readonly tables: Tables;
  readonly secrets: Secrets;
  readonly notifications: Notifications;
  readonly reports: Reports;
  readonly bodies: Bodies;
  readonly queues: Queues;
  readonly deadLetters: DeadLetters;
  readonly bedrock: Bedrock;
  readonly toolFunctions: ToolFunctions;
};

export class Functions extends Construct {
  private readonly byName: ReadonlyMap<string, LambdaFunction>;

  constructor(scope: Construct, id: string, props: FunctionsProps) {
    super(scope, id);
    const { routes, schedules, queueDefinitions, deployment, secrets } = props;
    this.byName = new Map(
      [
        ...[...Map.groupBy(routes, (route) => route.function)].map(
          ([name, served]) => [name, needsOfRoutes(served, deployment, secrets)] as const,
        ),
        ...[...Map.groupBy(schedules, (schedule) => schedule.function)].map(
          ([name, called]) => [name, needsOfSchedules(called)] as const,
        ),
        ...[...Map.groupBy(queueDefinitions, (queue) => queue.function)].map(
          ([name, called]) => [name, needsOfQueues(called, secrets)] as const,
        ),
      ].map(([name, needs]) => [name, this.create(name, needs, props)]),
    );
  }

  get logGroups(): readonly ILogGroup[] {
    return [...this.byName.values()].map(({ logGroup }) => logGroup);
  }

  find(name: string): LambdaFunction {
    const found = this.byName.get(name);
    if (!found) throw new Error(`No route, no schedule and no queue has the function ${name}`);
    return found;
  }

  private create(name: string, needs: FunctionNeeds, props: FunctionsProps): LambdaFunction {
    const { deployment, bundles, tables, secrets, notifications, reports, bodies, queues, deadLetters, bedrock } =
      props;
    const bundle = bundles[name];
    if (!bundle) throw new Error(`The function ${name} is listed, and there is no functions/${name}.ts`);

    const scope = new Construct(this, name);
    const logGroup = new LogGroup(scope, 'Logs', {
      retention: logRetention(deployment),
      removalPolicy: removalPolicy(deployment),
    });
    const role = new InlineRole(scope, 'Role', new ServicePrincipal('lambda.amazonaws.com'));
    logGroup.grantWrite(role);
    for (const [table, access] of needs.tables) tables.grant(role, table, access);
    if (needs.secrets.size > 0) secrets.grantRead(role, [...needs.secrets.values()]);
    if (needs.publishes) notifications.grantPublish(role);
    if (needs.bucket) reports.grantPut(role);
    if (needs.bodies.length > 0) bodies.grant(role, needs.bodies);
    if (needs.requestLogs) reports.grantLog(role, deployment);
    for (const queue of needs.sendsTo) queues.grantSend(role, queue);
    for (const queue of needs.receivesFrom) queues.grantReceive(role, queue);
    if (needs.chats) bedrock.grantInference(role);
    if (needs.runsTools) props.toolFunctions.grantInvoke(role);
    if (needs.checksHealth) grantHealthChecks(role, props);

    const lambda = new LambdaFunction(scope, 'Function', {
      description: needs.description.slice(0, 256),
      code: Code.fromAsset(bundle.folder, { assetHash: bundle.hash }),
      handler: 'index.handler',
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: needs.memoryMb,
      timeout: needs.timeout,
      tracing: Tracing.ACTIVE,
      role,
      logGroup,
      ...(needs.unattended && { deadLetterQueue: deadLetters.queue }),
      environment: {
        SLUICE_STAGE: deployment.stage,
        // Lambda starts a function in the folder of its code.
        SLUICE_RESOLVED_CONFIG: resolvedConfigFile,
        RESPONSE_MODE: deployment.responseMode,
        POWERTOOLS_SERVICE_NAME: serviceOf(deployment.stage),
        POWERTOOLS_LOG_LEVEL: 'INFO',
        ...(deployment.logDebugShare > 0 && { SLUICE_LOG_DEBUG_SHARE: deployment.logDebugShare.toFixed(6) }),
        ...Object.fromEntries([...needs.tables.keys()].map((table) => [tableVariable(table), tables.nameOf(table)])),
        ...Object.fromEntries([...needs.secrets].map(([variable, secret]) => [variable, arnOf(secret)])),
        ...(needs.publishes && { NOTIFICATIONS_TOPIC: notifications.topicArn }),
        ...(needs.bucket && { REPORTS_BUCKET: reports.bucketName }),
        ...((needs.bodies.length > 0 || needs.checksHealth) && { BODIES_BUCKET: bodies.bucketName }),
        ...(needs.requestLogs && { REQUEST_LOG_BUCKET: reports.bucketName }),
        ...(deployment.requestLogKey !== null && { REQUEST_LOG_KEY_ARN: deployment.requestLogKey }),
        ...Object.fromEntries([...needs.sendsTo].map((queue) => [queueVariable(queue), queues.urlOf(queue)])),
        ...(needs.checksHealth && healthCheckVariables(props)),
      },
    });
    this.acceptWildcards(role, needs);
    return lambda;
  }

  private acceptWildcards(role: Role, { bucket, bodies, requestLogs, chats, checksHealth }: FunctionNeeds): void {
    NagSuppressions.addResourceSuppressions(
      role,
      [
        {
          id: 'AwsSolutions-IAM5',
          appliesTo: ['Resource::*'],
          reason: 'X-Ray takes trace segments for no resource in particular: its actions can be allowed for * only.',
        },
        ...(checksHealth
          ? [
              {
                id: 'AwsSolutions-IAM5',
                appliesTo: ['Resource::*'],
                reason: 'Reading metrics can be allowed for * only, and so can asking which alarms are on.',
              },
            ]
          : []),
        ...(bucket
          ? [
              {
                id: 'AwsSolutions-IAM5',
                appliesTo: [{ regex: '/^Resource::<Reports.+\\.Arn>\\/\\*$/g' }],
                reason: 'The bucket holds nothing but reports, and each period is an object of its own.',
              },
            ]
          : []),
        ...(bodies.includes('files')
          ? [
              {
                id: 'AwsSolutions-IAM5',
                appliesTo: [{ regex: '/^Resource::<Bodies.+\\.Arn>\\/(files|uploads)\\/\\*$/g' }],
                reason:
                  'Each file, and each part of an upload, is an object of its own under a key that holds its tenant.',
              },
            ]
          : []),
        ...(requestLogs
          ? [
              {
                id: 'AwsSolutions-IAM5',
                appliesTo: [
                  { regex: '/^Resource::<Reports.+\\.Arn>\\/request-logs\\/\\*$/g' },
                  { regex: '/^Resource::<Bodies.+\\.Arn>\\/request-log-inbox\\/\\*$/g' },
                ],
                reason: 'Each file of the request log is an object of its own, under a key that holds its tenant.',
              },
            ]
          : []),
        ...(bodies.some((access) => access === 'keep' || access === 'delete')
          ? [
              {
                id: 'AwsSolutions-IAM5',
                appliesTo: [{ regex: '/^Resource::<Bodies.+\\.Arn>\\/\\*$/g' }],
                reason:
                  'The bucket holds nothing but bodies, each an object of its own under a key that holds its tenant.',
              },
            ]
          : []),
        ...(chats
          ? [
              {
                id: 'AwsSolutions-IAM5',
                appliesTo: [{ regex: '/^Resource::arn:<AWS::Partition>:bedrock(-mantle)?:/g' }],
                reason:
                  'Bedrock alone knows in which regions a profile serves its model, and Mantle knows projects only. What may be asked for is what sluice.json names.',
              },
            ]
          : []),
      ],
      true,
    );
  }
}
