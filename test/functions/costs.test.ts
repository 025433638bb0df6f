/** What calls have cost, as the official SDK asks for it, to the micro-dollar of the ledger. */
import type { UsageCostsParams, UsageCostsResponse } from 'openai/resources/admin/organization/usage';
import type { StoredAttempt } from '../../shared/usage/attempt.ts';
import { dynamoUsageStore } from '../../shared/usage/usage-store.ts';
import { type Keyholder, keyholders, midnight, usageScene, use } from '../support/usage-scene.ts';

const here = usageScene();
const day = 86_400;
const span = { start_time: midnight, end_time: midnight + 3 * day };

type Result = Extract<UsageCostsResponse['data'][number]['results'][number], { object: 'organization.costs.result' }>;

const ask = (query: Partial<UsageCostsParams> = {}): Promise<UsageCostsResponse> =>
  here()
    .gateway.admin()
    .admin.organization.usage.costs({ ...span, ...query });
const resultsOf = ({ data }: Pick<UsageCostsResponse, 'data'>): Result[] =>
  data
    .flatMap(({ results }) => results)
    .map((result) => {
      if (result.object !== 'organization.costs.result') throw new Error(`a result of ${result.object}`);
      return result;
    });
const microUsdOf = (results: readonly Result[]): number =>
  results.reduce((sum, { amount }) => sum + Math.round((amount?.value ?? Number.NaN) * 1e6), 0);

let holders: Keyholder[];
let ledger: Extract<StoredAttempt, { state: 'settled' }>[];
beforeAll(async () => {
  holders = [...(await keyholders(here())), ...(await keyholders(here()))];
  for (const [index, holder] of holders.entries()) {
    for (const [turn, model] of ['test-model', 'second-model'].entries()) {
      // Odd numbers, so that shares are no whole micro-dollars.
      await use(here(), holder, midnight + index * 0.4 * day + turn, [7 + 3 * index, 11 * turn + 1, 3 + index], model);
    }
  }
  here().gateway.clock.nowMs = (midnight + 10 * day) * 1000;
  const store = dynamoUsageStore(here().database.db, here().database.names.usage);
  ledger = [];
  for (const id of new Set(holders.map(({ project_id }) => project_id))) {
    for await (const row of store.between(id, midnight * 1000, (midnight + 3 * day) * 1000)) {
      if (row.state === 'settled') ledger.push(row);
    }
  }
});
const cost = (rows: readonly { costMicroUsd: number }[]) =>
  rows.reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);

test('it is the ledger’s sum, by days, in the shape that the SDK declares', async () => {
  expect(ledger).toHaveLength(12);
  const { data, has_more, next_page, object } = await ask();
  expect({ has_more, next_page, object }).toEqual({ has_more: false, next_page: null, object: 'page' });
  expect(data.map(({ start_time, end_time }) => [start_time, end_time])).toEqual(
    [0, 1, 2].map((index) => [midnight + index * day, midnight + (index + 1) * day]),
  );
  for (const bucket of data) {
    const rows = ledger.filter(
      ({ startedAtMs }) => startedAtMs >= bucket.start_time * 1000 && startedAtMs < bucket.end_time * 1000,
    );
    expect(bucket.results).toEqual([
      {
        object: 'organization.costs.result',
        amount: { value: cost(rows) / 1e6, currency: 'usd' },
        project_id: null,
        user_id: null,
        line_item: null,
        api_key_id: null,
        api_source: null,
        quantity: null,
        quantity_unit: null,
      },
    ]);
  }
});

const fields = ['project_id', 'user_id', 'api_key_id', 'api_source', 'line_item'] as const;
const combinations = Array.from({ length: 2 ** fields.length }, (_, bits) =>
  fields.filter((_field, index) => bits & (1 << index)),
);

test.each(combinations.map((group_by) => [group_by.join(', ') || 'nothing', group_by] as const))(
  'grouped by %s the parts are the ledger’s sum to the micro-dollar, and no group comes twice',
  async (_, group_by) => {
    const page = await ask({ group_by: [...group_by] });
    expect(microUsdOf(resultsOf(page))).toBe(cost(ledger));
    for (const { results } of page.data) {
      const keys = resultsOf({ data: [{ results, object: 'bucket', start_time: 0, end_time: 0 }] }).map((result) =>
        fields.map((field) => result[field]),
      );
      expect(new Set(keys.map((key) => JSON.stringify(key))).size).toBe(keys.length);
      for (const key of keys) {
        for (const [index, field] of fields.entries()) expect(key[index] === null).toBe(!group_by.includes(field));
      }
    }
  },
);

test('a line item is a model and a kind of tokens, with their number', async () => {
  const { data } = await ask({ group_by: ['line_item'], end_time: midnight + 1 });
  // 7 tokens in, 3 of them from the cache, 1 out; $1, $0.25 and $4 a million.
  expect(
    resultsOf({ data }).map(({ line_item, quantity, quantity_unit, amount }) => [
      line_item,
      quantity,
      quantity_unit,
      amount?.value,
    ]),
  ).toEqual([
    ['test-model, cached_input_tokens', 3, 'tokens', 0],
    ['test-model, input_tokens', 4, 'tokens', 0.000004],
    ['test-model, output_tokens', 1, 'tokens', 0.000005],
  ]);
});

test('line items are asked for by their exact names', async () => {
  const line_items = ['test-model, output_tokens', 'second-model, input_tokens', 'test-model'];
  const results = resultsOf(await ask({ line_items, group_by: ['line_item'] }));
  expect([...new Set(results.map(({ line_item }) => line_item))].sort()).toEqual(line_items.slice(0, 2).sort());
  const both = resultsOf(await ask({ line_items }));
  expect(microUsdOf(both)).toBe(microUsdOf(results));
});

test('of some projects or keys it has nothing of the others (I5)', async () => {
  const [first, , , , , last] = holders;
  if (!first || !last) throw new Error('six holders');
  const ofProject = ledger.filter(({ projectId }) => projectId === last.project_id);
  expect(microUsdOf(resultsOf(await ask({ project_ids: [last.project_id] })))).toBe(cost(ofProject));
  const ofKey = ledger.filter(({ apiKeyId }) => apiKeyId === first.api_key_id);
  expect(microUsdOf(resultsOf(await ask({ api_key_ids: [first.api_key_id] })))).toBe(cost(ofKey));
  expect(resultsOf(await ask({ project_ids: [last.project_id], api_key_ids: [first.api_key_id] }))).toEqual([]);
});

test('of buckets there are 7 where nothing is said and 180 at most, in pages that are one big answer', async () => {
  const long = { start_time: midnight, end_time: midnight + 181 * day };
  expect((await ask(long)).data).toHaveLength(7);
  const most = await ask({ ...long, limit: 180 });
  expect(most).toMatchObject({ has_more: true });
  expect(most.data).toHaveLength(180);
  const pieces = [];
  let page = await ask({ limit: 2 });
  pieces.push(...page.data);
  while (page.has_more) {
    page = await ask({ limit: 2, page: page.next_page ?? '' });
    pieces.push(...page.data);
  }
  expect(pieces).toEqual((await ask({ limit: 180 })).data);
});

test.each([
  [{ limit: 0 }, 'limit'],
  [{ limit: 181 }, 'limit'],
  [{ bucket_width: '1h' }, 'bucket_width'],
  [{ group_by: ['model'] }, 'group_by[0]'],
  [{ end_time: midnight }, 'end_time'],
  [{ page: 'tomorrow' }, 'page'],
  [{ user_ids: ['x'] }, 'user_ids'],
])('%j is refused, %s named', async (query, param) => {
  await expect(ask(query as Partial<UsageCostsParams>)).rejects.toMatchObject({ status: 400, param });
});
