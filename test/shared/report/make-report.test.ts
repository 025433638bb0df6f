/** A report's figures against plain sums, and against the usage API's own. */
import fc from 'fast-check';
import { documentClient } from '../../../shared/dynamo/client.ts';
import { makeReport } from '../../../shared/report/make-report.ts';
import type { SettledAttempt, StoredAttempt } from '../../../shared/usage/attempt.ts';
import { dynamoUsageStore } from '../../../shared/usage/usage-store.ts';
import { keyCalled, november, projectCalled, reportOf } from '../../support/report-scene.ts';
import { anyRow, attempt, settled } from '../usage/attempts.ts';

const at = (text: string): number => Date.parse(text);
let ids = 0;
const row = (changes: Partial<SettledAttempt> = {}): SettledAttempt => ({
  ...attempt(),
  ...settled(),
  id: `att_${ids++}`,
  state: 'settled',
  ...changes,
});
const costOf = (rows: readonly StoredAttempt[]): number =>
  rows.reduce((sum, one) => sum + (one.state === 'settled' ? one.costMicroUsd : 0), 0);

describe('the figures', () => {
  const anyLedger = fc.array(
    fc
      .tuple(anyRow(at('2026-10-01'), at('2026-12-01')), fc.nat(1_000_000))
      .map(([one, cost]): StoredAttempt => (one.state === 'settled' ? { ...one, costMicroUsd: cost } : one)),
    { maxLength: 60 },
  );

  test('are the ledger’s, whichever way they are added up, and the API agrees to the micro-dollar', async () => {
    await fc.assert(
      fc.asyncProperty(anyLedger, async (rows) => {
        const report = await reportOf({ rows });
        const now = rows.filter(({ startedAtMs }) => startedAtMs >= november.fromMs);
        const sum = (lines: readonly { costMicroUsd: number }[]) =>
          lines.reduce((total, { costMicroUsd }) => total + costMicroUsd, 0);
        const { total, projects, keys, models, providers, trend } = report;
        expect([total, projects, keys, models, providers, trend].map((of) => sum([of].flat()))).toEqual(
          Array(6).fill(costOf(now)),
        );
        expect(total.requests).toBe(now.length);
        expect(report.outcomes.reduce((all, { requests }) => all + requests, 0)).toBe(now.length);
        expect(report.previousTotal.costMicroUsd).toBe(costOf(rows) - costOf(now));
        expect(report.check).toEqual({ compared: expect.any(Number), differences: [] });
      }),
      { numRuns: 60 },
    );
  });

  test('of a period without calls are nought, for every day of it', async () => {
    const report = await reportOf({});
    expect(report.total.requests).toBe(0);
    expect(report.trend).toHaveLength(30);
    expect([report.projects, report.keys, report.growth, report.outcomes]).toEqual([[], [], [], []]);
    expect(report.check.differences).toEqual([]);
  });

  test('are of the time from the first moment of the period up to the last before its end', async () => {
    const times = [november.fromMs - 1, november.fromMs, november.toMs - 1, november.toMs];
    const rows = times.map((startedAtMs, index) => row({ startedAtMs, costMicroUsd: 10 ** index }));
    const { total, previousTotal, trend, check } = await reportOf({ rows });
    expect([total.costMicroUsd, previousTotal.costMicroUsd]).toEqual([110, 1]);
    expect([trend.at(0)?.costMicroUsd, trend.at(-1)?.costMicroUsd]).toEqual([10, 100]);
    expect(check.differences).toEqual([]);
  });

  test('say what caching saved: the discount on cached tokens, where the price has one', async () => {
    const price = { input: 2_000_000, cachedInput: 500_000, output: 0 };
    const tokens = { inputTokens: 1_000, cachedInputTokens: 600 };
    const report = await reportOf({ rows: [row({ price, ...tokens }), row({ ...tokens })] });
    expect(report.total.savedMicroUsd).toBe(900);
  });

  test('tell failures from successes, and calls that have not ended from both', async () => {
    const rows: StoredAttempt[] = [
      row(),
      row({ outcome: 'timed_out' }),
      row({ outcome: 'cut' }),
      row({ outcome: 'cancelled' }),
      { ...attempt({ id: 'open' }), state: 'open' },
    ];
    const report = await reportOf({ rows });
    expect(report.total.failures).toBe(2);
    expect(report.outcomes).toEqual([
      { outcome: 'cancelled', requests: 1 },
      { outcome: 'cut', requests: 1 },
      { outcome: 'open', requests: 1 },
      { outcome: 'succeeded', requests: 1 },
      { outcome: 'timed_out', requests: 1 },
    ]);
  });

  test('count answers of the cache among the requests, as no failures and as no provider’s', async () => {
    const cached = row({ outcome: 'cached', provider: 'openai', inputTokens: 0, outputTokens: 0, costMicroUsd: 0 });
    const report = await reportOf({ rows: [row({ provider: 'openai' }), cached] });
    expect(report.total).toMatchObject({ requests: 2, failures: 0 });
    expect(report.providers.map(({ name, requests }) => [name, requests])).toEqual([
      ['openai', 1],
      ['(cache)', 1],
    ]);
  });
});

test('a difference from the API is told, and by how much', async () => {
  // Each time the ledger is read there is one call more.
  let reads = 0;
  const projects = [projectCalled('proj_a')];
  const report = await makeReport(
    {
      usage: {
        async *between() {
          reads += 1;
          for (let index = 0; index < reads; index += 1) yield row({ costMicroUsd: 7 });
        },
      },
      violations: { async *within() {} },
      projects: { list: async () => ({ items: projects, hasMore: false }) },
      keys: { list: async () => ({ items: [], hasMore: false }) },
      organization: { get: async () => ({ spendLimitMicroUsd: null }) },
      now: () => at('2026-12-01T01:00:00Z'),
    },
    november,
  );
  expect(report.check.differences).toContainEqual({ projectId: 'proj_a', figure: 'requests', report: 1, api: 2 });
  expect(report.check.differences).toContainEqual({ projectId: 'proj_a', figure: 'costMicroUsd', report: 7, api: 14 });
});

test('limits are held against the whole month, in a report of one of its days too', async () => {
  const period = { kind: 'daily', fromMs: at('2026-11-21'), toMs: at('2026-11-22') } as const;
  const on = (day: string, costMicroUsd: number) => row({ startedAtMs: at(`${day}T12:00:00Z`), costMicroUsd });
  const report = await reportOf({
    period,
    rows: [on('2026-10-31', 1), on('2026-11-01', 20), on('2026-11-21', 300), on('2026-11-22', 4_000)],
    projects: [
      projectCalled('proj_a', { spendLimitMicroUsd: 1_000 }),
      projectCalled('proj_old', { spendLimitMicroUsd: 1_000, archivedAt: 1 }),
    ],
    keys: [keyCalled('key_a', 'proj_a', { name: 'main', spendLimitMicroUsd: 320 }), keyCalled('key_b', 'proj_a')],
    organizationLimitMicroUsd: 6_400,
  });
  expect(report.total.costMicroUsd).toBe(300);
  expect(report.limits).toEqual([
    { scope: 'key', id: 'key_a', name: 'main, proj_a', spentMicroUsd: 320, limitMicroUsd: 320 },
    { scope: 'project', id: 'proj_a', name: 'proj_a', spentMicroUsd: 320, limitMicroUsd: 1_000 },
    { scope: 'organization', id: 'organization', name: 'Organization', spentMicroUsd: 320, limitMicroUsd: 6_400 },
  ]);
});

test('growth is what costs more than before, most first, ten at the most', async () => {
  const models = Array.from({ length: 12 }, (_, index) => `model-${index}`);
  const rows = models.flatMap((model, index) => [
    row({ model, startedAtMs: at('2026-10-10'), costMicroUsd: 1_000 }),
    row({ model, startedAtMs: at('2026-11-10'), costMicroUsd: 1_000 + (index - 3) * 10 }),
  ]);
  const { growth } = await reportOf({ rows });
  expect(growth).toHaveLength(10);
  const grown = growth.map(({ costMicroUsd, previousCostMicroUsd }) => costMicroUsd - previousCostMicroUsd);
  expect(grown).toEqual(grown.toSorted((a, b) => b - a));
  expect(Math.min(...grown)).toBeGreaterThan(0);
  const names = growth.filter(({ dimension }) => dimension === 'key').map(({ name }) => name);
  expect(names).toEqual(['key_a, proj_a']);
});

test('keys are called what their owners call them; one that is gone, by its id', async () => {
  const report = await reportOf({
    rows: [row({ apiKeyId: 'key_here', costMicroUsd: 2 }), row({ apiKeyId: 'key_gone', costMicroUsd: 1 })],
    projects: [projectCalled('proj_a', { name: 'search' })],
    keys: [
      ...Array.from({ length: 501 }, (_, index) => keyCalled(`key_${index}`, 'proj_a')),
      keyCalled('key_here', 'proj_a', { name: 'production' }),
    ],
  });
  expect(report.keys.map(({ name, projectName }) => [name, projectName])).toEqual([
    ['production', 'search'],
    ['key_gone', 'search'],
  ]);
});

test('without the ledger there is no report, rather than half of one (I12)', async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' });
  const making = makeReport(
    {
      usage: dynamoUsageStore(db, 'usage'),
      violations: { async *within() {} },
      projects: { list: async () => ({ items: [projectCalled('proj_a')], hasMore: false }) },
      keys: { list: async () => ({ items: [], hasMore: false }) },
      organization: { get: async () => ({ spendLimitMicroUsd: null }) },
      now: () => november.toMs,
    },
    november,
  );
  await expect(making).rejects.toMatchObject({ why: 'overloaded' });
});
