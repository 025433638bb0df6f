/** Headers pass allow-lists in both directions, and names start no header of their own (THREATS 5). */

import { forgetCircuits } from '../support/forget-circuits.ts';
import { question, scene } from '../support/scene.ts';
import { type Script, stream, wellBehaved } from '../support/scripted-provider.ts';
import { expectError } from './support/expectations.ts';
import { sampleBody } from './support/sample-input.ts';
import { everyRoute, named, rightKey, routeCalled, send } from './support/send.ts';

const here = scene();

const canary = 'canary-5c1d';
/** What a caller may not tell a provider, and what intermediaries add. */
const callersHeaders = [
  ...['Cookie', 'Host', 'Proxy-Authorization', 'X-Forwarded-For', 'X-Forwarded-Host', 'X-Forwarded-Proto', 'Forwarded'],
  ...['X-Real-IP', 'Via', 'X-Amzn-Trace-Id', 'X-Amz-Security-Token', 'CloudFront-Viewer-Country', 'True-Client-IP'],
  ...['OpenAI-Organization', 'OpenAI-Project', 'OpenAI-Beta', 'x-api-key', 'api-key', 'Idempotency-Key', 'Origin'],
  ...['Referer', 'User-Agent', 'X-Stainless-Lang', 'X-Stainless-Retry-Count', 'Accept-Language', 'X-Canary', 'Baggage'],
  ...[
    'Connection',
    'Transfer-Encoding',
    'Upgrade',
    'TE',
    'Expect',
    'X-HTTP-Method-Override',
    'constructor',
    '__proto__',
  ],
];
/** All that a provider is told. */
const toldProviders = [
  ...['accept', 'accept-encoding', 'accept-language', 'authorization', 'connection', 'content-length', 'content-type'],
  ...['host', 'sec-fetch-mode', 'user-agent', 'traceparent', 'tracestate', 'x-client-request-id', 'transfer-encoding'],
];

const modelCalls = everyRoute.filter(({ providers }) => providers);
const chat = routeCalled('createChatCompletion');

const ask = (route: typeof chat, headers: Record<string, string> = {}, extra: object = {}) =>
  send(here().gateway, route, {
    headers: { ...rightKey(route, here().tenant), ...headers },
    body: JSON.stringify({ ...sampleBody(route), ...extra }),
  });

describe.each(named(modelCalls))('%s', (_name, route) => {
  test.each([false, true])('tells the provider nothing of what the caller wears (stream: %s)', async (streamed) => {
    // Of its own for each call, since one of them is a key that is answered once.
    const own = `${route.operationId}-${streamed}`;
    const worn = Object.fromEntries(callersHeaders.map((name) => [name, `${canary}-${name}-${own}`]));
    const answer = await ask(route, worn, route === chat ? { stream: streamed } : {});
    expect(answer.status).toBe(200);
    const [asked] = here().provider.asked;
    const headers = Object.entries(asked?.headers ?? {});
    expect(JSON.stringify(asked)).not.toContain(canary);
    expect(JSON.stringify(asked)).not.toContain(here().tenant.key);
    expect(asked?.headers.authorization).toBe('Bearer sk-upstream-canary-key-0123456789');
    const unknown = headers.map(([name]) => name).filter((name) => !/^x-stainless-/.test(name));
    expect(unknown.filter((name) => !toldProviders.includes(name))).toEqual([]);
  });

  test('tells the caller nothing of what the provider wears, whether it answers or refuses', async () => {
    const scripts: [Script, number][] = [
      [wellBehaved, 200],
      ...[400, 401, 404, 429, 500, 503].map((status): [Script, number] => [
        (response) => {
          response.writeHead(status, { 'content-type': 'application/json' });
          response.end('{"error":{"message":"no"}}');
        },
        status === 401 || status >= 500 ? 502 : status,
      ]),
    ];
    for (const [script, status] of scripts) {
      await forgetCircuits(here());
      here().provider.script = (response, asked) => {
        for (const name of providersHeaders) response.setHeader(name, canary);
        return script(response, asked);
      };
      const answer = await ask(route);
      expect(answer.status).toBe(status);
      expect(JSON.stringify(answer.headers)).not.toContain(canary);
      expect(Object.keys(answer.headers).filter((name) => !toldCallers.has(name))).toEqual([]);
    }
  });
});

const providersHeaders = [
  ...['set-cookie', 'server', 'x-internal', 'x-powered-by', 'via', 'cf-ray', 'alt-svc', 'location', 'refresh', 'link'],
  ...[
    'x-request-id',
    'openai-organization',
    'openai-project',
    'x-ratelimit-limit-requests',
    'strict-transport-security',
  ],
  ...[
    'access-control-allow-origin',
    'content-security-policy',
    'www-authenticate',
    'x-should-retry',
    'x-sluice-provider',
  ],
];
/** All that a caller is told of a model call. */
const toldCallers = new Set([
  'x-sluice-token-usage',
  ...[
    'content-type',
    'cache-control',
    'x-request-id',
    'x-content-type-options',
    'openai-processing-ms',
    'openai-version',
  ],
  ...['x-sluice-overhead-ms', 'x-sluice-provider', 'x-sluice-attempts', 'x-sluice-cost-usd', 'x-should-retry'],
  ...['x-sluice-max-output-tokens', 'x-sluice-max-output-shrunk'],
  ...['retry-after', 'retry-after-ms'],
]);

test("a stream shows nothing of the provider's headers either", async () => {
  here().provider.script = (response, asked) => {
    for (const name of providersHeaders) response.setHeader(name, canary);
    return stream(['data: {"choices":[{"delta":{},"finish_reason":"stop"}]}\n\n', 'data: [DONE]\n\n'])(response, asked);
  };
  const answer = await ask(chat, {}, { stream: true });
  expect(answer.headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(JSON.stringify(answer)).not.toContain(canary);
  expect(Object.keys(answer.headers).filter((name) => !toldCallers.has(name))).toEqual([]);
});

const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

test.each([
  ['traceparent', traceparent, {}],
  ['tracestate', 'vendor=1', { traceparent }],
  ['x-client-request-id', 'harmless-1', {}],
] as const)('%s goes on to the provider, unless it could start a header of its own', async (name, harmless, beside) => {
  await ask(chat, { ...beside, [name]: harmless });
  for (const value of ['a\r\nx-canary: b', 'a\nb', 'a\0b', 'ü', '\u{1f600}', 'x'.repeat(513), '']) {
    expect((await ask(chat, { ...beside, [name]: value })).status).toBe(200);
  }
  const [first, ...rest] = here().provider.asked;
  expect(first?.headers[name]).toBe(harmless);
  expect(rest.length).toBe(7);
  for (const asked of rest) expect(asked.headers).not.toHaveProperty(name);
  for (const asked of rest) expect(asked.headers).not.toHaveProperty('x-canary');
});

test.each([
  'test-model\r\nx-canary: b',
  'test-model\n',
  'test-model\0',
  '../test-model',
  'test-model/../other',
  'test%2Fmodel',
  'test model',
  '..',
  '',
  'ｔest-model',
  'm'.repeat(129),
])('the model name %j reaches neither a provider nor a header', async (model) => {
  for (const route of modelCalls) {
    const answer = await ask(route, {}, { model });
    expect(expectError(answer, 'invalid_request').param).toBe('model');
    expect(JSON.stringify(answer.headers)).not.toMatch(/canary|\r|\n/);
  }
  expect(here().provider.asked).toEqual([]);
});

test('names of tools and users stay in the body, where they start nothing', async () => {
  const name = `tool\r\nx-canary: ${canary}`;
  const tools = [{ type: 'function', function: { name, parameters: {} } }];
  await ask(chat, {}, { ...question, tools, user: name });
  const [asked] = here().provider.asked;
  expect(JSON.stringify(asked?.headers)).not.toContain(canary);
  expect(asked?.body).toMatchObject({ tools, user: name });
});
