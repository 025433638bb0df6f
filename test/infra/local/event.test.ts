import { gatewayEvent, type RawRequest } from '../../../infra/local/event.ts';
import { routes } from '../../../infra/routes.ts';
import { routeIn } from '../../../shared/http/route.ts';

const event = (changes: Partial<RawRequest> = {}, parameters: Record<string, string> = {}) =>
  gatewayEvent(
    {
      method: 'GET',
      url: '/v1/models',
      rawHeaders: ['Host', 'localhost', 'User-Agent', 'test'],
      body: Buffer.alloc(0),
      sourceIp: '10.0.0.1',
      requestId: 'request-1',
      receivedAtMs: 1_700_000_000_000,
      ...changes,
    },
    { route: routeIn(routes, 'listModels'), parameters },
  );

describe('the event that API Gateway would make', () => {
  test('has the resource, the path below the stage and the stage', () => {
    expect(event({ url: '/v1/models?x=1' })).toMatchObject({
      resource: '/models',
      path: '/models',
      httpMethod: 'GET',
      pathParameters: null,
      requestContext: {
        path: '/v1/models',
        stage: 'v1',
        resourcePath: '/models',
        requestId: 'request-1',
        requestTimeEpoch: 1_700_000_000_000,
        identity: { sourceIp: '10.0.0.1' },
      },
    });
  });

  test('has path parameters where there are any', () => {
    expect(event({}, { model: 'gpt-4o' }).pathParameters).toEqual({ model: 'gpt-4o' });
  });

  test('keeps the capitals of headers, the last of many, and all of them', () => {
    const { headers, multiValueHeaders } = event({ rawHeaders: ['X-One', 'a', 'X-One', 'b', 'x-one', 'c', 'Y', ''] });
    expect(headers).toEqual({ 'X-One': 'b', 'x-one': 'c', Y: '' });
    expect(multiValueHeaders).toEqual({ 'X-One': ['a', 'b'], 'x-one': ['c'], Y: [''] });
  });

  test.each<[string, Record<string, string[]> | null]>([
    ['', null],
    ['?', null],
    ['?a=1', { a: ['1'] }],
    ['?a=1&a=2&b=', { a: ['1', '2'], b: [''] }],
    ['?ids%5B%5D=x%26y', { 'ids[]': ['x&y'] }],
    ['?a=1?b=2', { a: ['1?b=2'] }],
    ['?constructor=1&toString=2', { constructor: ['1'], toString: ['2'] }],
  ])('has the query %j as lists, and the last of each', (query, lists) => {
    const { multiValueQueryStringParameters, queryStringParameters } = event({ url: `/v1/models${query}` });
    expect(multiValueQueryStringParameters).toEqual(lists);
    expect(queryStringParameters).toEqual(
      lists && Object.fromEntries(Object.entries(lists).map(([name, values]) => [name, values.at(-1)])),
    );
  });

  test('has names that every object has, as the sender’s own', () => {
    const { headers, multiValueQueryStringParameters } = event({
      url: '/v1/models?__proto__=1',
      rawHeaders: ['constructor', 'a', '__proto__', 'b'],
    });
    expect(Object.entries(headers)).toEqual([
      ['constructor', 'a'],
      ['__proto__', 'b'],
    ]);
    expect(Object.entries(multiValueQueryStringParameters ?? {})).toEqual([['__proto__', ['1']]]);
  });

  test.each([
    ['nothing', Buffer.alloc(0), null, false],
    ['text', Buffer.from('{"a":"é"}'), '{"a":"é"}', false],
    ['a byte order mark', Buffer.from('\ufeff{}'), '\ufeff{}', false],
    ['what is not UTF-8', Buffer.from([0x7b, 0xff]), 'e/8=', true],
  ])('has %s as its body', (_, body, expected, isBase64Encoded) => {
    expect(event({ body })).toMatchObject({ body: expected, isBase64Encoded });
  });
});
