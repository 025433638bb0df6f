/** A report's three files, and the word to whoever has asked to hear of it. */
import type { Notify } from '../notifications/notify.ts';
import { csvOf } from './csv.ts';
import { change, count, usd } from './format.ts';
import { pageOf } from './page.ts';
import { keyOf, nameOf } from './period.ts';
import type { Report } from './report.ts';
import type { ReportFiles } from './report-files.ts';

export type PublishDeps = { readonly files: ReportFiles; readonly notify: Notify };

/** Returns the links. Twice is as good as once, but for the second notification. */
export async function publishReport({ files, notify }: PublishDeps, report: Report): Promise<readonly string[]> {
  const key = keyOf(report.period);
  const made = [
    { key: `${key}.html`, contentType: 'text/html; charset=utf-8', content: pageOf(report) },
    { key: `${key}.csv`, contentType: 'text/csv; charset=utf-8', content: csvOf(report) },
    { key: `${key}.json`, contentType: 'application/json', content: JSON.stringify(report) },
  ];
  // All of them before anyone is told.
  await Promise.all(made.map((file) => files.put(file)));
  const links = made.map((file) => files.link(file.key));
  await notify.publish({
    subject: `Sluice usage, ${nameOf(report.period)}: ${usd(report.total.costMicroUsd)}`,
    message: `${summaryOf(report)}\n\n${links.join('\n')}\n`,
    attributes: { kind: 'usage-report', period: report.period.kind },
  });
  return links;
}

/** Plain text, for mails and telephones. */
export function summaryOf(report: Report): string {
  const { total, previousTotal, projects, limits, safety, check, period, previous } = report;
  const changed = change(total.costMicroUsd, previousTotal.costMicroUsd);
  const compared = changed === '' || changed === 'new' ? '' : ` (${changed} on ${nameOf(previous)})`;
  const full = limits.filter(({ spentMicroUsd, limitMicroUsd }) => spentMicroUsd >= limitMicroUsd);
  return [
    `Usage, ${nameOf(period)}`,
    '',
    `Spend   ${usd(total.costMicroUsd)}${compared}`,
    `Calls   ${count(total.requests)}, of which ${count(total.failures)} did not succeed`,
    `Tokens  ${count(total.input)} in (${count(total.cachedInput)} cached), ${count(total.output)} out`,
    ...(safety.violations > 0
      ? [`Safety  ${count(safety.violations)} violations, ${count(safety.blocked)} of them blocked`]
      : []),
    '',
    ...projects.slice(0, 5).map(({ name, costMicroUsd }) => `  ${usd(costMicroUsd).padStart(12)}  ${oneLine(name)}`),
    ...(projects.length > 5 ? [`  and ${count(projects.length - 5)} more projects`] : []),
    ...full.map(({ name, limitMicroUsd }) => `Limit reached: ${oneLine(name)}, ${usd(limitMicroUsd)}`),
    '',
    check.differences.length === 0
      ? 'Checked against the usage and costs API: the figures agree.'
      : `Checked against the usage and costs API: ${count(check.differences.length)} sums differ; the page lists them.`,
  ].join('\n');
}

/** A name is one line here, whatever is in it. */
const oneLine = (name: string): string => name.replace(/[\s\p{Cc}]+/gu, ' ').slice(0, 80);
