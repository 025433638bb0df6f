/** The page, the table and the summary: what is in them, and what can do no harm in them. */

import { cell, csvOf } from '../../../shared/report/csv.ts';
import { change, compact, exactUsd, share, usd } from '../../../shared/report/format.ts';
import { pageOf } from '../../../shared/report/page.ts';
import { summaryOf } from '../../../shared/report/publish-report.ts';
import type { SettledAttempt } from '../../../shared/usage/attempt.ts';
import { keyCalled, projectCalled, reportOf } from '../../support/report-scene.ts';
import { attempt, settled } from '../usage/attempts.ts';

const row = (changes: Partial<SettledAttempt> = {}): SettledAttempt => ({
  ...attempt(),
  ...settled(),
  state: 'settled',
  ...changes,
});

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'&<b>",
  '\u202egnp.exe',
  '</title><h1>',
];

test.each(hostile)('a name like %j is shown and not obeyed', async (name) => {
  const page = pageOf(
    await reportOf({
      rows: [row({ model: name, provider: name }), row({ model: `${name}2` })],
      projects: [projectCalled('proj_a', { name, spendLimitMicroUsd: 1 })],
      keys: [keyCalled('key_a', 'proj_a', { name, spendLimitMicroUsd: 5 })],
    }),
  );
  const own = pageOf(await reportOf({ rows: [row({ model: 'a', provider: 'b' }), row({ model: 'a2' })] }));
  for (const tag of ['<script', '<img', '<h1', '<b>', '</title']) {
    expect([tag, page.split(tag).length]).toEqual([tag, own.split(tag).length]);
  }
  expect(page).not.toMatch(/[\u202a-\u202e]/);
});

describe('batches', () => {
  const rows = [row({ costMicroUsd: 3_000_000 }), row({ batch: true, costMicroUsd: 1_000_000 })];

  test('stand beside live calls: on the page, in the table and in the JSON', async () => {
    const report = await reportOf({ rows });
    expect(report.modes.map(({ id, name, costMicroUsd }) => [id, name, costMicroUsd])).toEqual([
      ['live', 'Live calls', 3_000_000],
      ['batch', 'Batches', 1_000_000],
    ]);
    expect(pageOf(report)).toContain('Live calls and batches');
    expect(csvOf(report)).toContain('"mode","batch","Batches","",1,0,100,40,10,20,1.000000,0.000000,');
  });

  test('are not spoken of where there are none', async () => {
    const report = await reportOf({ rows: [row()] });
    expect(report.modes).toEqual([]);
    expect(pageOf(report)).not.toContain('atches');
    expect(csvOf(report)).not.toContain('"mode"');
  });
});

test('the page loads nothing and runs nothing', async () => {
  const page = pageOf(await reportOf({ rows: [row()] }));
  expect(page).not.toMatch(
    /<(script|link|img|iframe|object|form)\b|\bsrc=|url\(|@import|https?:(?!\/\/www\.w3\.org\/2000\/svg)/i,
  );
});

test('every chart says in words what it shows, and has its table; every table says what it is of', async () => {
  const page = pageOf(await reportOf({ rows: [row(), row({ model: 'house' })] }));
  const charts = page.match(/<svg [^>]*>/g) ?? [];
  expect(charts).toHaveLength(2);
  for (const chart of charts) expect(chart).toMatch(/role="img" aria-label="Spend by [^"]{10,}"/);
  expect(
    page
      .split('<svg')
      .slice(1)
      .every((after) => after.includes('<table')),
  ).toBe(true);
  expect(page.match(/<table/g)?.length).toBe(page.match(/<caption/g)?.length);
  expect(page).toContain('<th class="m l" scope="col"');
});

test('a period without calls says so, and shows neither charts nor infinities', async () => {
  const report = await reportOf({ organizationLimitMicroUsd: 0 });
  expect(pageOf(report)).toContain('No calls were made in this time.');
  expect(pageOf(report)).not.toMatch(/NaN|Infinity|undefined|<svg/);
  expect(summaryOf(report)).not.toMatch(/NaN|Infinity|undefined/);
  expect(csvOf(report).split('\r\n')[1]).toMatch(/^"total","","Total","",0,0,0,0,0,0,0\.000000,0\.000000,0\.000000$/);
});

test('of 10,000 keys the page has the 50 dearest and what the others come to, and the CSV has all', async () => {
  const rows = Array.from({ length: 10_000 }, (_, index) =>
    row({ id: `att_${index}`, apiKeyId: `key_${index}`, costMicroUsd: 10_000_000 - index * 100 }),
  );
  const report = await reportOf({ rows });
  const page = pageOf(report);
  expect(page).toContain('>key_49<');
  expect(page).not.toContain('>key_50<');
  const others = rows.slice(50).reduce((sum, { costMicroUsd }) => sum + costMicroUsd, 0);
  expect(page).toContain('9,950 other keys');
  expect(page).toContain(usd(others));
  expect(page.length).toBeLessThan(150_000);
  expect(csvOf(report).match(/^"key",/gm)).toHaveLength(10_000);
});

test('the page says that the figures agree, or what differs', async () => {
  const report = await reportOf({ rows: [row()] });
  expect(pageOf(report)).toContain('✓ These figures agree');
  const difference = { projectId: 'proj_a', figure: 'costMicroUsd', report: 1_500_001, api: 1_500_000 } as const;
  const wrong = { ...report, check: { compared: 10, differences: [difference] } };
  expect(pageOf(wrong)).toContain('✗ 1 of 10 sums differ');
  expect(pageOf(wrong)).toContain('$0.000001');
  expect(summaryOf(wrong)).toContain('1 sums differ');
});

test('the summary names what it costs, the dearest projects and the limits that are reached, a line each', async () => {
  const report = await reportOf({
    rows: [row({ costMicroUsd: 1_234_567_890 })],
    projects: [projectCalled('proj_a', { name: 'sea\nrch', spendLimitMicroUsd: 1_000_000_000 })],
  });
  const lines = summaryOf(report).split('\n');
  expect(lines).toContain('Spend   $1,234.57');
  expect(lines).toContain('     $1,234.57  sea rch');
  expect(lines).toContain('Limit reached: sea rch, $1,000.00');
});

test.each([
  ['plain', '"plain"'],
  ['say "hi", twice\n', '"say ""hi"", twice\n"'],
  ['=1+1', `"'=1+1"`],
  ['+1', `"'+1"`],
  ['-1', `"'-1"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['  =1', `"'  =1"`],
  ['"=1', `"'""=1"`],
  ['＝1', `"'＝1"`],
  ['a=1', '"a=1"'],
])('in the CSV %j is %j, which no spreadsheet takes for a formula', (text, written) => {
  expect(cell(text)).toBe(written);
});

test.each([
  [usd(0), '$0.00'],
  [usd(1), '<$0.01'],
  [usd(5_000), '$0.01'],
  [usd(1_234_567_890_000), '$1,234,567.89'],
  [exactUsd(1), '0.000001'],
  [exactUsd(1_000_000), '1.000000'],
  [exactUsd(-1_500_000), '-1.500000'],
  [exactUsd(9_007_199_254_740_991), '9007199254.740991'],
  [compact(9_999), '9,999'],
  [compact(1_234_567), '1.23M'],
  [change(0, 0), ''],
  [change(5, 0), 'new'],
  [change(112, 100), '+12 %'],
  [change(0, 100), '−100 %'],
  [change(100, 100), '±0 %'],
  [change(2_500, 100), '×25.0'],
  [share(0, 0), ''],
  [share(1, 1_000), '<1 %'],
  [share(1, 3), '33 %'],
])('%s is written as %s', (written, expected) => {
  expect(written).toBe(expected);
});
