/** API Gateway, built from the route table and from nothing else. */

import {
  AccessLogFormat,
  AuthorizationType,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  ResponseTransferMode,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Stack } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { Route } from '../../shared/http/route.ts';
import type { Deployment } from '../deployment.ts';
import { timeoutOf } from './function-needs.ts';
import type { Functions } from './functions.ts';
import { logRetention, removalPolicy } from './lifetime.ts';

/**
 * A ceiling for the whole API, against a runaway caller's bill. What each project
 * may do is the gateway's own business.
 */
const throttling = { throttlingRateLimit: 1_000, throttlingBurstLimit: 2_000 };

/** Who asked for what, and how it went. The path is the route's, not the caller's: that may hold anything (I6). */
const accessLogFormat = AccessLogFormat.custom(
  JSON.stringify({
    requestId: '$context.requestId',
    time: '$context.requestTime',
    sourceIp: '$context.identity.sourceIp',
    method: '$context.httpMethod',
    route: '$context.resourcePath',
    status: '$context.status',
    latencyMs: '$context.responseLatency',
    functionLatencyMs: '$context.integrationLatency',
    functionStatus: '$context.integrationStatus',
    responseBytes: '$context.responseLength',
    gatewayError: '$context.error.responseType',
    trace: '$context.xrayTraceId',
  }),
);

const keysAreCheckedInTheFunctions = [
  {
    id: 'AwsSolutions-APIG4',
    reason:
      'The functions check keys: an authorizer knows neither the OpenAI error shape nor which scope a route asks for.',
  },
  { id: 'AwsSolutions-COG4', reason: 'Callers hold API keys, as they do with OpenAI; there are no users to sign in.' },
];

export type ApiProps = {
  readonly deployment: Deployment;
  readonly routes: readonly Route[];
  readonly functions: Functions;
};

export class Api extends Construct {
  readonly restApi: RestApi;
  /** What an SDK is given as its `baseURL`. */
  readonly baseUrl: string;

  constructor(scope: Construct, id: string, { deployment, routes, functions }: ApiProps) {
    super(scope, id);
    const accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: logRetention(deployment),
      removalPolicy: removalPolicy(deployment),
    });
    this.restApi = new RestApi(this, 'RestApi', {
      restApiName: `sluice-${deployment.stage}`,
      description: "OpenAI's API, served by Sluice.",
      endpointTypes: [EndpointType.REGIONAL],
      ...(deployment.logRole === 'own'
        ? { cloudWatchRole: true, cloudWatchRoleRemovalPolicy: removalPolicy(deployment) }
        : { cloudWatchRole: false }),
      deployOptions: {
        stageName: 'v1',
        tracingEnabled: true,
        accessLogDestination: new LogGroupLogDestination(accessLogs),
        accessLogFormat,
        ...throttling,
      },
    });
    for (const route of routes) this.addRoute(route, functions, deployment);
    this.acceptFindings(deployment);
    // CDK's own output of the address ends in a slash, which an SDK's baseURL must not.
    this.restApi.node.tryRemoveChild('Endpoint');

    const { region, urlSuffix } = Stack.of(this);
    const { restApiId, deploymentStage } = this.restApi;
    this.baseUrl = `https://${restApiId}.execute-api.${region}.${urlSuffix}/${deploymentStage.stageName}`;
  }

  private addRoute(route: Route, functions: Functions, deployment: Deployment): void {
    const streams = route.streamed && deployment.responseMode === 'stream';
    const integration = new LambdaIntegration(functions.find(route.function), {
      timeout: timeoutOf(route, deployment),
      responseTransferMode: streams ? ResponseTransferMode.STREAM : ResponseTransferMode.BUFFERED,
      // One permission per function in place of one per method: a function refuses the routes that are not its own.
      scopePermissionToMethod: false,
    });
    const method = this.restApi.root.resourceForPath(route.path).addMethod(route.method, integration, {
      operationName: route.operationId,
      authorizationType: AuthorizationType.NONE,
    });
    NagSuppressions.addResourceSuppressions(method, keysAreCheckedInTheFunctions);
  }

  private acceptFindings({ logRole }: Deployment): void {
    NagSuppressions.addResourceSuppressions(this.restApi, [
      {
        id: 'AwsSolutions-APIG2',
        reason:
          "The functions check requests, with zod, to answer in the OpenAI error shape with the parameter's name.",
      },
    ]);
    NagSuppressions.addResourceSuppressions(this.restApi.deploymentStage, [
      {
        id: 'AwsSolutions-APIG3',
        reason: 'A web ACL costs money while nobody calls. Whoever needs one attaches it to the stage.',
      },
      {
        id: 'AwsSolutions-APIG6',
        reason:
          'Execution logs hold parts of requests, which may be in no log (I6), and their group outlives the stack. The access log and the functions say what is needed.',
      },
    ]);
    if (logRole === 'existing') return;
    NagSuppressions.addResourceSuppressionsByPath(Stack.of(this), `${this.restApi.node.path}/CloudWatchRole/Resource`, [
      {
        id: 'AwsSolutions-IAM4',
        appliesTo: ['Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs'],
        reason: "API Gateway's account setting wants a role with this very policy.",
      },
    ]);
  }
}
