/** The part of the page that says what guardrails found. Names and numbers: no text of anybody's is in it (I6). */
import { inCounts, trendChart } from './chart.ts';
import { change, count, share } from './format.ts';
import { type Html, html } from './html.ts';
import type { Report } from './report.ts';
import type { CategoryLine, Safety, SafetyLine } from './safety.ts';
import { section } from './sections.ts';
import { axisName, tableName } from './slot-names.ts';
import { table } from './table.ts';

const mostLines = 50;
const mostNamed = 5;

const changeOf = (now: number, before: number | null): string => (before === null ? '' : change(now, before));

/** A project, and below it what was found most. */
function projectName({ name, categories, truncated }: SafetyLine): Html {
  const found = Object.entries(categories);
  const most = found.slice(0, mostNamed).map(([category, times]) => `${category} ${count(times)}`);
  const rest = found.length > mostNamed ? [`${found.length - mostNamed} more`] : [];
  const note = truncated ? '; the newest only, there are more' : '';
  return html`${name}<br><span class="m" style="font-size:12px;color:#667085">${[...most, ...rest].join(', ')}${note}</span>`;
}

/** `Guardrails found 12 violations (+20 % on the period before), and blocked 3 of them (25 %).` */
function summary({ violations, previousViolations, blocked }: Safety): string {
  const changed = changeOf(violations, previousViolations);
  const compared = changed === 'new' ? ' (none in the period before)' : changed && ` (${changed} on the period before)`;
  if (violations === 0) return `Guardrails found nothing${compared}.`;
  const found = `${count(violations)} ${violations === 1 ? 'violation' : 'violations'}`;
  return `Guardrails found ${found}${compared}, and blocked ${count(blocked)} (${share(blocked, violations)}).`;
}

export function safetySection({ safety, unit }: Report): Html | null {
  const { violations, trend, projects, categories } = safety;
  if (projects.length === 0) return null;
  const bars = trend.map((step) => ({ name: axisName(unit, step.startMs), amount: step.violations }));
  const worst = trend.reduce((most, step) => (step.violations > most.violations ? step : most));
  const alt = `Violations by ${unit}: ${count(violations)} in all, most of them on ${tableName(unit, worst.startMs)} with ${count(worst.violations)}.`;
  return section(
    'Safety',
    html`<p style="margin:0 0 10px;font-size:14px">${summary(safety)}</p>`,
    violations > 0 ? html`<div style="margin:0 0 14px">${trendChart(alt, bars, [], inCounts)}</div>` : null,
    table<SafetyLine>(
      'Violations by project, with what was found most, in requests and in answers',
      [
        { title: 'Project', cell: projectName },
        { title: 'Requests', number: true, wide: true, cell: ({ stages }) => count(stages['input'] ?? 0) },
        { title: 'Answers', number: true, wide: true, cell: ({ stages }) => count(stages['output'] ?? 0) },
        { title: 'Blocked', number: true, cell: ({ actions }) => count(actions['blocked'] ?? 0) },
        { title: 'Violations', number: true, cell: (line) => count(line.violations) },
        { title: 'Change', number: true, cell: (line) => changeOf(line.violations, line.previousViolations) },
      ],
      projects.slice(0, mostLines),
    ),
    categories.length > 0
      ? html`<div style="margin:18px 0 0">${table<CategoryLine>(
          'Violations by category, of which one may have several',
          [
            { title: 'Category', cell: ({ category }) => category },
            { title: 'Requests', number: true, cell: ({ input }) => count(input) },
            { title: 'Answers', number: true, cell: ({ output }) => count(output) },
          ],
          categories.slice(0, mostLines),
          [],
          { dense: true },
        )}</div>`
      : null,
  );
}
