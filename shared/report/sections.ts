/** The parts of the page that say where the money went. Each chart has its table, which is what remains of it in a mail client. */
import type { Totals } from './aggregate.ts';
import { noTotals } from './aggregate.ts';
import { shareChart, trendChart } from './chart.ts';
import { change, compact, count, share, usd } from './format.ts';
import { type Html, html } from './html.ts';
import { nameOf } from './period.ts';
import type { KeyLine, Line, Report, Step } from './report.ts';
import { axisName, tableName } from './slot-names.ts';
import { type Column, table } from './table.ts';

export const section = (title: string, ...content: readonly (Html | null)[]): Html =>
  html`<section style="margin:32px 0 0"><h2 style="margin:0 0 10px;font-size:18px;font-weight:600">${title}</h2>${content.flatMap((one) => one ?? [])}</section>`;

/** As many lines as fit into a mail; the CSV has them all. */
const mostLines = 50;
const mostBars = 8;

type Sized = Readonly<Totals> & { readonly name: string; readonly previousCostMicroUsd: number };

function added(name: string, lines: readonly Sized[]): Sized {
  const sum = { ...noTotals(), previousCostMicroUsd: 0 };
  for (const line of lines) {
    for (const field of Object.keys(sum) as (keyof typeof sum)[]) sum[field] += line[field];
  }
  return { ...sum, name };
}

/** The first lines and, in one more, what the rest comes to. */
function shown<One extends Sized>(lines: readonly One[], plural: string): readonly Sized[] {
  if (lines.length <= mostLines) return lines;
  const rest = lines.slice(mostLines);
  return [...lines.slice(0, mostLines), added(`${count(rest.length)} other ${plural}`, rest)];
}

const columns = (title: string, all: number, name: Column<Sized>['cell'] = (line) => line.name): Column<Sized>[] => [
  { title, cell: name },
  { title: 'Calls', number: true, wide: true, cell: (line) => compact(line.requests) },
  { title: 'Tokens', number: true, wide: true, cell: (line) => compact(line.input + line.output) },
  { title: 'Spend', number: true, cell: (line) => usd(line.costMicroUsd) },
  { title: 'Share', number: true, wide: true, cell: (line) => share(line.costMicroUsd, all) },
  { title: 'Change', number: true, cell: (line) => change(line.costMicroUsd, line.previousCostMicroUsd) },
];

const totalLine = ({ total, previousTotal }: Report): Sized => ({
  ...total,
  name: 'Total',
  previousCostMicroUsd: previousTotal.costMicroUsd,
});

export function trendSection(report: Report): Html {
  const { unit, trend, previousTrend, previous, total } = report;
  const bars = trend.map(({ startMs, costMicroUsd }) => ({ name: axisName(unit, startMs), amount: costMicroUsd }));
  const before = previousTrend.map(({ costMicroUsd }) => costMicroUsd);
  const dearest = trend.reduce((best, step) => (step.costMicroUsd > best.costMicroUsd ? step : best));
  const alt = `Spend by ${unit}: ${usd(total.costMicroUsd)} in all, most of it on ${tableName(unit, dearest.startMs)} with ${usd(dearest.costMicroUsd)}.`;
  const stepColumns: Column<Step>[] = [
    {
      title: unit === 'hour' ? 'Hour' : unit === 'day' ? 'Day' : 'Month',
      cell: (step) => tableName(unit, step.startMs),
    },
    { title: 'Calls', number: true, cell: (step) => count(step.requests) },
    { title: 'Tokens', number: true, wide: true, cell: (step) => compact(step.input + step.output) },
    { title: 'Spend', number: true, cell: (step) => usd(step.costMicroUsd) },
  ];
  const legend = html`<p class="m" style="margin:4px 0 14px;font-size:13px;color:#667085">Bars: this period. Line: ${nameOf(previous)}, step by step.</p>`;
  return section(
    `Spend by ${unit}`,
    trendChart(alt, bars, before),
    legend,
    table(`Calls, tokens and spend by ${unit}`, stepColumns, trend, [], { dense: true }),
  );
}

export const projectsSection = (report: Report): Html =>
  section(
    'Projects',
    table('Spend by project', columns('Project', report.total.costMicroUsd), shown(report.projects, 'projects'), [
      totalLine(report),
    ]),
  );

export function modelsSection(report: Report): Html {
  const dearest = report.models.slice(0, mostBars);
  const bars = dearest.map(({ name, costMicroUsd }) => ({ name, amount: costMicroUsd }));
  const [first] = dearest;
  const alt = `Spend by model: most of it on ${first?.name ?? 'none'}, ${usd(first?.costMicroUsd ?? 0)}.`;
  return section(
    'Models',
    bars.length > 1 ? html`<div style="margin:0 0 14px">${shareChart(alt, bars)}</div>` : null,
    table('Spend by model', columns('Model', report.total.costMicroUsd), shown(report.models, 'models')),
  );
}

/** Failures are a provider's as much as its price is. */
export const providersSection = (report: Report): Html =>
  section(
    'Providers',
    table<Line>(
      'Spend and failures by provider',
      [
        { title: 'Provider', cell: (line) => line.name },
        { title: 'Calls', number: true, cell: (line) => count(line.requests) },
        { title: 'Not succeeded', number: true, wide: true, cell: (line) => count(line.failures) },
        { title: 'Spend', number: true, cell: (line) => usd(line.costMicroUsd) },
        { title: 'Change', number: true, cell: (line) => change(line.costMicroUsd, line.previousCostMicroUsd) },
      ],
      report.providers,
    ),
  );

/** Null for those who make no batches. */
export const modesSection = (report: Report): Html | null =>
  report.modes.length === 0
    ? null
    : section(
        'Live calls and batches',
        table('Spend live and in batches', columns('How', report.total.costMicroUsd), report.modes),
      );

const isKey = (line: Sized): line is KeyLine => 'projectName' in line;

export function keysSection(report: Report): Html {
  const name = (line: Sized): Html =>
    isKey(line)
      ? html`${line.name}<br><span class="m" style="font-size:12px;color:#667085">${line.projectName}</span>`
      : html`${line.name}`;
  return section(
    'API keys',
    table(
      'Spend by key, with its project',
      columns('Key', report.total.costMicroUsd, name),
      shown(report.keys, 'keys'),
    ),
  );
}
