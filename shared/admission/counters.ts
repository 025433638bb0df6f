/**
 * The counters of a project as one flat item of numbers, and the names of its
 * attributes. One item, because one conditional write must see all that a call
 * is held to; flat, because DynamoDB can then add to any of them without
 * knowing whether it is there. Names are short: a write is billed by the size
 * of the whole item.
 *
 *   rq            requests per minute: the bucket's theoretical arrival time
 *   rd            requests per day, likewise
 *   tl, tf, tx    tokens per minute: level, in flight, and their sum
 *   M2611         micro-dollars committed in November 2026: spent and reserved
 *   R2611         the reserved part of it
 *   S2611         what is left of the organization's limit, as far as it was granted
 *   G2611, B2611  all that was ever granted, and all that was given back
 *   C             streams under way
 *   n             admissions and grants ever
 *   w             the ledger has been swept up to here, in milliseconds
 *
 * `k.<id>.` in front of a name makes it a key's, `m.<model>.` a model's. Amounts
 * that a call holds until it settles are kept a second time under the epoch in
 * which it began (`R2611@<epoch>`), so that what a lost settlement leaves behind
 * is found when the epoch is closed: docs/adr/0030.
 */
import { monthOf } from '../calendar/month.ts';

/** By attribute; what is absent is zero. */
export type Counters = Readonly<Record<string, number>>;

export const projectScope = '';
export const keyScope = (apiKeyId: string): string => `k.${apiKeyId}.`;
/** Escaped: a model's name may have an @ in it, which in a counter's name begins an epoch. */
export const modelScope = (model: string): string => `m.${encodeURIComponent(model)}.`;

export const counterId = (projectId: string, shard: number): string => `${projectId}#${shard}`;

/** `2611` for November 2026, in UTC: a month in the name of a counter. */
export const counterMonth = (ms: number): string => monthOf(ms).slice(2).replace('-', '');

export const names = {
  requestsPerMinute: (scope: string) => `${scope}rq`,
  requestsPerDay: (scope: string) => `${scope}rd`,
  tokenLevel: (scope: string) => `${scope}tl`,
  tokensInFlight: (scope: string) => `${scope}tf`,
  tokenSum: (scope: string) => `${scope}tx`,
  committed: (scope: string, month: string) => `${scope}M${month}`,
  reserved: (scope: string, month: string) => `${scope}R${month}`,
  slack: (month: string) => `S${month}`,
  granted: (month: string) => `G${month}`,
  givenBack: (month: string) => `B${month}`,
  streams: 'C',
  admissions: 'n',
  sweptUntil: 'w',
} as const;

export const inEpoch = (name: string, epoch: string): string => `${name}@${epoch}`;

/**
 * A stretch of time whose calls are closed together: when it began and how long
 * it lasts, both in seconds and base 36, so that a changed setting cannot make
 * an old epoch ambiguous.
 */
export function epochAt(ms: number, epochSeconds: number): string {
  const start = Math.floor(ms / 1000 / epochSeconds) * epochSeconds;
  return `${start.toString(36)}.${epochSeconds.toString(36)}`;
}

export type Span = { readonly fromMs: number; readonly toMs: number };

export function spanOf(epoch: string): Span {
  const [start = 0, seconds = 0] = epoch.split('.').map((part) => Number.parseInt(part, 36));
  return { fromMs: start * 1000, toMs: (start + seconds) * 1000 };
}

/** The epochs that are still open in an item, oldest first. */
export const epochsIn = (counters: Counters): string[] =>
  [...new Set(Object.keys(counters).flatMap((name) => name.split('@')[1] ?? []))].sort(
    (a, b) => spanOf(a).fromMs - spanOf(b).fromMs,
  );
