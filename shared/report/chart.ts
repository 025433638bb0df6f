/**
 * Charts as SVG text, with D3's scales and shapes: they need no DOM, and what is
 * left to draw is rectangles. Colours hold on white and on black: docs/adr/0036.
 */
import { scaleBand, scaleLinear } from 'd3-scale';
import { curveMonotoneX, line } from 'd3-shape';
import { compact, count, usd } from './format.ts';
import { type Html, html } from './html.ts';

export type Bar = { readonly name: string; readonly amount: number };

/** What the amounts are of: how they are written, and how at an axis, where they stand in a row. */
export type Unit = { readonly written: (amount: number) => string; readonly tick: (amount: number) => string };

const inDollars: Unit = {
  written: usd,
  tick: (microUsd) =>
    microUsd >= 1_000_000_000 ? `$${compact(microUsd / 1_000_000)}` : usd(microUsd).replace(/\.00$/, ''),
};
export const inCounts: Unit = { written: count, tick: compact };

const blue = '#4a7fd6';
const amber = '#e08a2e';
const grey = '#8a94a6';
const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:12px";
const round = (value: number): number => Math.round(value * 10) / 10;

const svg = (width: number, height: number, title: string, content: Html): Html =>
  html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="100%" role="img" aria-label="${title}" style="display:block;height:auto;${font}"><title>${title}</title>${content}</svg>`;

/** Bars for the period; a dashed line for the one before, step by step. */
export function trendChart(title: string, bars: readonly Bar[], before: readonly number[], unit = inDollars): Html {
  const [width, height, left, bottom, top] = [600, 190, 46, 24, 8];
  const most = Math.max(1, ...bars.map(({ amount }) => amount), ...before);
  const x = scaleBand<number>(
    bars.map((_, index) => index),
    [left, width],
  )
    .paddingInner(0.25)
    .paddingOuter(0.1);
  const y = scaleLinear([0, most], [height - bottom, top]).nice(4);
  const labelled = Math.ceil(bars.length / 8);
  const middle = (index: number) => (x(index) ?? 0) + x.bandwidth() / 2;
  const previous = line<number>(
    (_, index) => round(middle(index)),
    (amount) => round(y(amount)),
  ).curve(curveMonotoneX)(before.slice(0, bars.length));

  return svg(
    width,
    height,
    title,
    html`${y
      .ticks(4)
      // There is no half of a violation, and none of a micro-dollar.
      .filter(Number.isInteger)
      .map(
        (value) =>
          html`<line x1="${left}" x2="${width}" y1="${round(y(value))}" y2="${round(y(value))}" stroke="${grey}" stroke-opacity="0.25"/><text x="${left - 6}" y="${round(y(value)) + 4}" text-anchor="end" fill="${grey}">${unit.tick(value)}</text>`,
      )}${bars.map(({ name, amount }, index) => {
      const at = y(amount);
      return html`<rect x="${round(x(index) ?? 0)}" y="${round(at)}" width="${round(x.bandwidth())}" height="${round(height - bottom - at)}" rx="1.5" fill="${blue}"><title>${name}: ${unit.written(amount)}</title></rect>${
        index % labelled === 0
          ? html`<text x="${round(middle(index))}" y="${height - 6}" text-anchor="middle" fill="${grey}">${name}</text>`
          : null
      }`;
    })}${before.some((amount) => amount > 0) && previous ? html`<path d="${previous}" fill="none" stroke="${amber}" stroke-width="2" stroke-linejoin="round"/>` : null}`,
  );
}

/** One bar a line, the name before it and the sum behind. */
export function shareChart(title: string, bars: readonly Bar[]): Html {
  const [width, row, left, right] = [600, 24, 190, 80];
  const height = bars.length * row;
  const y = scaleBand<number>(
    bars.map((_, index) => index),
    [0, height],
  ).padding(0.3);
  const x = scaleLinear([0, Math.max(1, ...bars.map(({ amount }) => amount))], [0, width - left - right]);
  return svg(
    width,
    height,
    title,
    html`${bars.map(({ name, amount }, index) => {
      const top = y(index) ?? 0;
      const middle = round(top + y.bandwidth() / 2 + 4);
      return html`<text x="${left - 8}" y="${middle}" text-anchor="end" fill="${grey}">${shortened(name)}</text><rect x="${left}" y="${round(top)}" width="${round(Math.max(1, x(amount)))}" height="${round(y.bandwidth())}" rx="1.5" fill="${blue}"/><text x="${round(left + x(amount) + 8)}" y="${middle}" fill="${grey}">${usd(amount)}</text>`;
    })}`,
  );
}

const shortened = (name: string): string => {
  const characters = [...name];
  return characters.length > 28 ? `${characters.slice(0, 27).join('')}…` : name;
};
