/** What lines of batches cost: in the ledger, of the budget, in the usage and costs APIs, when swept and when rated anew. */
import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Config } from '../../shared/config/schema.ts';
import { type AskLine, lineAsker } from '../support/batch-line.ts';
import { adminKey, oneProvider, type Tenant, testGateway } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import { answer, completion, refusal, usage } from '../support/scripted-provider.ts';

const chat = '/v1/chat/completions';
const second = anotherProvider();

/** What `scripted` charges for batches is half; `second` makes no difference. */
function halved(baseURL: string, times = 1): Config {
  const one = oneProvider(baseURL);
  const price = { input: times, cachedInput: 0.25 * times, output: 4 * times };
  return {
    ...one,
    providers: {
      scripted: { kind: 'openai', baseURL, batchPriceFactor: 0.5 },
      second: { kind: 'openai', baseURL: second().baseURL },
    },
    models: {
      'test-model': { targets: ['scripted/upstream-model'], price },
      'fallen-back': { targets: ['scripted/upstream-model', 'second/other-model'], price },
    },
    resilience: { attempts: 2, circuit: { failures: 1_000_000 } },
  };
}
const on = scene({}, halved);
let ask: AskLine;
beforeAll(() => {
  ask = lineAsker(on().gateway, on().database);
});
beforeEach(() => {
  on().provider.script = answer(completion('ok', usage(1_000, 50, 400)));
});
/** 600 at $1, 400 at $0.25 and 50 at $4 a million. */
const liveCost = 600 + 100 + 200;

const counters = async ({ projectId }: Tenant): Promise<Record<string, number>> => {
  const { db, names } = on().database;
  const command = new GetCommand({ TableName: names.admission, Key: { id: `${projectId}#0` }, ConsistentRead: true });
  return ((await db.send(command)).Item ?? {}) as Record<string, number>;
};

test('a line costs its share of the live price, and a live call beside it all of it', async () => {
  const { gateway, ledger } = on();
  const tenant = await gateway.tenant();
  await ask(tenant, chat, question);
  await tenant.client.chat.completions.create(question);
  const rows = (await ledger(tenant.projectId)).toSorted((a, b) => Number(b.batch ?? 0) - Number(a.batch ?? 0));
  expect(rows).toMatchObject([
    {
      batch: true,
      priceFactor: 0.5,
      price: { input: 500_000, cachedInput: 125_000, output: 2_000_000 },
      costMicroUsd: liveCost / 2,
    },
    { price: { input: 1_000_000, cachedInput: 250_000, output: 4_000_000 }, costMicroUsd: liveCost },
  ]);
  expect(rows[1]).not.toHaveProperty('batch');
  expect(rows[1]).not.toHaveProperty('priceFactor');
  const [line, live] = rows.map(({ hold }) => hold?.microUsd ?? 0);
  expect(line).toBe(Math.ceil((live ?? 0) / 2));
  expect((await counters(tenant))['M2611']).toBe(liveCost * 1.5);
});

test('the log says what the ledger does', async () => {
  const { gateway, tenant } = on();
  await ask(tenant, chat, question);
  const line = gateway.logs.find(({ message }) => message === 'request');
  expect(line?.facts).toMatchObject({ costMicroUsd: liveCost / 2, inputTokens: 1_000 });
});

test('another provider that stands in charges what it charges', async () => {
  const { gateway, provider, ledger } = on();
  const tenant = await gateway.tenant();
  provider.script = refusal(500, { message: 'boom' });
  second().script = answer(completion('ok', usage(1_000, 50)));
  await ask(tenant, chat, { ...question, model: 'fallen-back' });
  const [failed, answered] = (await ledger(tenant.projectId)).toSorted((a, b) => a.ordinal - b.ordinal);
  expect(failed).toMatchObject({ provider: 'scripted', priceFactor: 0.5, costMicroUsd: 0 });
  expect(answered).toMatchObject({
    provider: 'second',
    batch: true,
    costMicroUsd: 1_200,
    price: { output: 4_000_000 },
  });
  expect(answered).not.toHaveProperty('priceFactor');
});

test('a budget affords twice as many lines as live calls, and is never overspent (I2)', async () => {
  const { gateway, database, provider, ledger } = on();
  const line = { ...question, max_completion_tokens: 4_000 };
  provider.script = answer(completion('x', usage(10, 4_000)));
  // Of a line, 8,005; what is left after five of them affords the bound of no other, and an answer of no length.
  const spendLimitMicroUsd = 5 * 8_005 + 40;
  const tenant = await gateway.tenant();
  await holdTo(database, tenant.projectId, { spendLimitMicroUsd });
  const kinds = [];
  for (let count = 0; count < 7; count += 1) kinds.push((await ask(tenant, chat, line)).kind);
  expect(kinds).toEqual([...Array(5).fill('answered'), ...Array(2).fill('unaffordable')]);
  const costs = (await ledger(tenant.projectId)).map((row) => (row.state === 'settled' ? row.costMicroUsd : -1));
  expect(costs).toEqual(Array(5).fill(8_005));
});

test('lines at once take no more than there is (I2)', async () => {
  const { gateway, database, provider, ledger } = on();
  provider.script = answer(completion('x', usage(10, 100)));
  const tenant = await gateway.tenant();
  const spendLimitMicroUsd = 2_000;
  await holdTo(database, tenant.projectId, { spendLimitMicroUsd });
  const line = { ...question, max_completion_tokens: 100 };
  const answers = await Promise.all(Array.from({ length: 40 }, () => ask(tenant, chat, line)));
  const rows = await ledger(tenant.projectId);
  const spent = rows.reduce((sum, row) => sum + (row.state === 'settled' ? row.costMicroUsd : 1e9), 0);
  expect(rows).toHaveLength(answers.filter(({ kind }) => kind === 'answered').length);
  expect(spent).toBeLessThanOrEqual(spendLimitMicroUsd);
  expect(rows.length).toBeGreaterThan(0);
});

test('none of them gets a shorter answer because others hold what they may not need', async () => {
  const { gateway, database, provider, ledger } = on();
  const maxima: unknown[] = [];
  provider.script = async (http, asked) => {
    maxima.push(asked.body['max_completion_tokens']);
    await new Promise((resolve) => setTimeout(resolve, 50));
    return answer(completion('x', usage(10, 1)))(http, asked);
  };
  const tenant = await gateway.tenant();
  // Two and a half of what is reserved for each.
  await holdTo(database, tenant.projectId, { spendLimitMicroUsd: 20_500 });
  const line = { ...question, max_completion_tokens: 4_000 };
  const untilAnswered = async (): Promise<void> => {
    while ((await ask(tenant, chat, line)).kind === 'wait') await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await Promise.all(Array.from({ length: 8 }, untilAnswered));
  expect(maxima).toEqual(Array(8).fill(4_000));
  expect(await ledger(tenant.projectId)).toHaveLength(8);
});

test('one that nobody settles is swept at the bound of its own price (I3)', async () => {
  const { gateway, database, provider, ledger } = on();
  let isDead = false;
  // Its process dies while it waits for the provider: nothing is written any more.
  const mortal = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
    new Proxy(db, {
      get: (target, property, receiver) =>
        property === 'send'
          ? (command: never) => (isDead ? new Promise(() => {}) : target.send(command))
          : Reflect.get(target, property, receiver),
    });
  const dying = await testGateway(database, halved(provider.baseURL), {
    override: ({ db, onceDb }) => ({ db: mortal(db), onceDb: mortal(onceDb) }),
  });
  provider.script = () => {
    isDead = true;
  };
  const tenant = await gateway.tenant();
  const stop = new AbortController();
  void lineAsker(dying, database)(tenant, chat, question, { stopped: stop.signal });
  while (provider.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort();
  const [open] = await ledger(tenant.projectId);
  expect(open).toMatchObject({ state: 'open', batch: true, priceFactor: 0.5 });
  gateway.clock.nowMs += 40 * 60_000;
  await gateway.runSchedule('sweep');
  const [swept] = await ledger(tenant.projectId);
  expect(swept).toMatchObject({
    settledBy: 'sweep',
    outcome: 'abandoned',
    batch: true,
    priceFactor: 0.5,
    costMicroUsd: open?.hold?.microUsd,
  });
  gateway.clock.nowMs -= 40 * 60_000;
});

test('rated anew it keeps its share of the price', async () => {
  const { gateway, database, provider, ledger } = on();
  const slipped = await testGateway(database, halved(provider.baseURL, 1_000));
  const tenant = await gateway.tenant();
  await lineAsker(slipped, database)(tenant, chat, question);
  expect(await ledger(tenant.projectId)).toMatchObject([{ costMicroUsd: (liveCost / 2) * 1_000 }]);
  const startedAt = slipped.clock.nowMs;
  // With no discount any more: what was charged with one was charged with one.
  const { providers, ...config } = halved(provider.baseURL);
  const mended = await testGateway(database, {
    ...config,
    providers: { ...providers, scripted: { kind: 'openai', baseURL: provider.baseURL } },
  });
  mended.clock.nowMs = startedAt + 3 * 3_600_000;
  await mended.runSchedule('sweep');
  const body = {
    start_time: Math.floor(startedAt / 1000) - 60,
    end_time: Math.floor(startedAt / 1000) + 3_600,
    project_id: tenant.projectId,
  };
  await mended.withKey(adminKey).post('/organization/usage/rerate', { body });
  expect(await ledger(tenant.projectId)).toMatchObject([
    { costMicroUsd: liveCost / 2, priceFactor: 0.5, price: { input: 500_000, output: 2_000_000 } },
  ]);
});

describe('the usage and the costs of the organization', () => {
  const asked = async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    await ask(tenant, chat, question);
    await ask(tenant, chat, question);
    await tenant.client.chat.completions.create(question);
    await gateway.idle();
    // A period ends before its end.
    gateway.clock.nowMs += 1_000;
    const span = { start_time: Math.floor(gateway.clock.nowMs / 1000) - 3_600, project_ids: [tenant.projectId] };
    return { span, api: gateway.admin().admin.organization.usage };
  };
  const resultsOf = <Result>({ data }: { data: readonly { results: readonly Result[] }[] }): Result[] =>
    data.flatMap(({ results }) => results);

  test('tell batches from live calls, by a filter and by groups', async () => {
    const { span, api } = await asked();
    const requestsOf = async (query: object) =>
      resultsOf(await api.completions({ ...span, ...query })).map((result) => {
        const { batch, num_model_requests } = result as { batch: boolean | null; num_model_requests: number };
        return [batch, num_model_requests];
      });
    expect(await requestsOf({ batch: true })).toEqual([[null, 2]]);
    expect(await requestsOf({ batch: false })).toEqual([[null, 1]]);
    expect(await requestsOf({})).toEqual([[null, 3]]);
    expect(await requestsOf({ group_by: ['batch'] })).toEqual([
      [false, 1],
      [true, 2],
    ]);
  });

  test('tell their costs apart by line items, which add up to the ledger', async () => {
    const { span, api } = await asked();
    const items = resultsOf(await api.costs({ ...span, group_by: ['line_item'] })).map((result) => {
      const { line_item, amount } = result as { line_item: string; amount: { value: number } };
      return [line_item, Math.round(amount.value * 1_000_000)];
    });
    expect(Object.fromEntries(items)).toEqual({
      'test-model, input_tokens': 600,
      'test-model, cached_input_tokens': 100,
      'test-model, output_tokens': 200,
      'test-model, batch_input_tokens': 600,
      'test-model, batch_cached_input_tokens': 100,
      'test-model, batch_output_tokens': 200,
    });
  });
});
