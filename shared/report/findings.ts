/** The parts of the page that someone may have to act on: limits, growth, failures, and whether the figures can be trusted. */

import type { Outcome } from '../usage/attempt.ts';
import type { Difference } from './check.ts';
import { change, compact, count, exactUsd, share, usd } from './format.ts';
import { type Html, html } from './html.ts';
import type { Growth, Limit, Report } from './report.ts';
import { section } from './sections.ts';
import { table } from './table.ts';

const monthName = new Intl.DateTimeFormat('en-GB', { month: 'long', year: 'numeric', timeZone: 'UTC' });
const mostLines = 50;

const figureNames: Readonly<Record<Difference['figure'], string>> = {
  requests: 'calls',
  input: 'input tokens',
  cachedInput: 'cached input tokens',
  output: 'output tokens',
  costMicroUsd: 'spend',
};

/** A few words where all is well, and every difference where it is not. */
export function agreement({ check: { compared, differences } }: Report): Html {
  if (differences.length === 0) {
    return html`<p class="ok" style="margin:0;font-size:14px;color:#1a7f4b">✓ These figures agree with the usage and costs API to the last token and micro-dollar (${count(compared)} sums compared).</p>`;
  }
  const written = (figure: Difference['figure'], amount: number) =>
    figure === 'costMicroUsd' ? `$${exactUsd(amount)}` : count(amount);
  return html`<div><p class="bad" style="margin:0 0 10px;font-size:14px;color:#b42318">✗ ${count(differences.length)} of ${count(compared)} sums differ from what the usage and costs API say. Calls that ended while this report was made are one reason.</p>${table(
    'Differences from the API',
    [
      { title: 'Project', cell: (line) => line.projectId },
      { title: 'Of', cell: ({ figure }) => figureNames[figure] },
      { title: 'Report', number: true, cell: ({ figure, report }) => written(figure, report) },
      { title: 'API', number: true, cell: ({ figure, api }) => written(figure, api) },
      { title: 'Report − API', number: true, cell: ({ figure, report, api }) => written(figure, report - api) },
    ],
    differences.slice(0, mostLines),
  )}</div>`;
}

export function limitsSection({ limits, period }: Report): Html | null {
  const month = monthName.format(period.toMs - 1);
  if (limits.length === 0) return null;
  const isOver = ({ spentMicroUsd, limitMicroUsd }: Limit) => spentMicroUsd >= limitMicroUsd;
  const used = (limit: Limit): Html => {
    const text = share(limit.spentMicroUsd, limit.limitMicroUsd) || '–';
    return isOver(limit) ? html`<strong class="bad" style="color:#b42318">${text}</strong>` : html`${text}`;
  };
  const left = limits.length - mostLines;
  return section(
    'Spend against limits',
    table<Limit>(
      `${month}, up to the end of this report${left > 0 ? `; the ${mostLines} fullest of ${count(limits.length)}` : ''}`,
      [
        {
          title: 'Limit of',
          cell: ({ scope, name }) =>
            scope === 'organization' ? 'The organization' : `${scope === 'key' ? 'Key' : 'Project'} ${name}`,
        },
        { title: 'Spent', number: true, cell: ({ spentMicroUsd }) => usd(spentMicroUsd) },
        { title: 'Limit', number: true, cell: ({ limitMicroUsd }) => usd(limitMicroUsd) },
        { title: 'Used', number: true, cell: used },
      ],
      limits.slice(0, mostLines),
    ),
  );
}

export function growthSection({ growth }: Report): Html | null {
  if (growth.length === 0) return null;
  return section(
    'Grown most',
    table<Growth>(
      'By dollars more than in the period before',
      [
        { title: 'What', cell: ({ name, dimension }) => `${name} (${dimension})` },
        { title: 'Before', number: true, wide: true, cell: (line) => usd(line.previousCostMicroUsd) },
        { title: 'Now', number: true, cell: (line) => usd(line.costMicroUsd) },
        { title: 'More', number: true, cell: (line) => usd(line.costMicroUsd - line.previousCostMicroUsd) },
        {
          title: 'Change',
          number: true,
          wide: true,
          cell: (line) => change(line.costMicroUsd, line.previousCostMicroUsd),
        },
      ],
      growth,
    ),
  );
}

const outcomeNames: Readonly<Record<Outcome | 'open', string>> = {
  succeeded: 'Succeeded',
  cached: 'Answered from the gateway’s cache, at no cost',
  refused: 'Refused by the provider: the request was at fault',
  failed: 'Failed at the provider',
  timed_out: 'Timed out',
  cut: 'Broken off after the first byte',
  cancelled: 'Given up by the gateway, since the caller had left or a guardrail refused it',
  abandoned: 'Never ended, so closed by the sweep at what it could have cost',
  unasked: 'Not made: every provider of the model was being left alone',
  blocked: 'Not made: a guardrail refused the input',
  open: 'Not ended yet',
};

export function failuresSection({ outcomes, total }: Report): Html {
  const percent = (requests: number) => share(requests, total.requests);
  return section(
    'How calls ended',
    table(
      'Attempts at providers by outcome, and what the cache spared them. What the gateway itself refuses is not among them.',
      [
        { title: 'Outcome', cell: ({ outcome }) => outcomeNames[outcome] },
        { title: 'Calls', number: true, cell: ({ requests }) => count(requests) },
        { title: 'Share', number: true, cell: ({ requests }) => percent(requests) },
      ],
      outcomes,
    ),
    html`<p class="m" style="margin:10px 0 0;font-size:13px;line-height:1.5;color:#667085">Caching: ${compact(total.cachedInput)} of ${compact(total.input)} input tokens came from providers’ caches, which saved ${usd(total.savedMicroUsd)} against their full price.</p>`,
  );
}
