/** API Gateway, as the template has it: what infra/routes.ts says, and nothing else. */

import { type GatewayResponseType, gatewayResponses } from '../../infra/gateway-responses.ts';
import { routes } from '../../infra/routes.ts';
import { errorTable } from '../../shared/error-table.ts';
import type { Route } from '../../shared/http/route.ts';
import { referred, type Stack, synthesize, text } from './assembly.ts';

type Method = {
  readonly HttpMethod: string;
  readonly ResourceId: unknown;
  readonly AuthorizationType: string;
  readonly OperationName: string;
  readonly Integration: {
    readonly Type: string;
    readonly Uri: unknown;
    readonly ResponseTransferMode?: string;
    readonly TimeoutInMillis: number;
  };
};
type LambdaFunction = {
  readonly Timeout: number;
  readonly Environment: { readonly Variables: Readonly<Record<string, unknown>> };
};

const serves = (stack: Stack, id: string): boolean => all.some((route) => route.function === stack.functionName(id));

let streaming: Stack;
let buffered: Stack;
beforeAll(async () => {
  [streaming, buffered] = await Promise.all([
    synthesize('dev'),
    synthesize('dev', { context: { responseMode: 'buffered' } }),
  ]);
}, 120_000);

const pathsOf = ({ of }: Stack): ReadonlyMap<string, string> => {
  const parts = new Map(
    of<{ PathPart: string; ParentId: unknown }>('AWS::ApiGateway::Resource').map(([id, { Properties }]) => [
      id,
      Properties,
    ]),
  );
  const pathOf = (id: string): string => {
    const part = parts.get(id);
    return part ? `${pathOf(referred(part.ParentId))}/${part.PathPart}` : '';
  };
  return new Map([...parts.keys()].map((id) => [id, pathOf(id)]));
};

const methodsOf = (stack: Stack) => {
  const paths = pathsOf(stack);
  return stack.of<Method>('AWS::ApiGateway::Method').map(([, { Properties }]) => ({
    ...Properties,
    route: `${Properties.HttpMethod} ${paths.get(referred(Properties.ResourceId))}`,
    uri: text(Properties.Integration.Uri),
  }));
};

const methodOf = (stack: Stack, { method, path }: Route) => {
  const found = methodsOf(stack).filter(({ route }) => route === `${method} ${path}`);
  expect(found).toHaveLength(1);
  const [only] = found;
  if (!only) throw new Error('unreachable');
  return only;
};

const functionBehind = (stack: Stack, uri: string): string => {
  const [, logicalId = ''] = /functions\/<([^>]+)>\//.exec(uri) ?? [];
  return stack.functionName(logicalId);
};

const all: readonly Route[] = routes;

test('there is a method for every route and for nothing else', () => {
  const expected = all.map(({ method, path }) => `${method} ${path}`);
  expect(
    methodsOf(streaming)
      .map(({ route }) => route)
      .sort(),
  ).toEqual(expected.sort());
});

test.each(all)('$method $path goes to its function', (route) => {
  const method = methodOf(streaming, route);
  expect(functionBehind(streaming, method.uri)).toBe(route.function);
  expect(method).toMatchObject({
    OperationName: route.operationId,
    AuthorizationType: 'NONE',
    Integration: { Type: 'AWS_PROXY' },
  });
});

test.each(all.filter(({ streamed }) => streamed))('$method $path streams, for up to 15 minutes', (route) => {
  const { Integration, uri } = methodOf(streaming, route);
  expect(Integration).toMatchObject({ ResponseTransferMode: 'STREAM', TimeoutInMillis: 900_000 });
  expect(uri).toMatch(/\/2021-11-15\/functions\/.*\/response-streaming-invocations$/);
});

test.each(all.filter(({ streamed }) => !streamed))('$method $path answers in one piece', (route) => {
  const { Integration, uri } = methodOf(streaming, route);
  expect(Integration).toMatchObject({ ResponseTransferMode: 'BUFFERED', TimeoutInMillis: 29_000 });
  expect(uri).toMatch(/\/2015-03-31\/functions\/.*\/invocations$/);
});

test('where streaming cannot be, nothing streams and nothing waits longer than API Gateway does', () => {
  for (const { Integration } of methodsOf(buffered)) {
    expect(Integration).toMatchObject({ ResponseTransferMode: 'BUFFERED', TimeoutInMillis: 29_000 });
  }
  for (const [id, { Properties }] of buffered.of<LambdaFunction>('AWS::Lambda::Function')) {
    if (!serves(buffered, id)) continue;
    expect(Properties.Timeout).toBe(29);
    expect(Properties.Environment.Variables['RESPONSE_MODE']).toBe('buffered');
  }
});

test('a function runs as long as its slowest route may take, and one that nobody waits for as long as it can', () => {
  for (const [id, { Properties }] of streaming.of<LambdaFunction>('AWS::Lambda::Function')) {
    const slow =
      !serves(streaming, id) || all.some((route) => route.function === streaming.functionName(id) && route.streamed);
    expect(Properties.Timeout).toBe(slow ? 900 : 29);
  }
});

test('API Gateway may call each function, and nobody else may', () => {
  type Permission = { FunctionName: unknown; Principal: string; SourceArn: unknown };
  const [api = ''] = streaming.of('AWS::ApiGateway::RestApi').map(([id]) => id);
  const permissions = streaming.of<Permission>('AWS::Lambda::Permission').map(([, { Properties }]) => Properties);
  expect(permissions.map(({ FunctionName }) => streaming.functionName(referred(FunctionName))).sort()).toEqual(
    [...new Set(all.map((route) => route.function))].sort(),
  );
  for (const { Principal, SourceArn } of permissions) {
    expect(Principal).toBe('apigateway.amazonaws.com');
    expect(text(SourceArn)).toContain(`:<${api}>/`);
  }
});

test('the stage is v1, throttled, traced and logged without anything that a caller wrote', () => {
  type StageProperties = { AccessLogSetting: { Format: string }; MethodSettings: { DataTraceEnabled: boolean }[] };
  const [[, stage] = []] = streaming.of<StageProperties>('AWS::ApiGateway::Stage');
  expect(stage?.Properties).toMatchObject({
    StageName: 'v1',
    TracingEnabled: true,
    MethodSettings: [{ DataTraceEnabled: false, ThrottlingRateLimit: 1_000, ThrottlingBurstLimit: 2_000 }],
  });
  const fields = Object.values(JSON.parse(stage?.Properties.AccessLogSetting.Format ?? '{}') as Record<string, string>);
  expect(fields).toContain('$context.requestId');
  const callersWords = fields.filter((field) => /\.path$|userAgent|authorizer|error\.message|protocol/.test(field));
  expect(callersWords).toEqual([]);
});

test('the API is regional', () => {
  const [[, api] = []] = streaming.of('AWS::ApiGateway::RestApi');
  expect(api?.Properties).toMatchObject({ EndpointConfiguration: { Types: ['REGIONAL'] } });
});

describe('answers of API Gateway itself', () => {
  type GatewayResponse = {
    readonly ResponseType: string;
    readonly StatusCode: string;
    readonly ResponseParameters: Readonly<Record<string, string>>;
    readonly ResponseTemplates: Readonly<Record<string, string>>;
  };
  const answers = () =>
    new Map(
      streaming
        .of<GatewayResponse>('AWS::ApiGateway::GatewayResponse')
        .map(([, { Properties }]) => [Properties.ResponseType, Properties]),
    );
  const types = Object.keys(gatewayResponses) as GatewayResponseType[];

  test('are there for every type', () => {
    expect([...answers().keys()].sort()).toEqual([...types].sort());
  });

  test.each(types)('%s has the status, the shape and the request id of an OpenAI error', (type) => {
    const { status, type: errorType, code, message } = errorTable[gatewayResponses[type]];
    const answer = answers().get(type);
    const template = answer?.ResponseTemplates['application/json'] ?? '';
    expect(answer?.StatusCode).toBe(String(status));
    expect(JSON.parse(template)).toEqual({ error: { message, type: errorType, param: null, code } });
    expect(answer?.ResponseParameters['gatewayresponse.header.x-request-id']).toBe('context.requestId');
    // `$` and `#` mean something to API Gateway's templates, and CloudFormation loses what is not ASCII.
    expect(template).toMatch(/^[\x20-\x22\x25-\x7e]+$/);
  });

  test('a throttled caller learns when to come back', () => {
    expect(answers().get('THROTTLED')?.ResponseParameters['gatewayresponse.header.retry-after']).toBe("'1'");
  });
});
