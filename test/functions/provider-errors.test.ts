/** Every way in which a provider fails, as the SDK sees it (WIRE.md, "Errors"), and as the ledger does. */
import { APIError } from 'openai';
import { forgetCircuits } from '../support/forget-circuits.ts';
import { question, scene } from '../support/scene.ts';
import { answer, refusal, type Script, stream } from '../support/scripted-provider.ts';

const on = scene();

type Seen = {
  status: number | undefined;
  code: string | null | undefined;
  type: string | undefined;
  param: string | null | undefined;
};
type Row = [what: string, script: Script, seen: Seen, outcome: string];

const server = (status: number, code: string): Seen => ({ status, code, type: 'server_error', param: null });
const callers = (status: number, code: string | null, param: string | null = null): Seen => ({
  status,
  code,
  type: 'invalid_request_error',
  param,
});

const error = { message: 'The provider explains.', type: 'whatever', param: 'messages[0]', code: 'explained' };

const rows: Row[] = [
  ['400 about the request passes through', refusal(400, error), callers(400, 'explained', 'messages[0]'), 'refused'],
  ['404 about the request passes through', refusal(404, error), callers(404, 'explained', 'messages[0]'), 'refused'],
  ['422 about the request passes through', refusal(422, error), callers(422, 'explained', 'messages[0]'), 'refused'],
  ['400 without a word is still in shape', answer('', 400), callers(400, null), 'refused'],
  [
    'a code that is a number is dropped',
    refusal(400, { ...error, code: 400 }),
    callers(400, null, 'messages[0]'),
    'refused',
  ],
  ['401 is our credential, never the caller’s', refusal(401, error), server(502, 'upstream_auth'), 'failed'],
  ['403 is our credential, too', refusal(403, error), server(502, 'upstream_auth'), 'failed'],
  ['408', refusal(408, error), server(502, 'upstream_error'), 'failed'],
  ['409', refusal(409, error), server(502, 'upstream_error'), 'failed'],
  [
    '429 is a rate limit',
    refusal(429, error),
    { status: 429, code: 'rate_limit_exceeded', type: 'requests', param: null },
    'failed',
  ],
  [
    '429 for want of money is ours to pay',
    refusal(429, { ...error, code: 'insufficient_quota' }),
    server(502, 'upstream_error'),
    'failed',
  ],
  ['500', refusal(500, error), server(502, 'upstream_error'), 'failed'],
  [
    '503 in HTML',
    answer('<html>down</html>', 503, { 'content-type': 'text/html' }),
    server(502, 'upstream_error'),
    'failed',
  ],
  ['a redirect to nowhere', answer('', 302, {}), server(502, 'upstream_error'), 'failed'],
  ['200 with an error in it', answer({ error }), server(502, 'upstream_error'), 'failed'],
  ['200 with nothing in it', answer(''), server(502, 'upstream_error'), 'failed'],
  ['200 with half an answer', answer('{"id":"chatcmpl'), server(502, 'upstream_error'), 'failed'],
  ['200 with an object that is no answer', answer('{}'), server(502, 'upstream_error'), 'failed'],
  ['200 with a list', answer('[]'), server(502, 'upstream_error'), 'failed'],
  [
    'a connection cut before the answer',
    (response) => void response.destroy(),
    server(502, 'upstream_error'),
    'failed',
  ],
  [
    'a connection cut within the answer',
    stream(['{"id":'], { thenCut: true }),
    server(502, 'upstream_error'),
    'failed',
  ],
];

test.each(rows)('%s', async (_, script, seen, outcome) => {
  const { provider, gateway, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = script;
  const thrown = await tenant.client.chat.completions.create(question).catch((caught: unknown) => caught);
  expect(thrown).toBeInstanceOf(APIError);
  const { status, code, type, param, requestID } = thrown as APIError;
  expect({ status, code, type, param }).toEqual(seen);
  expect(requestID).toMatch(/^[0-9a-f-]{36}$/);
  expect(await ledger(tenant.projectId)).toMatchObject([
    { state: 'settled', outcome, inputTokens: 0, outputTokens: 0, costMicroUsd: 0 },
  ]);
});

describe('what the caller reads', () => {
  const caught = async (script: Script): Promise<APIError> => {
    on().provider.script = script;
    return on()
      .tenant.client.chat.completions.create(question)
      .then(
        () => Promise.reject(new Error('expected a failure')),
        (thrown: APIError) => thrown,
      );
  };

  test("is the provider's message where it is about the request", async () => {
    expect((await caught(refusal(400, error))).message).toContain('The provider explains.');
  });

  test('is nothing of the provider where it is not', async () => {
    for (const status of [401, 403, 429, 500, 503]) {
      expect((await caught(refusal(status, error))).message).not.toContain('explains');
    }
  });

  test("never holds the gateway's own key, even if the provider quotes it", async () => {
    const quoting = { ...error, message: 'Bad request with key sk-upstream-canary-key-0123456789 in it' };
    expect((await caught(refusal(400, quoting))).message).not.toContain('canary');
  });

  test('says when to come back, where the provider said so', async () => {
    const { headers } = await caught(refusal(429, error, { 'retry-after': '7', 'retry-after-ms': '6500' }));
    expect(headers?.get('retry-after')).toBe('7');
    expect(headers?.get('retry-after-ms')).toBe('6500');
  });

  test('says not to try again, where that cannot help', async () => {
    expect((await caught(refusal(401, error))).headers?.get('x-should-retry')).toBe('false');
    await forgetCircuits(on());
    expect((await caught(refusal(500, error))).headers?.get('x-should-retry')).toBeNull();
  });
});
