import * as z from 'zod/mini';
import { dynamoProjectStore } from '../../../shared/projects/project-store.ts';
import type { OpenAttempt, Settlement } from '../../../shared/usage/attempt.ts';
import { completionsUsageSchema, otherUsageSchema, usagePage } from '../../../shared/usage/usage-query.ts';
import { dynamoUsageStore } from '../../../shared/usage/usage-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { newProject, nowSeconds } from '../stored-tenant.ts';
import { attempt, settled } from './attempts.ts';

let database: TestDatabase;
const day = Date.parse('2026-11-22T00:00:00Z') / 1000;
const nowMs = (day + 43_200) * 1000;

const [alpha, beta, archived] = [newProject('alpha'), newProject('beta'), newProject('archived')];
let attempts = 0;

const deps = () => ({
  usage: dynamoUsageStore(database.db, database.names.usage),
  projects: dynamoProjectStore(database.db, database.names.projects),
  now: () => nowMs,
});

async function use(open: Partial<OpenAttempt>, atSecond: number, settlement: Partial<Settlement> = {}) {
  const row = attempt({ id: `att_${attempts++}`, ...open, startedAtMs: atSecond * 1000 });
  await deps().usage.settle(row, settled({ cachedInputTokens: 0, cacheWriteTokens: 0, ...settlement }));
}

beforeAll(async () => {
  database = await testDatabase();
  const { projects } = deps();
  await Promise.all([alpha, beta, archived].map((project) => projects.create(project)));
  await projects.archive(archived.id, nowSeconds);
  await Promise.all([
    use({ projectId: alpha.id }, day - 1, { inputTokens: 1 }),
    use({ projectId: alpha.id }, day, { inputTokens: 10 }),
    use({ projectId: alpha.id, model: 'gpt-5.5', apiKeyId: 'key_b' }, day + 3_600, { inputTokens: 100 }),
    use({ projectId: alpha.id, kind: 'embeddings' }, day + 3_600, { inputTokens: 5_000 }),
    use({ projectId: beta.id, serviceAccountId: 'svc_b' }, day + 3_600, { inputTokens: 1_000 }),
    use({ projectId: archived.id }, day + 7_199, { inputTokens: 10_000 }),
  ]);
});
afterAll(() => database.stop());

type Page = Awaited<ReturnType<typeof usagePage>>;

const ask = (query: Record<string, unknown>): Promise<Page> =>
  usagePage(deps(), 'completions', z.parse(completionsUsageSchema, { start_time: String(day), ...query }));

const inputs = (page: Page): number[][] => page.data.map(({ results }) => results.map((result) => result.input_tokens));

describe('usage', () => {
  test('is by days up to now where nothing else is said, and sums every project, archived ones too', async () => {
    const page = await ask({});
    expect(page).toMatchObject({ object: 'page', has_more: false, next_page: null });
    expect(page.data).toMatchObject([{ object: 'bucket', start_time: day, end_time: day + 43_200 }]);
    expect(inputs(page)).toEqual([[11_110]]);
    expect(page.data[0]?.results[0]).toMatchObject({ num_model_requests: 4 });
  });

  test('of a project has nothing of another’s (I5)', async () => {
    expect(inputs(await ask({ project_ids: [alpha.id] }))).toEqual([[110]]);
    expect(inputs(await ask({ project_ids: beta.id }))).toEqual([[1_000]]);
    expect(inputs(await ask({ project_ids: ['proj_nobody'] }))).toEqual([[]]);
  });

  test('counts a project once that is asked for twice (I3)', async () => {
    expect(inputs(await ask({ project_ids: [alpha.id, alpha.id] }))).toEqual([[110]]);
  });

  test.each([
    [{ models: ['gpt-5.5'] }, 100],
    [{ models: ['gpt-5.5', 'gpt-4o'] }, 11_110],
    [{ api_key_ids: 'key_b' }, 100],
    [{ user_ids: ['svc_b'] }, 1_000],
    [{ user_ids: ['svc_b'], models: ['gpt-5.5'] }, undefined],
    [{ batch: 'false' }, 11_110],
    [{ batch: 'true' }, undefined],
  ])('filtered by %j is %s', async (filter, expected) => {
    expect(inputs(await ask(filter))).toEqual([expected === undefined ? [] : [expected]]);
  });

  test('is grouped as asked', async () => {
    const page = await ask({ group_by: ['project_id', 'model'] });
    const results = page.data[0]?.results.map((result) => ({ ...result }));
    expect(results).toHaveLength(4);
    expect(results).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ project_id: alpha.id, model: 'gpt-5.5', input_tokens: 100, user_id: null }),
        expect.objectContaining({ project_id: beta.id, model: 'gpt-4o', input_tokens: 1_000, user_id: null }),
      ]),
    );
  });

  test('falls into the bucket of its second: the start is inclusive, the end is not', async () => {
    const page = await ask({ bucket_width: '1h', end_time: String(day + 7_200) });
    expect(inputs(page)).toEqual([[10], [11_100]]);
    expect(inputs(await ask({ end_time: String(day + 3_600) }))).toEqual([[10]]);
    expect(inputs(await ask({ end_time: String(day + 3_601) }))).toEqual([[1_110]]);
    expect(inputs(await ask({ start_time: String(day - 1), end_time: String(day) }))).toEqual([[1]]);
  });

  test('in pages is the same as at once', async () => {
    const span = { bucket_width: '1h', start_time: String(day - 3_600), end_time: String(day + 18_000) };
    const whole = await ask({ ...span, limit: '168' });
    const pieces: Page['data'][number][] = [];
    let page = await ask({ ...span, limit: '4' });
    pieces.push(...page.data);
    while (page.next_page !== null) {
      expect(page.has_more).toBe(true);
      page = await ask({ ...span, limit: '4', page: page.next_page });
      pieces.push(...page.data);
    }
    expect(page.has_more).toBe(false);
    expect(pieces).toEqual(whole.data);
    expect(pieces).toHaveLength(6);
  });

  test('ends with the last bucket exactly when there is no more of it', async () => {
    const span = { bucket_width: '1h', end_time: String(day + 7_200) };
    expect(await ask({ ...span, limit: '2' })).toMatchObject({ has_more: false, next_page: null });
    expect(await ask({ ...span, limit: '1' })).toMatchObject({ has_more: true, next_page: expect.any(String) });
  });

  test.each([
    ['1m', 60],
    ['1h', 24],
    ['1d', 7],
  ])('has as many buckets of %s as OpenAI gives where nothing is said: %d', async (bucket_width, usual) => {
    const page = await ask({ bucket_width, start_time: '0', project_ids: [beta.id] });
    expect(page.data).toHaveLength(usual);
  });

  test('of another kind is its own', async () => {
    const embeddings = await usagePage(deps(), 'embeddings', z.parse(otherUsageSchema, { start_time: String(day) }));
    expect(inputs(embeddings)).toEqual([[5_000]]);
  });
});

describe('a question that makes no sense is refused, with the parameter named', () => {
  test.each([
    ['limit', { bucket_width: '1d', limit: '32' }],
    ['limit', { bucket_width: '1h', limit: '169' }],
    ['end_time', { end_time: String(day) }],
    ['end_time', { start_time: String(day + 99_999) }],
    ['page', { page: 'tomorrow' }],
    ['page', { page: 'page_' }],
    ['page', { page: 'page_-1' }],
    ['page', { page: 'page_zzzzzzzzzzz' }],
  ])('%s: %j', async (param, query) => {
    await expect(ask(query)).rejects.toMatchObject({ why: 'invalid_request', param });
  });

  test.each([
    { start_time: undefined },
    { start_time: 'yesterday' },
    { start_time: '-1' },
    { limit: '0' },
    { bucket_width: '1w' },
    { group_by: ['tenant'] },
    { project_id: 'proj' },
    { models: Array.from({ length: 101 }, () => 'm') },
  ])('%j is not taken at all', (query) => {
    expect(completionsUsageSchema.safeParse({ start_time: String(day), ...query }).success).toBe(false);
  });

  test('a page beyond the end is empty', async () => {
    expect(await ask({ page: 'page_zzzzzzzzzz' })).toMatchObject({ data: [], has_more: false, next_page: null });
  });
});
