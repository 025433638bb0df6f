/** Usage grouped and filtered in every way, against plain sums over what was used. */
import type { UsageCompletionsParams } from 'openai/resources/admin/organization/usage';
import type { Scene } from '../support/scene.ts';
import {
  type CompletionsResult,
  keyholders,
  midnight,
  resultsOf,
  sumsOf,
  type Used,
  usageScene,
  use,
} from '../support/usage-scene.ts';

const here = usageScene();
const span = { start_time: midnight, end_time: midnight + 86_400 };
const completions = (query: Partial<UsageCompletionsParams>) =>
  here()
    .gateway.admin()
    .admin.organization.usage.completions({ ...span, ...query });

/** Two projects with three keys each, two models, all with counts of their own. */
const used: Used[] = [];
async function work(scene: Scene): Promise<void> {
  const holders = [...(await keyholders(scene)), ...(await keyholders(scene))];
  for (const [index, holder] of holders.entries()) {
    for (const [turn, model] of ['test-model', 'second-model'].entries()) {
      const input = 2 ** (index * 2 + turn);
      used.push(await use(scene, holder, midnight + 60 * index + turn, [input, input * 3, turn], model));
    }
  }
}
beforeAll(() => work(here()));

type Field = NonNullable<UsageCompletionsParams['group_by']>[number];
const fields: Field[] = ['project_id', 'user_id', 'api_key_id', 'model', 'batch', 'service_tier', 'api_source'];
const combinations = Array.from({ length: 2 ** fields.length }, (_, bits) =>
  fields.filter((_field, index) => bits & (1 << index)),
);

/** What every call here has in common. */
const always = { batch: false, service_tier: null, api_source: 'unlabeled' } as const;
const fieldOf = (call: Used, field: Field) => ({ ...call, ...always })[field];

function groupsOf(calls: readonly Used[], group_by: readonly Field[]): Map<string, Used[]> {
  const groups = new Map<string, Used[]>();
  for (const call of calls) {
    const key = JSON.stringify(group_by.map((field) => fieldOf(call, field)));
    groups.set(key, [...(groups.get(key) ?? []), call]);
  }
  return groups;
}

function expectSums(results: readonly CompletionsResult[], calls: readonly Used[], group_by: readonly Field[]): void {
  const expected = groupsOf(calls, group_by);
  const keyed = results.map((result) => [JSON.stringify(group_by.map((field) => result[field])), result] as const);
  expect(keyed.map(([key]) => key).sort()).toEqual([...expected.keys()].sort());
  for (const [key, result] of keyed) {
    expect(result).toMatchObject(sumsOf(expected.get(key) ?? []));
    for (const field of fields.filter((name) => !group_by.includes(name))) expect(result[field]).toBeNull();
  }
}

test('every combination of fields groups what was used, and loses and doubles nothing', async () => {
  expect(combinations).toHaveLength(128);
  for (const group_by of combinations) expectSums(resultsOf(await completions({ group_by })), used, group_by);
});

test('the order of the fields, and one named twice, make no difference', async () => {
  const one = await completions({ group_by: ['model', 'project_id'] });
  expect(await completions({ group_by: ['project_id', 'model', 'model'] })).toEqual({
    ...one,
    data: expect.any(Array),
  });
  expectSums(resultsOf(await completions({ group_by: ['project_id', 'model', 'model'] })), used, [
    'model',
    'project_id',
  ]);
});

describe('filters', () => {
  const values = (field: 'project_id' | 'user_id' | 'api_key_id' | 'model') => [
    ...new Set(used.map((call) => call[field])),
  ];
  const filters = [
    ['project_ids', 'project_id'],
    ['user_ids', 'user_id'],
    ['api_key_ids', 'api_key_id'],
    ['models', 'model'],
  ] as const;

  test.each(filters)('%s keeps what it names, one or many', async (filter, field) => {
    const all = values(field);
    expect(all.length).toBeGreaterThan(1);
    for (const wanted of [...all.map((value) => [value]), all.slice(1), all]) {
      const kept = used.filter((call) => wanted.includes(call[field]));
      expectSums(resultsOf(await completions({ [filter]: wanted, group_by: [field] })), kept, [field]);
    }
  });

  test.each(filters)('%s that name nothing that was used leave the buckets empty', async (filter) => {
    const { data } = await completions({ [filter]: ['nobody'] });
    expect(data).toEqual([{ object: 'bucket', ...span, results: [] }]);
  });

  test('of two kinds must both hold', async () => {
    for (const api_key_id of values('api_key_id')) {
      for (const model of values('model')) {
        const kept = used.filter((call) => call.api_key_id === api_key_id && call.model === model);
        expectSums(resultsOf(await completions({ api_key_ids: [api_key_id], models: [model] })), kept, []);
      }
    }
    const [first] = used;
    const foreign = used.find(({ project_id }) => project_id !== first?.project_id);
    const crossed = { project_ids: [first?.project_id ?? ''], api_key_ids: [foreign?.api_key_id ?? ''] };
    expect(resultsOf(await completions(crossed))).toEqual([]);
  });

  test('by batch: nothing here was one', async () => {
    expect(resultsOf(await completions({ batch: true }))).toEqual([]);
    expectSums(resultsOf(await completions({ batch: false })), used, []);
  });

  test.each([
    ['project_ids', Array.from({ length: 101 }, () => 'p'), 'project_ids'],
    ['project_ids', ['p', 'x'.repeat(257)], 'project_ids[1]'],
    ['models', ['m'.repeat(3_000)], 'models[0]'],
    ['group_by', ['model', 'digest'], 'group_by[1]'],
    ['batch', 'maybe', 'batch'],
  ])('%s out of bounds is refused by name', async (name, value, param) => {
    await expect(completions({ [name]: value } as never)).rejects.toMatchObject({ status: 400, param });
  });
});
