/**
 * A circuit as a value. Nothing here reads a clock or a table: each function is
 * told what time it is and returns the circuit that comes next.
 *
 *   closed ──enough failures──▶ open ──cooled down──▶ half-open (one probe)
 *     ▲                          ▲                        │
 *     └───── probe succeeded ────┴───── probe failed ─────┘
 *
 * Every arrow is a new generation. A call remembers the one that let it in, and
 * what it tells afterwards is of that generation or of none.
 */
import * as z from 'zod/mini';
import type { ErrorCause } from '../errors.ts';
import type { CircuitSettings } from '../resilience/settings.ts';
import type { Verdict } from './verdict.ts';

const generation = z.int();

const tripped = {
  generation,
  /** What the call that opened it ended with: a cause in the table of errors, perhaps of another release's. */
  reason: z.string(),
  failures: z.int(),
  openedAtMs: z.number(),
  /** When one call may try. While one does, the end of its lease: killed, it keeps nobody out for longer. */
  retryAtMs: z.number(),
};

export const circuitSchema = z.discriminatedUnion('state', [
  z.object({
    state: z.literal('closed'),
    generation,
    /** Counted from the first failure of a window, by all instances together. */
    failures: z.int(),
    /** What those who failed had succeeded in before. */
    successes: z.int(),
    windowStartedAtMs: z.number(),
    /** Until when the provider has asked to be left alone: a rate limit, which is no failure. */
    coolUntilMs: z.number(),
  }),
  z.object({ state: z.literal('open'), ...tripped }),
  z.object({ state: z.literal('half_open'), ...tripped }),
]);
export type Circuit = z.infer<typeof circuitSchema>;
export type ClosedCircuit = Extract<Circuit, { state: 'closed' }>;
export type TrippedCircuit = Exclude<Circuit, ClosedCircuit>;

/** How many failures, and how many successes they are weighed against. */
export type Tally = { readonly failures: number; readonly successes: number };

export const closed = (generation = 0, coolUntilMs = 0): ClosedCircuit => ({
  state: 'closed',
  generation,
  failures: 0,
  successes: 0,
  windowStartedAtMs: 0,
  coolUntilMs,
});

/** As it is when nobody has ever had anything to say of it. */
export const untouched: Circuit = closed();

/** Until when its target is to be left alone; some time in the past where it is not. */
const untilMs = (circuit: Circuit): number => (circuit.state === 'closed' ? circuit.coolUntilMs : circuit.retryAtMs);

/** Of two views of the same circuit the one that was seen later; `b`, where nobody can tell. */
export function laterOf(a: Circuit, b: Circuit): Circuit {
  if (a.generation !== b.generation) return a.generation > b.generation ? a : b;
  return untilMs(a) > untilMs(b) ? a : b;
}

export type Standing =
  | { readonly may: 'go' }
  /** Whoever takes the probe, by a write that one of all instances wins. */
  | { readonly may: 'probe'; readonly circuit: TrippedCircuit }
  | { readonly may: 'wait'; readonly ms: number };

export function standing(circuit: Circuit, nowMs: number): Standing {
  const ms = untilMs(circuit) - nowMs;
  if (ms > 0) return { may: 'wait', ms };
  return circuit.state === 'closed' ? { may: 'go' } : { may: 'probe', circuit };
}

/** Enough failures, and enough of all calls: a provider that is only hit often is not left alone for it. */
export const isEnough = ({ failures, successes }: Tally, settings: CircuitSettings): boolean =>
  failures >= settings.failures && failures / (failures + successes) >= settings.failureShare;

/**
 * How many successes a failure is weighed against at the most: as many as still let an instance open a circuit by so
 * many failures in a row, all by itself. More would make an outage wait until it outnumbers the good times before it:
 * docs/adr/0042.
 */
export const mostSuccesses = ({ failures, failureShare }: CircuitSettings): number =>
  Math.max(1, Math.floor((failures * (1 - failureShare)) / failureShare));

/** Its window, if it has one that is not over yet. */
export const isWithinWindow = (circuit: ClosedCircuit, nowMs: number, { windowSeconds }: CircuitSettings): boolean =>
  circuit.windowStartedAtMs > nowMs - windowSeconds * 1000;

export const opened = (
  from: Circuit,
  why: ErrorCause,
  failures: number,
  nowMs: number,
  { openSeconds }: CircuitSettings,
): TrippedCircuit => ({
  state: 'open',
  generation: from.generation + 1,
  reason: why,
  failures,
  openedAtMs: nowMs,
  retryAtMs: nowMs + openSeconds * 1000,
});

/** A lease on one probe. */
export const probed = (from: TrippedCircuit, nowMs: number, settings: CircuitSettings): TrippedCircuit => ({
  ...from,
  state: 'half_open',
  generation: from.generation + 1,
  retryAtMs: leaseUntilMs(nowMs, settings),
});

export const leaseUntilMs = (nowMs: number, { probeSeconds }: CircuitSettings): number => nowMs + probeSeconds * 1000;

export function afterProbe(probe: TrippedCircuit, verdict: Verdict, nowMs: number, settings: CircuitSettings): Circuit {
  const generation = probe.generation + 1;
  switch (verdict.is) {
    case 'well':
      return closed(generation);
    // It answers, which is what was asked.
    case 'busy':
      return closed(generation, verdict.untilMs);
    case 'ill':
      return opened(probe, verdict.why, probe.failures + 1, nowMs, settings);
    // The next call may try at once.
    case 'unknown':
      return { ...probe, state: 'open', generation, retryAtMs: nowMs };
  }
}
