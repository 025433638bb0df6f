/** What the time of a request goes into. The names are in every log line and trace, so dashboards and queries know them: add, and rename none. */

/** Until the first byte is out, in about the order in which they come. */
export const stagesBeforeFirstByte = [
  'authenticate',
  'input',
  /** Has the request been answered before? Of calls under an Idempotency-Key. */
  'repetition',
  /** The entry in the audit logs, before anything is changed. */
  'audit',
  /** History, tools, and whether it all fits the model's window. */
  'preparation',
  /** Taking in what is to be answered later. */
  'intake',
  /** Limits and money, the ledger's row, and the look into the cache beside them. */
  'admission',
  'guardrailsIn',
  /** Waiting for the moderation model, of whatever is moderated. */
  'moderation',
  /** Waiting for a provider to begin its answer, or to give it whole. */
  'upstream',
  /** Waiting because a provider has asked for it, or before it is asked again. */
  'retryWait',
  'guardrailsOut',
  /** Waiting for the tools that the gateway runs. */
  'tools',
  /** What the route does, besides all these. */
  'operation',
] as const;

/** From the first byte of a stream to its last, and from then until the accounts are settled, which nobody waits for. */
export const stagesAfterFirstByte = ['streaming', 'settlement'] as const;

export type Stage = (typeof stagesBeforeFirstByte)[number] | (typeof stagesAfterFirstByte)[number];

/** Somebody else's time: a provider, or a tool. */
export type Remote = {
  /** A name that the configuration or an administrator has given. */
  readonly name: string;
  /** Why it failed, as the table of errors has it. */
  why?: string;
  /** The status that the table has for that, or 200. */
  status?: number;
};

export type Span = {
  readonly stage: Stage;
  readonly startMs: number;
  /** Null while it lasts. */
  endMs: number | null;
  readonly remote?: Remote;
  /** Where the provider is told of it as the parent of its own. */
  readonly id?: string;
};

type Moments = {
  readonly receivedAtMs: number;
  readonly firstByteAtMs: number;
  readonly lastByteAtMs: number;
  readonly settledAtMs: number;
  readonly streamed: boolean;
};

export type StageTimes = Readonly<Partial<Record<Stage, number>>>;

/**
 * Milliseconds per stage. Every moment before the first byte counts for one stage only, the one that began last of those
 * that lasted, so the stages before it never add up to more than `firstByteMs`, whatever was waited for at the same time.
 * What took less than a millisecond is left out.
 */
export function stageTimes(spans: readonly Span[], moments: Moments): StageTimes {
  const { receivedAtMs, firstByteAtMs, lastByteAtMs, settledAtMs, streamed } = moments;
  const within = (ms: number) => Math.min(Math.max(ms, receivedAtMs), firstByteAtMs);
  const clipped = spans
    .filter(({ startMs }) => startMs <= firstByteAtMs)
    .map(({ stage, startMs, endMs }) => ({ stage, from: within(startMs), to: within(endMs ?? firstByteAtMs) }));
  const cuts = [...new Set(clipped.flatMap(({ from, to }) => [from, to]))].sort((one, other) => one - other);
  const times: Partial<Record<Stage, number>> = {};
  for (const [index, from] of cuts.entries()) {
    const to = cuts[index + 1] ?? from;
    const innermost = clipped.reduce<(typeof clipped)[number] | null>(
      (found, span) => (span.from <= from && span.to >= to && (!found || span.from >= found.from) ? span : found),
      null,
    );
    if (innermost && to > from) times[innermost.stage] = (times[innermost.stage] ?? 0) + to - from;
  }
  const streaming = streamed ? lastByteAtMs - firstByteAtMs : 0;
  const settlement = settledAtMs - lastByteAtMs;
  return { ...times, ...(streaming > 0 && { streaming }), ...(settlement > 0 && { settlement }) };
}
