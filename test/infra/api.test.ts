/** API Gateway, as the template has it: what infra/routes.ts says, and nothing else. */

import { type GatewayResponseType, gatewayResponses } from '../../infra/gateway-responses.ts';
import { deployedRoutes as routes } from '../../infra/routes.ts';
import { errorTable } from '../../shared/error-table.ts';
import type { Route } from '../../shared/http/route.ts';
import { referred, type Stack, statementsOf, synthesize, text } from './assembly.ts';

type Operation = {
  readonly operationId: string;
  readonly responses: object;
  readonly 'x-amazon-apigateway-integration': {
    readonly type: string;
    readonly httpMethod: string;
    readonly uri: unknown;
    readonly credentials: unknown;
    readonly responseTransferMode: string;
    readonly timeoutInMillis: number;
  };
};
type GatewayResponse = {
  readonly statusCode: string;
  readonly responseParameters: Readonly<Record<string, string>>;
  readonly responseTemplates: Readonly<Record<string, string>>;
};
type RestApi = {
  readonly Body: {
    readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
    readonly 'x-amazon-apigateway-gateway-responses': Readonly<Record<string, GatewayResponse>>;
  };
  readonly EndpointConfiguration: unknown;
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

const apiOf = ({ of }: Stack): RestApi => {
  const [[, api] = [], ...others] = of<RestApi>('AWS::ApiGateway::RestApi');
  if (!api || others.length > 0) throw new Error('not one API');
  return api.Properties;
};

const methodsOf = (stack: Stack) =>
  Object.entries(apiOf(stack).Body.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      ...operation,
      route: `${method.toUpperCase()} ${path}`,
      integration: operation['x-amazon-apigateway-integration'],
      uri: text(operation['x-amazon-apigateway-integration'].uri),
    })),
  );

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

test('is one document with no resources beside it, which an import of the document would undo', () => {
  for (const type of ['Resource', 'Method', 'GatewayResponse'])
    expect(streaming.of(`AWS::ApiGateway::${type}`)).toEqual([]);
});

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
    operationId: route.operationId,
    integration: { type: 'aws_proxy', httpMethod: 'POST' },
  });
});

test.each(all.filter(({ streamed }) => streamed))('$method $path streams, for up to 15 minutes', (route) => {
  const { integration, uri } = methodOf(streaming, route);
  expect(integration).toMatchObject({ responseTransferMode: 'STREAM', timeoutInMillis: 900_000 });
  expect(uri).toMatch(/\/2021-11-15\/functions\/.*\/response-streaming-invocations$/);
});

test.each(all.filter(({ streamed }) => !streamed))('$method $path answers in one piece', (route) => {
  const { integration, uri } = methodOf(streaming, route);
  expect(integration).toMatchObject({ responseTransferMode: 'BUFFERED', timeoutInMillis: 29_000 });
  expect(uri).toMatch(/\/2015-03-31\/functions\/.*\/invocations$/);
});

test('where streaming cannot be, nothing streams and nothing waits longer than API Gateway does', () => {
  for (const { integration } of methodsOf(buffered)) {
    expect(integration).toMatchObject({ responseTransferMode: 'BUFFERED', timeoutInMillis: 29_000 });
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

describe('API Gateway calls functions through one role, which', () => {
  type Role = { readonly AssumeRolePolicyDocument: { readonly Statement: readonly object[] } };
  const role = (): string => {
    const roles = new Set(methodsOf(streaming).map(({ integration }) => referred(integration.credentials)));
    expect(roles.size).toBe(1);
    return [...roles][0] ?? '';
  };

  test('may call the functions of routes, and do nothing else', () => {
    const statements = statementsOf(streaming, role());
    expect(statements.map(({ Effect, Action }) => `${Effect} ${Action}`)).toEqual(['Allow lambda:InvokeFunction']);
    const called = statements.flatMap(({ Resource }) =>
      [Resource].flat().map((arn) => streaming.functionName(referred(arn))),
    );
    expect(called.sort()).toEqual([...new Set(all.map((route) => route.function))].sort());
  });

  test('has room for twice as many functions in the 10,240 characters that a role may have of policies', () => {
    // An ARN in the longest region's and partition's name, with a name as long as they are cut to.
    const arn = `arn:aws-us-gov:lambda:ap-southeast-2:123456789012:function:${'x'.repeat(64)}`;
    const functions = new Set(all.map((route) => route.function));
    expect(functions.size * 2 * `"${arn}",`.length).toBeLessThan(10_000);
  });

  test('API Gateway alone may assume', () => {
    const found = streaming.of<Role>('AWS::IAM::Role').find(([id]) => id === role());
    expect(found?.[1].Properties.AssumeRolePolicyDocument.Statement).toEqual([
      { Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'apigateway.amazonaws.com' } },
    ]);
  });

  test('is the only way to call one: no function lets anybody else in by a policy of its own', () => {
    expect(streaming.of('AWS::Lambda::Permission')).toEqual([]);
    expect(streaming.of('AWS::Lambda::Url')).toEqual([]);
  });
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
  expect(apiOf(streaming)).toMatchObject({ EndpointConfiguration: { Types: ['REGIONAL'] } });
});

describe('answers of API Gateway itself', () => {
  const answers = () => new Map(Object.entries(apiOf(streaming).Body['x-amazon-apigateway-gateway-responses']));
  const types = Object.keys(gatewayResponses) as GatewayResponseType[];
  /** What each type's status is if nobody says otherwise, and so which default stands for it. */
  const leftToDefaults: readonly (readonly [GatewayResponseType, GatewayResponseType])[] = [
    ['BAD_REQUEST_BODY', 'DEFAULT_4XX'],
    ['BAD_REQUEST_PARAMETERS', 'DEFAULT_4XX'],
    ['UNSUPPORTED_MEDIA_TYPE', 'DEFAULT_4XX'],
    ['API_CONFIGURATION_ERROR', 'DEFAULT_5XX'],
    ['AUTHORIZER_CONFIGURATION_ERROR', 'DEFAULT_5XX'],
    ['AUTHORIZER_FAILURE', 'DEFAULT_5XX'],
  ];
  const told = types.filter((type) => !leftToDefaults.some(([left]) => left === type));

  test('are there for every type whose default is another', () => {
    expect([...answers().keys()].sort()).toEqual([...told].sort());
    for (const [type, standIn] of leftToDefaults) expect(gatewayResponses[type]).toBe(gatewayResponses[standIn]);
  });

  test.each(told)('%s has the status, the shape and the request id of an OpenAI error', (type) => {
    const { status, type: errorType, code, message } = errorTable[gatewayResponses[type]];
    const answer = answers().get(type);
    const template = answer?.responseTemplates['application/json'] ?? '';
    expect(answer?.statusCode).toBe(String(status));
    expect(JSON.parse(template)).toEqual({ error: { message, type: errorType, param: null, code } });
    expect(answer?.responseParameters['gatewayresponse.header.x-request-id']).toBe('context.requestId');
    // `$` and `#` mean something to API Gateway's templates, and CloudFormation loses what is not ASCII.
    expect(template).toMatch(/^[\x20-\x22\x25-\x7e]+$/);
  });

  test('a throttled caller learns when to come back', () => {
    expect(answers().get('THROTTLED')?.responseParameters['gatewayresponse.header.retry-after']).toBe("'1'");
  });
});
