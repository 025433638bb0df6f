/** API Gateway, built from the route table and from nothing else. */

import {
  AccessLogFormat,
  ApiDefinition,
  EndpointType,
  LogGroupLogDestination,
  SpecRestApi,
} from 'aws-cdk-lib/aws-apigateway';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { ArnFormat, Stack } from 'aws-cdk-lib/core';
import { NagSuppressions } from 'cdk-nag';
import { Construct } from 'constructs';
import type { Route } from '../../shared/http/route.ts';
import type { Deployment } from '../deployment.ts';
import { apiDefinition } from './api-definition.ts';
import type { Functions } from './functions.ts';
import { InlineRole } from './inline-role.ts';
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

export type ApiProps = {
  readonly deployment: Deployment;
  readonly routes: readonly Route[];
  readonly functions: Functions;
};

export class Api extends Construct {
  /** What an SDK is given as its `baseURL`. */
  readonly baseUrl: string;
  /** By which CloudWatch knows it. */
  readonly metricDimensions: { readonly ApiName: string; readonly Stage: string };

  readonly accessLogs: LogGroup;

  constructor(scope: Construct, id: string, { deployment, routes, functions }: ApiProps) {
    super(scope, id);
    this.accessLogs = new LogGroup(this, 'AccessLogs', {
      retention: logRetention(deployment),
      removalPolicy: removalPolicy(deployment),
    });
    const restApiName = `sluice-${deployment.stage}`;
    const restApi = new SpecRestApi(this, 'RestApi', {
      restApiName,
      // The functions check keys: an authorizer knows neither the OpenAI error shape nor which scope a route asks for.
      apiDefinition: ApiDefinition.fromInline(
        apiDefinition({
          title: restApiName,
          routes,
          deployment,
          functionArnOf: (name) => functions.find(name).functionArn,
          uriOf: (path) => this.lambdaUri(path),
          roleArn: this.roleThatCalls(routes, functions),
        }),
      ),
      description: "OpenAI's API, served by Sluice.",
      endpointTypes: [EndpointType.REGIONAL],
      ...(deployment.logRole === 'own'
        ? { cloudWatchRole: true, cloudWatchRoleRemovalPolicy: removalPolicy(deployment) }
        : { cloudWatchRole: false }),
      deployOptions: {
        stageName: 'v1',
        tracingEnabled: true,
        accessLogDestination: new LogGroupLogDestination(this.accessLogs),
        accessLogFormat,
        ...throttling,
      },
    });
    acceptFindings(restApi, deployment);
    // CDK's own output of the address ends in a slash, which an SDK's baseURL must not.
    restApi.node.tryRemoveChild('Endpoint');

    const { region, urlSuffix } = Stack.of(this);
    const { restApiId, deploymentStage } = restApi;
    this.metricDimensions = { ApiName: restApiName, Stage: deploymentStage.stageName };
    this.baseUrl = `https://${restApiId}.execute-api.${region}.${urlSuffix}/${deploymentStage.stageName}`;
  }

  private roleThatCalls(routes: readonly Route[], functions: Functions): string {
    // No condition on who assumes it: API Gateway tells STS of no account and no API when it does, so that any would
    // refuse every call (docs/adr/0072). Only this account can give the role to an API: `iam:PassRole`.
    const role = new InlineRole(this, 'Role', new ServicePrincipal('apigateway.amazonaws.com'));
    for (const name of new Set(routes.map((route) => route.function))) {
      const { functionArn } = functions.find(name);
      // For answers in one piece and for streams: https://docs.aws.amazon.com/lambda/latest/api/API_InvokeWithResponseStream.html
      role.addToPolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }));
    }
    return role.roleArn;
  }

  private lambdaUri(path: string): string {
    return Stack.of(this).formatArn({
      service: 'apigateway',
      account: 'lambda',
      resource: 'path',
      resourceName: path,
      arnFormat: ArnFormat.SLASH_RESOURCE_NAME,
    });
  }
}

function acceptFindings(restApi: SpecRestApi, { logRole }: Deployment): void {
  NagSuppressions.addResourceSuppressions(restApi, [
    {
      id: 'AwsSolutions-APIG2',
      reason: "The functions check requests, with zod, to answer in the OpenAI error shape with the parameter's name.",
    },
  ]);
  NagSuppressions.addResourceSuppressions(restApi.deploymentStage, [
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
  NagSuppressions.addResourceSuppressionsByPath(Stack.of(restApi), `${restApi.node.path}/CloudWatchRole/Resource`, [
    {
      id: 'AwsSolutions-IAM4',
      appliesTo: ['Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs'],
      reason: "API Gateway's account setting wants a role with this very policy.",
    },
  ]);
}
