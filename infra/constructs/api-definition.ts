/**
 * The API as API Gateway imports it: every route, and its own answers. As one document it is one resource of the stack, where
 * a resource for each method, path and answer would be most of those that CloudFormation allows (docs/adr/0072).
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-swagger-extensions.html
 */
import { ResponseTransferMode } from 'aws-cdk-lib/aws-apigateway';
import type { Route } from '../../shared/http/route.ts';
import type { Deployment } from '../deployment.ts';
import { gatewayAnswer, toldGatewayResponses } from '../gateway-responses.ts';
import { timeoutOf } from './function-needs.ts';

export type ApiDefinitionProps = {
  readonly title: string;
  readonly routes: readonly Route[];
  readonly deployment: Deployment;
  readonly functionArnOf: (name: string) => string;
  /** API Gateway's name for a path of Lambda's own API. */
  readonly uriOf: (path: string) => string;
  /** In whose name it calls. */
  readonly roleArn: string;
};

export function apiDefinition({ title, routes, ...props }: ApiDefinitionProps): Record<string, unknown> {
  return {
    openapi: '3.0.1',
    info: { title, version: '1' },
    paths: Object.fromEntries(
      [...Map.groupBy(routes, ({ path }) => path)].map(([path, served]) => [
        path,
        Object.fromEntries(served.map((route) => [route.method.toLowerCase(), operation(route, props)])),
      ]),
    ),
    'x-amazon-apigateway-gateway-responses': Object.fromEntries(
      toldGatewayResponses.map((type) => [type, gatewayResponse(gatewayAnswer(type))]),
    ),
  };
}

function operation(
  route: Route,
  { deployment, functionArnOf, uriOf, roleArn }: Omit<ApiDefinitionProps, 'title' | 'routes'>,
) {
  const streams = route.streamed && deployment.responseMode === 'stream';
  const functionArn = functionArnOf(route.function);
  return {
    operationId: route.operationId,
    // The functions' own business, and required of a document.
    responses: {},
    'x-amazon-apigateway-integration': {
      type: 'aws_proxy',
      httpMethod: 'POST',
      uri: uriOf(
        streams
          ? `2021-11-15/functions/${functionArn}/response-streaming-invocations`
          : `2015-03-31/functions/${functionArn}/invocations`,
      ),
      credentials: roleArn,
      timeoutInMillis: timeoutOf(route, deployment).toMilliseconds(),
      responseTransferMode: streams ? ResponseTransferMode.STREAM : ResponseTransferMode.BUFFERED,
    },
  };
}

function gatewayResponse({ status, headers, body }: ReturnType<typeof gatewayAnswer>) {
  const { 'content-type': contentType = 'application/json', ...others } = headers;
  return {
    statusCode: String(status),
    responseParameters: {
      // API Gateway takes what is quoted as it stands, and looks up what is not.
      ...Object.fromEntries(
        Object.entries(others).map(([name, value]) => [`gatewayresponse.header.${name}`, `'${value}'`]),
      ),
      'gatewayresponse.header.x-request-id': 'context.requestId',
    },
    responseTemplates: { [contentType]: ascii(body) },
  };
}

/** CloudFormation makes question marks of everything beyond ASCII; JSON can say the same within it. */
const ascii = (json: string): string =>
  json.replace(/[^\x20-\x7e]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
