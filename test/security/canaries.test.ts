/** Whatever fails, no prompt, answer or key is in a log line, a metric or a trace, and no answer tells of the inside (THREATS 11, I6). */
import { type TestGateway, testGateway } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { wellBehaved } from '../support/scripted-provider.ts';
import { lookedAtClosely, servedDaemon, tracedBy } from '../support/xray-daemon.ts';
import {
  canaries,
  environment,
  expectNone,
  impatient,
  internals,
  secretsOf,
  toldProvider,
} from './support/canaries.ts';
import { errorOf, expectError } from './support/expectations.ts';
import { askWithCanaries, mistakes, providerFailures, streamFailures, succeeding } from './support/failures.ts';
import { sampleInput } from './support/sample-input.ts';
import { type Answer, bearer, everyRoute, named, parametersOf, rightKey, routeCalled, send } from './support/send.ts';

const daemon = servedDaemon();
const closely = { ...environment, ...lookedAtClosely };
const here = scene({ environment: closely, override: (root) => tracedBy(daemon(), root) }, impatient);
const chat = routeCalled('createChatCompletion');

const kept = ({ logs, metrics }: TestGateway) => JSON.stringify([logs, metrics, daemon().datagrams]);

/** What was logged and measured holds no canary, and there is something there to look at. */
async function expectDiscretion(gateway: TestGateway, lines: number): Promise<void> {
  await gateway.idle();
  expect(gateway.logs.length).toBeGreaterThanOrEqual(lines);
  expect(gateway.metrics.length).toBeGreaterThanOrEqual(lines);
  await daemon().quiet();
  expectNone(kept(gateway), secretsOf(here()));
}

function expectNoInternals({ text }: Answer): void {
  for (const pattern of internals) expect(text).not.toMatch(pattern);
}

describe.each([false, true])('with stream: %s', (streamed) => {
  test.each(providerFailures)('a provider that %s leaves no canary behind', async (_name, script, status) => {
    const answers = await askWithCanaries(here(), script, streamed);
    for (const answer of answers) {
      expect({ status: answer.status, text: answer.text }).toEqual({ status, text: expect.any(String) });
      errorOf(answer);
      expectNone(answer.text, [canaries.providerKey, here().tenant.key]);
      // Only a provider's verdict about the request says what the provider said.
      if (status >= 429) expectNone(answer.text, secretsOf(here()));
      if (status >= 429) expectNoInternals(answer);
    }
    // A redirect would take the key and the prompt to wherever it likes.
    expect(here().provider.asked.filter(({ path }) => path.includes(canaries.provider))).toEqual([]);
    await expectDiscretion(here().gateway, answers.length);
    // Each of them had a trace to look at; one of the test before may still have come.
    for (const { headers } of answers) await daemon().documentOf(headers['x-request-id'] ?? '');
  });
});

test.each(streamFailures)('a stream that %s leaves no canary behind', async (_name, script) => {
  const [answer] = await askWithCanaries(here(), script, true);
  expect(answer?.status).toBe(200);
  const [last = ''] = answer?.text.trim().split('\n\n').slice(-1) ?? [];
  const { error } = JSON.parse(last.replace('data: ', ''));
  expect(error).toEqual({ message: expect.any(String), type: 'server_error', param: null, code: 'upstream_error' });
  expectNone(last, secretsOf(here()));
  await expectDiscretion(here().gateway, 1);
});

test.each(succeeding)('a provider that %s leaves no canary behind', async (name, script) => {
  const [answer] = await askWithCanaries(here(), script, name.startsWith('streams'));
  expect(answer?.status).toBe(200);
  expect(answer?.text).toContain(canaries.answer);
  await expectDiscretion(here().gateway, 1);
});

test.each(mistakes())("a caller's %s leaves no canary behind", async (name, body, headers = {}) => {
  const { gateway, tenant } = here();
  const answer = await send(gateway, chat, { headers: { ...bearer(tenant.key), ...headers }, body });
  expect([400, 404, 413]).toContain(answer.status);
  errorOf(answer);
  // The one thing that is said back is the name of a model, to whoever asked for it.
  const unsaid = name === 'an unknown model' ? [] : [canaries.model];
  expectNone(answer.text, [canaries.prompt, canaries.member, canaries.header, ...unsaid]);
  await expectDiscretion(gateway, 1);
});

test('an unknown member, a query and a path with a canary leave none behind', async () => {
  const { gateway, tenant } = here();
  const parameters = { project_id: canaries.path, service_account_id: canaries.path, model: canaries.model };
  const asked = everyRoute.filter((route) => route.audience !== 'anyone');
  for (const route of asked) {
    const headers = { ...rightKey(route, tenant), Cookie: canaries.header };
    const question = { headers, parameters, query: `${canaries.member}=${canaries.prompt}` };
    await send(gateway, route, {
      ...question,
      body: JSON.stringify({ name: 'x', [canaries.member]: canaries.prompt }),
    });
  }
  await expectDiscretion(gateway, asked.length);
});

describe('with a bug of ours', () => {
  /** Throws where nothing was expected to, a secret in its message. */
  const bug = (): never => {
    throw new Error(`${canaries.bug}\n    at ${canaries.prompt} (${canaries.providerKey}:1:1)`, {
      cause: new TypeError(`caused by ${canaries.bug}`),
    });
  };
  let broken: TestGateway;
  beforeAll(async () => {
    const { database, provider } = here();
    broken = await testGateway(database, impatient(provider.baseURL), {
      override: ({ db }) => ({
        db: Object.assign(Object.create(db), { send: bug }),
        secrets: { adminKey: async () => bug(), peppers: async () => bug(), providerKey: async () => bug() },
      }),
    });
  });
  const locked = everyRoute.filter(({ audience }) => audience !== 'anyone');

  test.each(named(locked))('%s says no more than its request id', async (_name, route) => {
    const answer = await send(broken, route, { headers: rightKey(route, here().tenant), ...sampleInput(route) });
    expect(JSON.parse(answer.text)).toEqual({
      error: {
        message: `The gateway had an error while processing the request. Request id: ${answer.headers['x-request-id']}`,
        type: 'server_error',
        param: null,
        code: null,
      },
    });
    expectError(answer, 'internal');
    await expectDiscretion(broken, 1);
  });
});

describe('with the stores down', () => {
  let cut: TestGateway;
  beforeAll(async () => {
    cut = await testGateway(here().database, impatient(here().provider.baseURL), {
      environment: { ...environment, DYNAMODB_ENDPOINT: 'http://127.0.0.1:9' },
    });
  });
  // What one machine tells of itself needs none of them, and health is there to say which are down.
  const needStores = everyRoute.filter(
    ({ audience, localOnly, checksHealth }) => audience !== 'anyone' && !localOnly && !checksHealth,
  );

  test('health is a 503 that names them, and says no more of them', async () => {
    const health = everyRoute.find(({ checksHealth }) => checksHealth);
    if (!health) throw new Error('no route checks health');
    const answer = await send(cut, health, { headers: rightKey(health, here().tenant) });
    const { error, status, stores } = JSON.parse(answer.text);
    expect([answer.status, status, Object.keys(error).sort()]).toEqual([
      503,
      'down',
      ['code', 'message', 'param', 'type'],
    ]);
    expect(stores).toContainEqual(expect.objectContaining({ name: 'keys', status: 'unavailable' }));
    expectNone(answer.text, secretsOf(here()));
    expectNoInternals(answer);
  });

  test.each(named(needStores))('%s is a 503 that says nothing of them (I12)', async (_name, route) => {
    here().provider.script = wellBehaved;
    const parameters = {
      ...Object.fromEntries(parametersOf(route).map((name) => [name, canaries.path])),
      rate_limit_id: `rl-${canaries.path}`,
    };
    const headers = rightKey(route, here().tenant);
    const answer = await send(cut, route, {
      headers,
      parameters,
      ...sampleInput(route),
      ...(route === chat && { body: JSON.stringify(toldProvider) }),
    });
    expectError(answer, 'overloaded');
    expectNone(answer.text, secretsOf(here()));
    expectNoInternals(answer);
    expect(here().provider.asked).toEqual([]);
    await expectDiscretion(cut, 1);
  });
});
