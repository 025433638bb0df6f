/** A report as a page: for a mail client, a browser and a printer alike. */

import { agreement, failuresSection, growthSection, limitsSection } from './findings.ts';
import { change, compact, count, usd } from './format.ts';
import { type Html, html, textOf } from './html.ts';
import { nameOf } from './period.ts';
import type { Report } from './report.ts';
import { safetySection } from './safety-section.ts';
import {
  keysSection,
  modelsSection,
  modesSection,
  projectsSection,
  providersSection,
  trendSection,
} from './sections.ts';
import { styleSheet } from './style.ts';

const sans = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif";

const minutes = new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' });

const figure = (label: string, value: string, note: string): Html =>
  html`<div style="display:inline-block;vertical-align:top;width:150px;margin:0 0 16px"><div class="m" style="font-size:13px;color:#667085">${label}</div><div style="font-size:24px;line-height:1.3;font-weight:600;font-variant-numeric:tabular-nums">${value}</div><div class="m" style="font-size:13px;color:#667085">${note}</div></div>`;

const comparedWith = (now: number, before: number, previousName: string): string => {
  const changed = change(now, before);
  if (changed === '') return `none in ${previousName} either`;
  return changed === 'new' ? `none in ${previousName}` : `${changed} on ${previousName}`;
};

function figures({ total, previousTotal, previous }: Report): Html {
  const before = nameOf(previous);
  const short = previous.kind === 'custom' ? 'the time before' : before;
  const tokens = total.input + total.output;
  return html`<div style="margin:0 0 8px">${figure('Spend', usd(total.costMicroUsd), comparedWith(total.costMicroUsd, previousTotal.costMicroUsd, short))}${figure('Calls', compact(total.requests), comparedWith(total.requests, previousTotal.requests, short))}${figure('Tokens', compact(tokens), `${compact(total.input)} in, ${compact(total.output)} out`)}${figure('Saved by caching', usd(total.savedMicroUsd), `${compact(total.cachedInput)} cached tokens`)}</div>`;
}

const nothing = html`<p class="m" style="color:#667085;font-size:15px">No calls were made in this time.</p>`;

export function pageOf(report: Report): string {
  const title = `Usage, ${nameOf(report.period)}`;
  const sections =
    report.total.requests === 0
      ? [nothing, limitsSection(report), safetySection(report)]
      : [
          trendSection(report),
          projectsSection(report),
          limitsSection(report),
          modelsSection(report),
          providersSection(report),
          modesSection(report),
          keysSection(report),
          growthSection(report),
          failuresSection(report),
          safetySection(report),
        ];
  return textOf(html`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="color-scheme" content="light dark"><meta name="robots" content="noindex"><title>${title}</title>${styleSheet}</head>
<body class="b" style="margin:0;background:#ffffff;color:#1d2433;font-family:${sans};-webkit-text-size-adjust:100%"><div class="p" style="max-width:680px;margin:0 auto;padding:36px 28px">
<p class="m" style="margin:0;font-size:13px;color:#667085">Sluice usage report</p>
<h1 style="margin:2px 0 4px;font-size:28px;line-height:1.25;font-weight:650;letter-spacing:-0.01em">${nameOf(report.period)}</h1>
<p class="m" style="margin:0 0 24px;font-size:14px;color:#667085">All projects. Days are in UTC. Compared with ${nameOf(report.previous)}.</p>
${figures(report)}${agreement(report)}
${sections}
<p class="m l" style="margin:36px 0 0;padding-top:12px;border-top:1px solid #e4e7ec;font-size:12px;line-height:1.5;color:#667085">Made on ${minutes.format(report.generatedAtMs)} UTC from the ledger of ${count(report.total.requests)} attempts. The CSV and the JSON beside this page have every line, to the micro-dollar.</p>
</div></body></html>
`);
}
