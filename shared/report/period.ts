/** The time that a report is about, in UTC. The end is exclusive. */
export type Period = {
  readonly kind: 'daily' | 'monthly' | 'custom';
  readonly fromMs: number;
  readonly toMs: number;
};

const dayMs = 86_400_000;
const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const startOfDay = (ms: number): number => Math.floor(ms / dayMs) * dayMs;

/** The start of a month, or of one so many months before or after. */
export function startOfMonth(ms: number, monthsLater = 0): number {
  const date = new Date(ms);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsLater);
}

export const yesterday = (nowMs: number): Period => ({
  kind: 'daily',
  fromMs: startOfDay(nowMs) - dayMs,
  toMs: startOfDay(nowMs),
});

export const lastMonth = (nowMs: number): Period => ({
  kind: 'monthly',
  fromMs: startOfMonth(nowMs, -1),
  toMs: startOfMonth(nowMs),
});

/** A whole month is that month's report, and a whole day that day's, whoever asks for it. */
export function periodBetween(fromMs: number, toMs: number): Period {
  const isMonth = fromMs === startOfMonth(fromMs) && toMs === startOfMonth(fromMs, 1);
  const isDay = fromMs === startOfDay(fromMs) && toMs === fromMs + dayMs;
  return { kind: isMonth ? 'monthly' : isDay ? 'daily' : 'custom', fromMs, toMs };
}

/** What it is compared with: the day or the month before, or as much time. It ends where the period begins. */
export const previousOf = ({ kind, fromMs, toMs }: Period): Period => ({
  kind,
  fromMs: kind === 'monthly' ? startOfMonth(fromMs, -1) : fromMs - (toMs - fromMs),
  toMs: fromMs,
});

/** The same for the same period, so that a report that is made again replaces the first. */
export function keyOf({ kind, fromMs, toMs }: Period): string {
  if (kind === 'monthly') return `usage/monthly/${dayOf(fromMs).slice(0, 7)}`;
  if (kind === 'daily') return `usage/daily/${dayOf(fromMs)}`;
  return `usage/custom/${dayOf(fromMs)}_${dayOf(toMs)}`;
}

const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });
const monthAndYear = format({ month: 'long', year: 'numeric' });
const fullDay = format({ day: 'numeric', month: 'long', year: 'numeric' });

/** `November 2026`, `21 November 2026`, `1 November 2026 to 9 November 2026`. */
export function nameOf({ kind, fromMs, toMs }: Period): string {
  if (kind === 'monthly') return monthAndYear.format(fromMs);
  if (kind === 'daily') return fullDay.format(fromMs);
  return `${fullDay.format(fromMs)} to ${fullDay.format(toMs - 1)}`;
}
