/** How long a provider wants to be left alone. */
import type { GatewayError } from '../errors.ts';

const decimal = /^\d{1,9}(\.\d{1,9})?$/;

/** In whole milliseconds, never early; null for what is neither a number nor a date. */
function waitMs(text: string, unitMs: number, nowMs: number): number | null {
  const value = text.trim();
  if (decimal.test(value)) return Math.ceil(Number(value) * unitMs);
  // A date has letters in it; without them `Date.parse` takes a negative number for a year.
  const at = /[a-z]/i.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs);
}

/**
 * `retry-after-ms` is the more exact and comes first; `retry-after` is seconds,
 * with decimals from some, or an HTTP date.
 * https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
 */
export function retryAfterMsOf({ headers }: Pick<GatewayError, 'headers'>, nowMs: number): number | null {
  const { 'retry-after-ms': milliseconds = '', 'retry-after': seconds = '' } = headers;
  return (decimal.test(milliseconds.trim()) ? waitMs(milliseconds, 1, nowMs) : null) ?? waitMs(seconds, 1_000, nowMs);
}
