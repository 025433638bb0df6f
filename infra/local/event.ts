/** The event that API Gateway's REST proxy integration would make of a request. */
import type { GatewayEvent } from '../../shared/http/event.ts';
import type { Match } from './match-route.ts';

export type RawRequest = {
  readonly method: string;
  /** As sent, with the query. */
  readonly url: string;
  /** Name, value, name, value, in the sender's spelling. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly sourceIp: string;
  readonly requestId: string;
  readonly receivedAtMs: number;
};

const multi = (pairs: Iterable<readonly [string, string]>): Record<string, string[]> => {
  // A map: names such as `constructor` are the sender's, and an object has some of its own.
  const values = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const list = values.get(name);
    if (list) list.push(value);
    else values.set(name, [value]);
  }
  return Object.fromEntries(values);
};

const last = (values: Record<string, string[]>): Record<string, string> =>
  Object.fromEntries(Object.entries(values).map(([name, list]) => [name, list.at(-1) ?? '']));

const orNull = <Value extends object>(value: Value): Value | null => (Object.keys(value).length > 0 ? value : null);

function* pairs(list: readonly string[]): Generator<readonly [string, string]> {
  for (let index = 0; index + 1 < list.length; index += 2) yield [list[index] ?? '', list[index + 1] ?? ''];
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text as text; what is not UTF-8 in base 64, so that the function can say so. */
function bodyOf(body: Buffer): { body: string | null; isBase64Encoded: boolean } {
  if (body.length === 0) return { body: null, isBase64Encoded: false };
  try {
    return { body: utf8.decode(body), isBase64Encoded: false };
  } catch {
    return { body: body.toString('base64'), isBase64Encoded: true };
  }
}

const stage = 'v1';

export function gatewayEvent(request: RawRequest, { route, parameters }: Match): GatewayEvent {
  const [path = ''] = request.url.split('?', 1);
  const query = request.url.slice(path.length + 1);
  const headers = multi(pairs(request.rawHeaders));
  const parameterLists = multi(new URLSearchParams(query));
  return {
    resource: route.path,
    path: path.slice(stage.length + 1),
    httpMethod: request.method,
    headers: last(headers),
    multiValueHeaders: headers,
    queryStringParameters: orNull(last(parameterLists)),
    multiValueQueryStringParameters: orNull(parameterLists),
    pathParameters: orNull({ ...parameters }),
    stageVariables: null,
    ...bodyOf(request.body),
    requestContext: {
      accountId: '000000000000',
      apiId: 'local',
      authorizer: null,
      protocol: 'HTTP/1.1',
      httpMethod: request.method,
      path,
      stage,
      requestId: request.requestId,
      requestTimeEpoch: request.receivedAtMs,
      resourceId: 'local',
      resourcePath: route.path,
      identity: {
        accessKey: null,
        accountId: null,
        apiKey: null,
        apiKeyId: null,
        caller: null,
        clientCert: null,
        cognitoAuthenticationProvider: null,
        cognitoAuthenticationType: null,
        cognitoIdentityId: null,
        cognitoIdentityPoolId: null,
        principalOrgId: null,
        sourceIp: request.sourceIp,
        user: null,
        userAgent: last(headers)['user-agent'] ?? null,
        userArn: null,
      },
    },
  };
}
