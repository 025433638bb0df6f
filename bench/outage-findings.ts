/** What callers saw of an outage: from the requests, and from when it began and ended. Pure. */
import type { Seen } from './steady-load.ts';

export type OutageKind = 'killed' | 'hanging';

export type Outage = {
  readonly kind: OutageKind;
  readonly beganAtMs: number;
  /** The provider answers again. */
  readonly endedAtMs: number;
};

export type OutageFinding = {
  readonly kind: OutageKind;
  readonly through: string;
  /** Answered while the provider was gone, or sent then. */
  readonly requests: number;
  /** From the beginning to the first request that was spared it; null where none was. */
  readonly sparedAfterMs: number | null;
  /** Requests that tried it, until then. */
  readonly triedBefore: number;
  /** And afterwards: probes, and whoever was let through because nobody knew better. */
  readonly triedAfter: number;
  readonly slowestMs: number;
  /** From the beginning on, and after the end, too. */
  readonly errors: number;
  /** From the end to the first answer of the provider; null where none came. */
  readonly backAfterMs: number | null;
};

/** Which provider answered, and whether the first one was tried on the way there. */
export type Reading = { readonly by: 'first' | 'second' | 'nobody'; readonly triedFirst: boolean };

export function outageFinding(
  through: string,
  seen: readonly Seen[],
  { kind, beganAtMs, endedAtMs }: Outage,
  read: (one: Seen) => Reading,
): OutageFinding {
  const inOrder = seen.toSorted((a, b) => a.sentAtMs - b.sentAtMs).map((one) => ({ ...one, ...read(one) }));
  const during = inOrder.filter((one) => one.endedAtMs >= beganAtMs && one.sentAtMs < endedAtMs && one.by !== 'first');
  const spared = during.find(({ sentAtMs, triedFirst }) => sentAtMs >= beganAtMs && !triedFirst);
  const tried = during.filter(({ triedFirst }) => triedFirst);
  const before = tried.filter(({ sentAtMs }) => !spared || sentAtMs < spared.sentAtMs);
  const back = inOrder.find((one) => one.endedAtMs >= endedAtMs && one.by === 'first');
  return {
    kind,
    through,
    requests: during.length,
    sparedAfterMs: spared ? spared.sentAtMs - beganAtMs : null,
    triedBefore: before.length,
    triedAfter: tried.length - before.length,
    slowestMs: Math.max(0, ...during.map((one) => one.endedAtMs - one.sentAtMs)),
    errors: inOrder.filter(({ endedAtMs: at, complete }) => at >= beganAtMs && !complete).length,
    backAfterMs: back ? Math.max(0, back.sentAtMs - endedAtMs) : null,
  };
}

const latest = (values: readonly (number | null)[]): number | null =>
  values.some((value) => value === null) ? null : Math.max(...values.map(Number));

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0);

/** Of all instances together: spared, and back, when the last of them is. */
export const together = (through: string, kind: OutageKind, all: readonly OutageFinding[]): OutageFinding => ({
  kind,
  through,
  requests: sum(all.map(({ requests }) => requests)),
  sparedAfterMs: latest(all.map(({ sparedAfterMs }) => sparedAfterMs)),
  triedBefore: sum(all.map(({ triedBefore }) => triedBefore)),
  triedAfter: sum(all.map(({ triedAfter }) => triedAfter)),
  slowestMs: Math.max(...all.map(({ slowestMs }) => slowestMs)),
  errors: sum(all.map(({ errors }) => errors)),
  backAfterMs: latest(all.map(({ backAfterMs }) => backAfterMs)),
});
