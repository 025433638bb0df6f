/** Every metric is told by the real functions, with the right value and with no word of a caller's among its dimensions. */
import { errorTable } from '../../shared/error-table.ts';
import { metricDefinitions } from '../../shared/observability/metric-definitions.ts';
import { lineAsker } from '../support/batch-line.ts';
import { cached, newQuestion } from '../support/cache-scene.ts';
import { baseURL } from '../support/gateway.ts';
import type { Sample } from '../support/metrics-on-stdout.ts';
import { question } from '../support/scene.ts';
import { refusal, wellBehaved } from '../support/scripted-provider.ts';
import { troubleScene } from '../support/trouble-scene.ts';

const { on, stdout, later, healthy, trouble } = troubleScene({ attempts: 2 });

/** What was told of the stage as a whole. */
const totals = (): Record<string, number> =>
  Object.fromEntries(
    stdout
      .samples()
      .filter(({ dimensions }) => Object.keys(dimensions).length === 1)
      .map(({ name, value }) => [name, value]),
  );

const told = (name: string): Sample[] => stdout.samples().filter((sample) => sample.name === name);

beforeEach(async () => {
  // The first line of an instance has its cold start.
  await healthy();
  stdout.clear();
});

test('a call is one line, after its answer', async () => {
  const { tenant, gateway } = on();
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  expect(stdout.lines()).toHaveLength(1);
  expect(totals()).toEqual({
    Requests: 1,
    ServerErrors: 0,
    Latency: 0,
    Overhead: 0,
    ProviderLatency: 0,
    InputTokens: 10,
    OutputTokens: 5,
    CostMicroUsd: 30,
    SettlementLag: 0,
  });
});

test('by model, by provider and by outcome, each by itself', async () => {
  const { tenant, gateway } = on();
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  const sets = stdout.samples().map(({ name, dimensions: { service, ...dimensions } }) => [name, service, dimensions]);
  const service = 'sluice-test';
  expect(sets).toContainEqual(['CostMicroUsd', service, { model: 'test-model' }]);
  expect(sets).toContainEqual(['ProviderLatency', service, { provider: 'scripted' }]);
  expect(sets).toContainEqual(['Requests', service, { outcome: 'ok' }]);
  expect(sets.every(([, , dimensions]) => Object.keys(dimensions as object).length <= 1)).toBe(true);
});

test('time that a provider takes is the provider’s, and not overhead', async () => {
  const { gateway, provider, tenant } = on();
  provider.script = (response, its) => {
    gateway.clock.nowMs += 700;
    return wellBehaved(response, its);
  };
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  expect(totals()).toMatchObject({ Latency: 700, ProviderLatency: 700, Overhead: 0 });
});

test('only streams have a time to their first byte', async () => {
  await trouble.streamsBeginLate(3);
  expect(totals()).toMatchObject({ TimeToFirstByte: 3_000, Latency: 3_000 });
});

test('cache: a miss is 0 and a hit is 1, which costs nothing and asks nobody', async () => {
  const { tenant, gateway } = on();
  const body = newQuestion();
  for (const _ of ['miss', 'hit']) {
    await tenant.client.chat.completions.create(body, cached());
    await gateway.idle();
  }
  expect(told('CacheHits').map(({ value }) => value)).toEqual([0, 1]);
  expect(told('ProviderLatency').filter(({ dimensions }) => 'provider' in dimensions)).toHaveLength(1);
});

test('whose fault an error is', async () => {
  await trouble.providerFails(1);
  expect(totals()).toMatchObject({ ServerErrors: 1 });
  expect(totals()).not.toHaveProperty('GatewayErrors');
  stdout.clear();
  await trouble.budgetsAreDown(1);
  expect(totals()).toMatchObject({ ServerErrors: 1, GatewayErrors: 1, BudgetStoreErrors: 1 });
});

test('refusals: by a limit, by a budget, and by a provider', async () => {
  await trouble.requestsBeyondTheirLimit(3);
  expect(told('RateLimited')).toHaveLength(3);
  stdout.clear();
  await trouble.budgetIsUsedUp();
  expect(totals()).toMatchObject({ OutOfBudget: 1 });
  stdout.clear();
  await trouble.providerIsBusy();
  expect(totals()).toMatchObject({ ProviderThrottles: 1, ServerErrors: 0 });
});

test('cost is the ledger’s, to the micro-dollar', async () => {
  const { gateway, ledger } = on();
  const { client, projectId } = await gateway.tenant();
  await client.chat.completions.create(question);
  await client.embeddings.create({ model: 'test-model', input: 'x' });
  const rows = await ledger(projectId);
  const paid = rows.reduce((sum, row) => sum + (row.state === 'settled' ? row.costMicroUsd : 0), 0);
  const costs = told('CostMicroUsd').filter(({ dimensions }) => !('model' in dimensions));
  expect(costs.reduce((sum, { value }) => sum + value, 0)).toBe(paid);
  expect(paid).toBeGreaterThan(30);
});

test('each metric of the list is told by somebody', async () => {
  const { gateway, database, tenant, provider } = on();
  await trouble.reportOfTheDay();
  await trouble.reportOfTheMonth();
  await trouble.attacks(1);
  await trouble.violationsAreDown();
  await trouble.requestLogIsDown();
  await trouble.moderationFails();
  await trouble.providerTakesMoreThanItMay();
  await trouble.streamsBeginLate(1);
  await trouble.requestsBeyondTheirLimit(1);
  await trouble.budgetIsUsedUp();
  await trouble.budgetsAreDown(1);
  await trouble.functionDies();
  await trouble.limitIsLoweredBelowSpend();
  await tenant.client.chat.completions.create(newQuestion(), cached());
  await lineAsker(gateway, database)(tenant, '/v1/chat/completions', question);
  let times = 0;
  provider.script = (response, its) => (times++ === 0 ? refusal(500, { message: 'x' }) : wellBehaved)(response, its);
  await tenant.client.chat.completions.create(question);
  await trouble.providerIsBusy();
  later(1);
  await trouble.providerFails(5);
  later(60);
  await trouble.sweep();
  await trouble.providerRecovers();
  await trouble.providerRefusesCredential();
  const names = new Set(stdout.samples().map(({ name }) => name));
  // Told of the first request of an instance, which has made the tenant: test/shared/observability/metrics.test.ts
  const ofFirstRequests = ['ColdStarts', 'InitDuration'];
  expect([...names, ...ofFirstRequests].sort()).toEqual(Object.keys(metricDefinitions).sort());
});

test('no dimension has a word of a caller’s', async () => {
  const { gateway, tenant } = on();
  const canary = 'canary-4711';
  const headers = { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json', 'x-request-id': canary };
  const post = (path: string, body: object) =>
    gateway.fetch(`${baseURL}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  const messages = [{ role: 'user', content: canary }];
  await post('/chat/completions', { model: canary, messages });
  await post('/chat/completions', { model: 'test-model', messages, user: canary, metadata: { canary } });
  await post(`/tools/${canary}/execute`, { arguments: {} });
  await post(`/responses/${canary}/cancel`, {});
  await gateway.fetch(`${baseURL}/models/${canary}`, { headers });
  await gateway.fetch(`${baseURL}/models`, { headers: { authorization: `Bearer ${canary}` } });
  await gateway.idle();
  const values: Record<string, string[]> = {};
  for (const { dimensions } of stdout.samples())
    for (const [name, value] of Object.entries(dimensions)) values[name] = [...(values[name] ?? []), value];
  expect(Object.keys(values).sort()).toEqual(['model', 'outcome', 'provider', 'service']);
  expect([...new Set(values['model'])]).toEqual(['test-model']);
  expect([...new Set(values['provider'])]).toEqual(['scripted']);
  for (const outcome of values['outcome'] ?? []) expect(['ok', ...Object.keys(errorTable)]).toContain(outcome);
  expect(JSON.stringify(stdout.lines())).not.toContain(canary);
});
