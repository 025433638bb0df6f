/** Every line of a report as CSV (RFC 4180), money in dollars to the last of six places. */
import type { Totals } from './aggregate.ts';
import { exactUsd } from './format.ts';
import type { Report } from './report.ts';

const header = [
  'dimension',
  'id',
  'name',
  'project_id',
  'calls',
  'failures',
  'input_tokens',
  'cached_input_tokens',
  'cache_write_tokens',
  'output_tokens',
  'cost_usd',
  'previous_cost_usd',
  'saved_by_caching_usd',
];

/** A spreadsheet takes what begins like this for a formula. https://owasp.org/www-community/attacks/CSV_Injection */
const looksLikeFormula = /^[\s"']*[=+\-@\t\r\n|%＝＋－＠]/;

export function cell(text: string): string {
  const harmless = looksLikeFormula.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

type CsvLine = Readonly<Totals> & {
  readonly id: string;
  readonly name: string;
  readonly projectId?: string;
  readonly previousCostMicroUsd: number | null;
};

const row = (dimension: string, line: CsvLine): string =>
  [
    cell(dimension),
    cell(line.id),
    cell(line.name),
    cell(line.projectId ?? ''),
    line.requests,
    line.failures,
    line.input,
    line.cachedInput,
    line.cacheWrite,
    line.output,
    exactUsd(line.costMicroUsd),
    line.previousCostMicroUsd === null ? '' : exactUsd(line.previousCostMicroUsd),
    exactUsd(line.savedMicroUsd),
  ].join(',');

export function csvOf(report: Report): string {
  const total = { id: '', name: 'Total', ...report.total, previousCostMicroUsd: report.previousTotal.costMicroUsd };
  const steps = report.trend.map(({ startMs, ...step }) => {
    const at = new Date(startMs).toISOString();
    return row(report.unit, { id: at, name: at, ...step, previousCostMicroUsd: null });
  });
  return [
    header.join(','),
    row('total', total),
    ...steps,
    ...report.projects.map((line) => row('project', line)),
    ...report.keys.map((line) => row('key', line)),
    ...report.models.map((line) => row('model', line)),
    ...report.providers.map((line) => row('provider', line)),
    ...report.modes.map((line) => row('mode', line)),
    '',
  ].join('\r\n');
}
