/** Tools that are run: what their targets are sent, and what becomes of arguments and answers. */
import OpenAI from 'openai';
import type { Facts } from '../../../shared/observability/log.ts';
import { createSchemaValidator } from '../../../shared/structured/schema-validator.ts';
import { createCallWebhook } from '../../../shared/tools/call-webhook.ts';
import { createExecuteTool, type ExecuteToolDeps, type ToolRun } from '../../../shared/tools/execute-tool.ts';
import { localFunctionArn } from '../../../shared/tools/function-arn.ts';
import { answerOf, functionFailed } from '../../../shared/tools/invoke-function.ts';
import { sampleTool, secret } from './sample-tool.ts';
import { host, type WebhookServer, webhookServer } from './webhook-server.ts';

let server: WebhookServer;
beforeAll(async () => {
  server = await webhookServer();
});
afterAll(() => server.stop());

const logged: { readonly message: string; readonly facts: Facts }[] = [];
beforeEach(() => {
  server.received.length = 0;
  server.answer = (response) => void response.end('{"sky":"clear"}');
  logged.length = 0;
});
const note = (message: string, facts: Facts = {}) => void logged.push({ message, facts });

const execute = (changes: Partial<ExecuteToolDeps> = {}) =>
  createExecuteTool({
    schemas: createSchemaValidator(),
    callWebhook: createCallWebhook({
      resolve: async () => [{ address: '127.0.0.1', family: 4 }],
      rules: async () => ({ allowsLoopback: false, isAllowedAddress: (address) => address === '127.0.0.1' }),
      pause: async () => {},
      ca: server.ca,
    }),
    invokeFunction: async () => functionFailed(),
    mayInvoke: () => false,
    log: { info: note, warn: note, error: note },
    now: () => Date.now(),
    ...changes,
  });

const webhook = (timeoutMs = 5_000) =>
  sampleTool({
    timeoutMs,
    target: { type: 'webhook', url: `https://${host}:${server.port}/weather?token=canary-token` },
  });
const run = (changes: Partial<ToolRun> = {}): ToolRun => ({
  projectId: 'proj_a',
  requestId: 'req_a',
  runId: 'run_a',
  signal: new AbortController().signal,
  ...changes,
});
const call = (argumentsText: string, id = 'call_1') => ({ id, argumentsText });
const paris = '{"location":"Paris"}';

test('a webhook gets an event that `webhooks.unwrap` of the official package takes with the secret, and with no other', async () => {
  expect(await execute()(webhook(), call(paris), run())).toEqual({
    kind: 'answered',
    text: '{"sky":"clear"}',
    durationMs: expect.any(Number),
  });
  const [received] = server.received;
  if (!received) throw new Error('nothing was sent');
  const { body, headers } = received;
  const { webhooks } = new OpenAI({ apiKey: 'unused' });
  const event: unknown = await webhooks.unwrap(body, headers, secret);
  expect(event).toEqual({
    type: 'tool.call',
    id: headers['webhook-id'],
    created_at: Number(headers['webhook-timestamp']),
    data: {
      name: 'get_weather',
      arguments: { location: 'Paris' },
      call_id: 'call_1',
      run_id: 'run_a',
      project_id: 'proj_a',
    },
  });
  const other = `whsec_${Buffer.alloc(32, 8).toString('base64')}`;
  await expect(webhooks.unwrap(body, headers, other)).rejects.toThrow(/signature/);
  await expect(webhooks.unwrap(`${body} `, headers, secret)).rejects.toThrow(/signature/);
  expect(headers['content-type']).toBe('application/json');
  expect(headers).not.toHaveProperty('authorization');
});

test('its id is the same for the same call, and another for any other, so that it can do each once', async () => {
  const idOf = async (id: string, of: Partial<ToolRun> = {}, name = 'get_weather') => {
    server.received.length = 0;
    await execute()({ ...webhook(), name }, call(paris, id), run(of));
    const headers = server.received[0]?.headers ?? {};
    expect(headers['idempotency-key']).toBe(headers['webhook-id']);
    return headers['webhook-id'];
  };
  const first = await idOf('call_1');
  expect(first).toMatch(/^msg_[0-9a-f]{32}$/);
  expect(await idOf('call_1', { requestId: 'req_b' })).toBe(first);
  const others = [
    await idOf('call_2'),
    await idOf('call_1', { runId: 'run_b' }),
    await idOf('call_1', { runId: null }),
    await idOf('call_1', { projectId: 'proj_b' }),
    await idOf('call_1', {}, 'other'),
  ];
  expect(new Set([first, ...others]).size).toBe(6);
});

test('a call that is tried again bears the same id and signature', async () => {
  server.answer = (response) => void response.writeHead(503).end();
  await execute()(webhook(), call(paris), run());
  const signatures = server.received.map(({ headers }) => [headers['webhook-id'], headers['webhook-signature']]);
  expect(signatures).toHaveLength(2);
  expect(signatures[0]).toEqual(signatures[1]);
});

const hostile: [string, string][] = [
  ['that are no JSON', '{location: Paris}'],
  ['that are cut off', '{"location":"Par'],
  ['that are a list', '["Paris"]'],
  ['that are a text', '"Paris"'],
  ['that are null', 'null'],
  ['that name a member twice', '{"location":"Paris","location":"Rome"}'],
  ['that name __proto__', '{"location":"Paris","__proto__":{"admin":true}}'],
  ['with a number that no double holds', '{"location":"Paris","at":1e309}'],
  ['that are nested too deep', `{"location":${'['.repeat(100_000)}`],
  ['that are too long', JSON.stringify({ location: 'x'.repeat(300_000) })],
  ['that lack what is required', '{"place":"Paris"}'],
  ['of another type', '{"location":7}'],
  ['that are followed by others', `${paris}${paris}`],
];
test.each(hostile)('arguments %s never reach the tool, and the model is told what is wrong', async (_which, text) => {
  const startedAt = performance.now();
  const result = await execute()(webhook(), call(text), run());
  expect(result).toMatchObject({
    kind: 'failed',
    why: 'invalid_arguments',
    message: expect.stringMatching(/arguments/),
  });
  expect(performance.now() - startedAt).toBeLessThan(5_000);
  expect(server.received).toEqual([]);
  // They may be a caller's secret, and are the model's mistake.
  expect(logged).toEqual([]);
});

test('no arguments at all are an empty object, where the schema takes that', async () => {
  const tool = { ...webhook(), parameters: { type: 'object' } };
  for (const text of ['', ' ', '{}']) {
    server.received.length = 0;
    expect(await execute()(tool, call(text), run())).toMatchObject({ kind: 'answered' });
    expect(JSON.parse(server.received[0]?.body ?? '').data.arguments).toEqual({});
  }
});

test('what is sent is what was checked, however it was written', async () => {
  await execute()(webhook(), call('{ "loc\\u0061tion" : "P\\u0061ris" }'), run());
  expect(server.received[0]?.body).toContain('"arguments":{"location":"Paris"}');
});

test('one that hangs is given up after its own timeout', async () => {
  server.answer = () => {};
  expect(await execute()(webhook(150), call(paris), run())).toMatchObject({ kind: 'failed', why: 'timed_out' });
});

test('one that nobody waits for any more is given up', async () => {
  const controller = new AbortController();
  server.answer = () => controller.abort();
  const result = await execute()(webhook(), call(paris), run({ signal: controller.signal }));
  expect(result).toMatchObject({ kind: 'failed', why: 'timed_out' });
  const before = await execute()(webhook(), call(paris), run({ signal: AbortSignal.abort() }));
  expect(before).toMatchObject({ kind: 'failed', why: 'timed_out' });
});

test.each<[string, WebhookServer['answer']]>([
  ['fails', (response) => void response.writeHead(500).end(`secret ${secret}`)],
  ['dies', (response) => void response.destroy()],
  ['redirects', (response) => void response.writeHead(302, { location: 'https://169.254.169.254/' }).end()],
  ['floods', (response) => void response.end('x'.repeat(300_000))],
])('one that %s is told of without its address, its headers or its secret', async (_what, answer) => {
  server.answer = answer;
  const result = await execute()(webhook(), call(paris), run());
  expect(result).toMatchObject({ kind: 'failed', message: expect.stringMatching(/^The tool .*\.$/) });
  expect(logged).toMatchObject([{ message: 'a tool failed', facts: { tool: 'get_weather', requestId: 'req_a' } }]);
  for (const text of [JSON.stringify(result), JSON.stringify(logged)]) {
    expect(text).not.toMatch(/example\.test|canary-token|whsec_|127\.0|169\.254|Paris/);
  }
});

describe('a function', () => {
  const arn = localFunctionArn('weather');
  const tool = sampleTool({ timeoutMs: 200, target: { type: 'lambda', arn } });

  test('gets the same event as text, and is asked under its ARN', async () => {
    const asked: [string, string][] = [];
    const invokeFunction: ExecuteToolDeps['invokeFunction'] = async (...[name, event]) => {
      asked.push([name, event]);
      return answerOf(Buffer.from('{"sky":"clear"}'));
    };
    const result = await execute({ invokeFunction, mayInvoke: () => true })(tool, call(paris), run());
    expect(result).toMatchObject({ kind: 'answered', text: '{"sky":"clear"}' });
    expect(asked).toEqual([[arn, expect.stringContaining('"arguments":{"location":"Paris"}')]]);
  });

  test('that the configuration no longer names is not called', async () => {
    const invokeFunction = () => Promise.reject(new Error('called'));
    const result = await execute({ invokeFunction })(tool, call(paris), run());
    expect(result).toMatchObject({ kind: 'failed', why: 'refused_target' });
  });

  test('that cannot be called has failed, and the log alone knows why', async () => {
    const invokeFunction = () => Promise.reject(new Error(`not authorized to invoke ${arn}`));
    const result = await execute({ invokeFunction, mayInvoke: () => true })(tool, call(paris), run());
    expect(result).toMatchObject({ kind: 'failed', why: 'unreachable', message: 'The tool could not be called.' });
    expect(logged[0]).toMatchObject({ message: 'a tool could not be called' });
  });

  test('that hears of no signal is given up all the same', async () => {
    const invokeFunction = () => new Promise<never>(() => {});
    const result = await execute({ invokeFunction, mayInvoke: () => true })(tool, call(paris), run());
    expect(result).toMatchObject({ kind: 'failed', why: 'timed_out' });
  });

  test.each([
    ['an object', '{"a":1}', '{"a":1}'],
    ['a text', '"sunny, 20\\u00b0"', 'sunny, 20°'],
    ['null', 'null', 'null'],
    ['nothing', '', ''],
    ['a text that was cut', '"sun', '"sun'],
  ])('that answers with %s is understood', (_what, payload, text) => {
    expect(answerOf(Buffer.from(payload))).toEqual({ kind: 'answered', text });
  });

  test('that answers with too much has failed', () => {
    expect(answerOf(Buffer.alloc(262_145, 'x'))).toMatchObject({ kind: 'failed', why: 'too_large' });
  });
});
