/** POST /v1/organization/usage/rerate, from a wrong price in sluice.json to its mending (PEERS 7). */
import { GetCommand } from '@aws-sdk/lib-dynamodb';
import type { Config } from '../../shared/config/schema.ts';
import { adminKey, oneProvider, type TestGateway, testGateway } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';

/** A thousand times what it should be: somebody has written dollars per thousand tokens. */
const slipped = (baseURL: string): Config => priced(baseURL, 1_000);

function priced(baseURL: string, times: number): Config {
  const config = oneProvider(baseURL);
  const price = { input: times, cachedInput: 0.25 * times, output: 4 * times };
  const model = { targets: ['scripted/upstream-model'], price, contextWindow: 128_000 };
  return { ...config, models: { ...config.models, 'test-model': model } };
}

const here = scene({}, slipped);
let mended: TestGateway;
let startedAt = 0;
beforeAll(async () => {
  mended = await testGateway(here().database, priced(here().provider.baseURL, 1));
  startedAt = here().gateway.clock.nowMs;
});
beforeEach(() => {
  here().gateway.clock.nowMs = startedAt;
  mended.clock.nowMs = startedAt + 3 * 3_600_000;
});

const period = () => ({ start_time: startedAt / 1000 - 60, end_time: startedAt / 1000 + 3_600 });

type Rerating = {
  rows: Record<string, number>;
  cost_before: { micro_usd: number };
  cost_after: { micro_usd: number };
  difference: { micro_usd: number; value: number };
  has_more: boolean;
};
const rerate = (body: object = {}): Promise<Rerating> =>
  mended.withKey(adminKey).post('/organization/usage/rerate', { body: { ...period(), ...body } });

/** The sweep closes what is over, as it does every few minutes. */
const swept = () => mended.runSchedule('sweep');

async function counters(projectId: string): Promise<Record<string, number>> {
  const { db, names } = here().database;
  const command = new GetCommand({ TableName: names.admission, Key: { id: `${projectId}#0` }, ConsistentRead: true });
  return ((await db.send(command)).Item ?? {}) as Record<string, number>;
}

/** A project that has called three times at the wrong price, whole and streamed. */
async function overcharged() {
  const { gateway, provider } = here();
  provider.script = answer(completion('ok', usage(1_000, 50, 400)));
  const tenant = await gateway.tenant();
  for (let calls = 0; calls < 3; calls++) await tenant.client.chat.completions.create(question);
  await gateway.idle();
  return tenant;
}
const rightCost = 600 + 100 + 200;

test('what was overcharged is given back, in the ledger and of the budget', async () => {
  const { projectId } = await overcharged();
  expect((await counters(projectId))['M2611']).toBe(3 * rightCost * 1_000);
  await swept();

  const dry = await rerate({ project_id: projectId, dry_run: true });
  expect(dry).toMatchObject({
    dry_run: true,
    rows: { seen: 3, rerated: 3 },
    cost_before: { micro_usd: 3 * rightCost * 1_000, value: 2.7, currency: 'usd' },
    cost_after: { micro_usd: 3 * rightCost, value: 0.0027 },
    difference: { micro_usd: -3 * rightCost * 999 },
  });
  expect((await counters(projectId))['M2611']).toBe(3 * rightCost * 1_000);

  expect(await rerate({ project_id: projectId })).toEqual({ ...dry, dry_run: false });
  expect(await counters(projectId)).toMatchObject({ M2611: 3 * rightCost, S2611: -3 * rightCost });
  expect(await here().ledger(projectId)).toMatchObject(
    Array.from({ length: 3 }, () => ({
      costMicroUsd: rightCost,
      ratedBefore: { costMicroUsd: rightCost * 1_000 },
    })),
  );
  expect((await rerate({ project_id: projectId })).rows).toMatchObject({ rerated: 0, unchanged: 3 });
});

test('while calls of the period are not closed, it is a conflict that is not to be retried at once', async () => {
  const { projectId } = await overcharged();
  const before = await counters(projectId);
  await expect(rerate({ project_id: projectId })).rejects.toMatchObject({ status: 409, code: 'conflict' });
  expect(await counters(projectId)).toEqual(before);
  await swept();
  expect((await rerate({ project_id: projectId })).rows).toMatchObject({ rerated: 3 });
});

test.each<[string, () => object, number, string | null]>([
  [
    'a period that ended less than an hour ago',
    () => ({ end_time: mended.clock.nowMs / 1000 - 3_599 }),
    400,
    'end_time',
  ],
  ['a period that ends before it begins', () => ({ end_time: period().start_time }), 400, 'end_time'],
  ['a page that nobody gave', () => ({ page: 'page_bm9uZQ' }), 400, 'page'],
  ['a page that is none', () => ({ page: '../etc' }), 400, 'page'],
  ['a project that is missing', () => ({ project_id: 'proj_missing' }), 404, null],
  ['no rows', () => ({ limit: 0 }), 400, 'limit'],
  ['more rows than a page has', () => ({ limit: 5_001 }), 400, 'limit'],
])('%s is refused', async (_name, body, status, param) => {
  await expect(rerate(body())).rejects.toMatchObject({ status, param });
});

test("a page of one project's is not another's (I5)", async () => {
  const { projectId } = await overcharged();
  const { next_page } = (await rerate({ project_id: projectId, limit: 1, dry_run: true })) as unknown as {
    next_page: string;
  };
  const other = await here().gateway.tenant();
  await expect(rerate({ project_id: other.projectId, page: next_page })).rejects.toMatchObject({ param: 'page' });
});

test("a project's key may not (THREATS 3)", async () => {
  const { key, projectId } = here().tenant;
  const body = { ...period(), project_id: projectId };
  const asked = mended.withKey(key).post('/organization/usage/rerate', { body });
  await expect(asked).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions' });
});

test('leaves an audit entry that says by how much, dry or not', async () => {
  const { projectId } = await overcharged();
  await swept();
  for (const dry_run of [true, false]) {
    mended.clock.nowMs += 1_000;
    const { difference } = await rerate({ project_id: projectId, dry_run });
    const { data } = await mended.admin().admin.organization.auditLogs.list({ project_ids: [projectId], limit: 1 });
    expect(data[0]).toMatchObject({
      type: 'usage.rerated',
      project: { id: projectId },
      'usage.rerated': { data: { ...period(), dry_run } },
      after: { difference, rows: { rerated: 3 } },
    });
  }
});
