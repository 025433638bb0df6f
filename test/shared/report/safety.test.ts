/** What the usage report says of what guardrails found. */
import { documentClient } from '../../../shared/dynamo/client.ts';
import { pageOf } from '../../../shared/report/page.ts';
import { periodBetween, yesterday } from '../../../shared/report/period.ts';
import { summaryOf } from '../../../shared/report/publish-report.ts';
import { mostCounted, safetyOf } from '../../../shared/report/safety.ts';
import type { SafetyFinding } from '../../../shared/safety/finding.ts';
import type { Violation } from '../../../shared/violations/violation.ts';
import { dynamoViolationStore } from '../../../shared/violations/violation-store.ts';
import { projectCalled, reportOf } from '../../support/report-scene.ts';
import { violationAt } from '../../support/violations.ts';

const nowMs = Date.parse('2026-12-01T01:00:00Z');
const on = (time: string, found: Partial<SafetyFinding> = {}, projectId = 'proj_a'): Violation =>
  violationAt(Date.parse(time), found, { projectId });
const output = { stage: 'output', action: 'flagged' } as const;

test('violations are counted by project, category and stage, beside those of the period before', async () => {
  const violations = [
    on('2026-11-01T00:00:00.000Z', { categories: ['hate', 'violence'] }),
    on('2026-11-30T23:59:59.999Z', { ...output, categories: ['hate'] }),
    on('2026-11-02T12:00:00Z', { guardrail: 'injection', categories: ['prompt_injection'] }, 'proj_b'),
    on('2026-10-31T23:59:59.999Z'),
    on('2026-10-01T00:00:00Z'),
    on('2026-10-05T00:00:00Z', {}, 'proj_c'),
    // Neither the one nor the other.
    on('2026-09-30T23:59:59.999Z'),
    on('2026-12-01T00:00:00.000Z'),
  ];
  const projects = ['proj_a', 'proj_b', 'proj_c', 'proj_d'].map((id) => projectCalled(id));
  const { safety } = await reportOf({ violations, projects });
  const { trend, ...rest } = safety;
  expect(rest).toEqual({
    violations: 3,
    previousViolations: 3,
    blocked: 2,
    projects: [
      {
        id: 'proj_a',
        name: 'proj_a',
        violations: 2,
        previousViolations: 2,
        categories: { hate: 2, violence: 1 },
        stages: { input: 1, output: 1 },
        actions: { blocked: 1, flagged: 1 },
        truncated: false,
      },
      expect.objectContaining({
        id: 'proj_b',
        violations: 1,
        previousViolations: 0,
        categories: { prompt_injection: 1 },
      }),
      expect.objectContaining({ id: 'proj_c', violations: 0, previousViolations: 1, categories: {} }),
    ],
    categories: [
      { category: 'hate', input: 1, output: 1 },
      { category: 'prompt_injection', input: 1, output: 0 },
      { category: 'violence', input: 1, output: 0 },
    ],
  });
  expect(trend).toHaveLength(30);
  expect([trend[0], trend[1], trend[2], trend[29]].map((step) => step?.violations)).toEqual([1, 1, 0, 1]);
});

test('what was so long ago that it is not kept is not called nothing', async () => {
  const period = periodBetween(Date.parse('2026-10-01'), Date.parse('2026-11-01'));
  const { safety } = await reportOf({ violations: [on('2026-10-02T00:00:00Z')], period });
  expect(safety).toMatchObject({ violations: 1, previousViolations: null, projects: [{ previousViolations: null }] });
});

test('of more than are counted the newest are, and the page says so', async () => {
  const [one, id] = [on('2026-11-30T12:00:00Z'), on('2026-11-30T12:00:00Z').id];
  const violations = {
    async *within() {
      for (let index = 0; index <= mostCounted; index++) yield { ...one, id };
    },
  };
  const period = yesterday(nowMs);
  const span = { period, previous: period, unit: 'hour' } as const;
  const safety = await safetyOf({ violations, now: () => nowMs }, [projectCalled('proj_a')], span);
  expect(safety.projects).toMatchObject([{ violations: mostCounted, previousViolations: null, truncated: true }]);
  expect(safety.previousViolations).toBeNull();
  const report = { ...(await reportOf({})), safety };
  expect(pageOf(report)).toContain('the newest only, there are more');
});

describe('the page', () => {
  const sectionOf = (page: string) => page.split('>Safety</h2>')[1]?.split('</section>')[0] ?? '';

  test('has a section of it, whether or not calls were made', async () => {
    const violations = [on('2026-11-02T12:00:00Z'), on('2026-11-03T12:00:00Z', { ...output, categories: ['hate'] })];
    const section = sectionOf(pageOf(await reportOf({ violations })));
    expect(section).toContain('Guardrails found 2 violations (none in the period before), and blocked 1 (50 %).');
    expect(section).toMatch(/aria-label="Violations by day: 2 in all, most of them on Mon,? 2 Nov with 1\."/);
    expect(section).toContain('hate 1, violence 1');
    expect(section).not.toMatch(/NaN|undefined|null|\$/);
  });

  test('says so where nothing was found any more', async () => {
    const page = pageOf(await reportOf({ violations: [on('2026-10-02T12:00:00Z')] }));
    expect(sectionOf(page)).toContain('Guardrails found nothing (−100 % on the period before).');
    expect(sectionOf(page)).not.toMatch(/<svg|NaN/);
  });

  test('has none where nothing was ever found', async () => {
    expect(pageOf(await reportOf({}))).not.toContain('>Safety</h2>');
  });

  test('shows a name and a category, and obeys neither', async () => {
    const hostile = '<script>alert(1)</script>';
    const page = pageOf(
      await reportOf({
        violations: [on('2026-11-02T12:00:00Z', { categories: [hostile] })],
        projects: [projectCalled('proj_a', { name: hostile })],
      }),
    );
    expect(page).not.toContain('<script');
    expect(sectionOf(page).match(/&lt;script&gt;/g)).toHaveLength(3);
  });

  test('has nothing of the text, and neither has anything else of the report (I6)', async () => {
    const text = 'canary-of-the-report';
    const violation = violationAt(Date.parse('2026-11-02'), { text }, { logContent: true });
    const report = await reportOf({ violations: [violation] });
    expect(JSON.stringify(report) + pageOf(report) + summaryOf(report)).not.toContain(text);
  });
});

test('the summary has a line of it where there is something to say', async () => {
  const violations = [on('2026-11-02T12:00:00Z'), on('2026-11-03T12:00:00Z', output)];
  expect(summaryOf(await reportOf({ violations }))).toContain('\nSafety  2 violations, 1 of them blocked\n');
  expect(summaryOf(await reportOf({}))).not.toContain('Safety');
});

test('without the table of violations there is no report, rather than half of one (I12)', async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' });
  const deps = { violations: dynamoViolationStore(db, 'violations'), now: () => nowMs };
  const period = yesterday(nowMs);
  const making = safetyOf(deps, [projectCalled('proj_a')], { period, previous: period, unit: 'hour' });
  await expect(making).rejects.toMatchObject({ why: 'overloaded' });
});
