/** The scheduled report, from real calls to the files and the notification. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Report } from '../../shared/report/report.ts';
import { dynamoViolationStore } from '../../shared/violations/violation-store.ts';
import { type Keyholder, keyholders, midnight, usageScene, use } from '../support/usage-scene.ts';
import { violationAt } from '../support/violations.ts';

const here = usageScene();
const day = 86_400;

let holder: Keyholder;
beforeAll(async () => {
  [holder] = (await keyholders(here())) as [Keyholder, ...Keyholder[]];
  await use(here(), holder, midnight - 1, [1_000, 100]);
  await use(here(), holder, midnight, [1_000, 500, 400]);
  await use(here(), holder, midnight + day - 0.001, [3_001, 7], 'second-model');
  await use(here(), holder, midnight + day, [50_000, 5]);
});

const folder = (): string => here().gateway.live.env.reports.folder ?? '';
const file = (key: string): string => readFileSync(join(folder(), key), 'utf8');
const notifications = (): { subject: string; message: string; attributes: object }[] => {
  const path = here().gateway.live.env.notifications.file ?? '';
  const lines = existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  return lines.map((line) => JSON.parse(line));
};
const runAt = async (seconds: number, schedule: 'usage-report-daily' | 'usage-report-monthly') => {
  here().gateway.clock.nowMs = seconds * 1000;
  await here().gateway.runSchedule(schedule);
};

test('the day after, it has what was used between two midnights, and the ledger’s and the API’s cost of it', async () => {
  await runAt(midnight + day + 1_800, 'usage-report-daily');
  const report: Report = JSON.parse(file('usage/daily/2026-11-20.json'));
  expect(report.total).toMatchObject({ requests: 2, input: 4_001, cachedInput: 400, output: 507 });
  // $1 and $0.25 and $4 a million; $1 and $1.
  expect(report.total.costMicroUsd).toBe(600 + 100 + 2_000 + 3_008);
  expect(report.total.savedMicroUsd).toBe(300);
  expect(report.previousTotal.requests).toBe(1);
  expect(report.check).toEqual({ compared: expect.any(Number), differences: [] });

  const { data } = await here()
    .gateway.admin()
    .admin.organization.usage.costs({ start_time: midnight, end_time: midnight + day });
  expect(data[0]?.results[0]).toMatchObject({ amount: { value: report.total.costMicroUsd / 1e6 } });
  here().gateway.clock.nowMs = midnight * 1000;
  const rows = await here().ledger(holder.project_id);
  const ofTheDay = rows.filter(
    ({ startedAtMs }) => startedAtMs >= midnight * 1000 && startedAtMs < (midnight + day) * 1000,
  );
  expect(ofTheDay.reduce((sum, row) => sum + (row.state === 'settled' ? row.costMicroUsd : 0), 0)).toBe(
    report.total.costMicroUsd,
  );
});

test('whoever has subscribed gets a summary, and a link to the page', async () => {
  await runAt(midnight + day + 1_800, 'usage-report-daily');
  const last = notifications().at(-1);
  expect(last).toMatchObject({
    subject: 'Sluice usage, 20 November 2026: $0.01',
    attributes: { kind: 'usage-report', period: 'daily' },
  });
  expect(last?.message).toContain('the figures agree');
  const [link = ''] = /file:\S+\.html/.exec(last?.message ?? '') ?? [];
  expect(readFileSync(new URL(link), 'utf8')).toContain('20 November 2026');
});

test('on the first of a month it is about the whole month before', async () => {
  await runAt(Date.parse('2026-12-01T01:00:00Z') / 1000, 'usage-report-monthly');
  const report: Report = JSON.parse(file('usage/monthly/2026-11.json'));
  expect(report.total.requests).toBe(4);
  expect(report.trend).toHaveLength(30);
  expect(report.check.differences).toEqual([]);
  expect(file('usage/monthly/2026-11.csv')).toContain(`"key","${holder.api_key_id}"`);
});

test('made again, it is the same report in the same place', async () => {
  await runAt(midnight + day + 1_800, 'usage-report-daily');
  const first = file('usage/daily/2026-11-20.html');
  await runAt(midnight + day + 1_800, 'usage-report-daily');
  expect(file('usage/daily/2026-11-20.html')).toBe(first);
});

test('what guardrails found between the two midnights is in it', async () => {
  const { db, names } = here().database;
  const store = dynamoViolationStore(db, names.violations);
  const { project_id: projectId } = holder;
  for (const at of [midnight - 1, midnight, midnight + day - 1, midnight + day])
    await store.append(violationAt(at * 1000, { text: 'canary-of-the-violation' }, { projectId, logContent: true }));
  await runAt(midnight + day + 1_800, 'usage-report-daily');
  const report: Report = JSON.parse(file('usage/daily/2026-11-20.json'));
  expect(report.safety).toMatchObject({
    violations: 2,
    previousViolations: 1,
    projects: [{ id: projectId, violations: 2, stages: { input: 2 }, categories: { violence: 2 } }],
  });
  expect(file('usage/daily/2026-11-20.html')).toContain('Guardrails found 2 violations');
  expect(file('usage/daily/2026-11-20.html') + JSON.stringify(report)).not.toContain('canary-of-the-violation');
});

test('neither prompts nor keys are in it (I6)', async () => {
  await runAt(midnight + day + 1_800, 'usage-report-daily');
  const all = ['html', 'csv', 'json'].map((type) => file(`usage/daily/2026-11-20.${type}`)).join('\n');
  expect(all).not.toMatch(/sk-sluice-|1000,500,400/);
});
