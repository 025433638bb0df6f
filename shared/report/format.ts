/** Numbers as people read them. */
const dollars = new Intl.NumberFormat('en-US', { style: 'currency', currency: 'USD' });
const whole = new Intl.NumberFormat('en-US');
const short = new Intl.NumberFormat('en-US', {
  notation: 'compact',
  minimumSignificantDigits: 3,
  maximumSignificantDigits: 3,
});

/** `$1,234.56`; what is less than half a cent and more than nothing is not called nothing. */
export function usd(microUsd: number): string {
  if (microUsd > 0 && microUsd < 5_000) return '<$0.01';
  return dollars.format(microUsd / 1_000_000);
}

/** All six places, for machines. In integers, so that nothing is rounded. */
export function exactUsd(microUsd: number): string {
  const digits = String(Math.abs(microUsd)).padStart(7, '0');
  return `${microUsd < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}`;
}

export const count = (number: number): string => whole.format(number);

/** `1.23M`. */
export const compact = (number: number): string => (number < 10_000 ? whole.format(number) : short.format(number));

/** `+12 %`, `−3 %`, `new`; nothing where there was nothing and is nothing. */
export function change(now: number, before: number): string {
  if (before === 0) return now === 0 ? '' : 'new';
  const percent = ((now - before) / before) * 100;
  if (percent > 999) return `×${short.format(now / before)}`;
  const rounded = Math.round(percent);
  return rounded === 0 ? '±0 %' : `${rounded > 0 ? '+' : '−'}${Math.abs(rounded)} %`;
}

export const share = (part: number, all: number): string =>
  all === 0 ? '' : part > 0 && part / all < 0.005 ? '<1 %' : `${Math.round((part / all) * 100)} %`;
