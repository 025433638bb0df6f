/**
 * An instance's failures on their way to the count that all share. Only one write
 * of a circuit is under way at a time; what fails meanwhile goes together with
 * the next, so that an outage does not become one of the store.
 */
import type { ErrorCause } from '../errors.ts';
import { boundedCache } from '../keys/bounded-cache.ts';
import type { CircuitSettings } from '../resilience/settings.ts';
import {
  type Circuit,
  isEnough,
  isWithinWindow,
  mostSuccesses,
  opened,
  type Tally,
  type TrippedCircuit,
} from './circuit.ts';
import type { CircuitStore, Written } from './circuit-store.ts';
import type { KnownCircuits } from './known-circuits.ts';

export type Failure = { readonly generation: number; readonly why: ErrorCause; readonly settings: CircuitSettings };
type Report = Failure & { readonly tally: Tally };

export type FailureReports = {
  /** Costs no write: it is told with the next failure, if one comes within a window. */
  succeeded(name: string, settings: CircuitSettings): void;
  failed(name: string, failure: Failure): Promise<void>;
};

export type FailureReportsDeps = {
  readonly store: Pick<CircuitStore, 'count' | 'startWindow' | 'replace'>;
  readonly known: KnownCircuits;
  readonly now: () => number;
  /** Told by the one instance whose write opened it. */
  readonly whenOpened: (name: string, circuit: TrippedCircuit) => void;
};

const maxRemembered = 1_000;

/** A window may end, and another begin, while somebody writes; hardly twice. */
const maxAttempts = 4;

export function failureReports(
  { store, known, now, whenOpened }: FailureReportsDeps,
  windowMs: number,
): FailureReports {
  const successes = boundedCache<number>(maxRemembered, windowMs);
  const waiting = new Map<string, Report>();
  const writing = new Map<string, Promise<void>>();

  async function open(name: string, circuit: Circuit, { why, settings }: Report, failures: number): Promise<void> {
    const nowMs = now();
    const next = opened(circuit, why, failures, nowMs, settings);
    const { applied, circuit: found } = await store.replace(name, circuit.generation, next, nowMs);
    known.learn(name, found);
    if (applied) whenOpened(name, next);
  }

  async function count(name: string, circuit: Circuit, { generation, tally, settings }: Report): Promise<Written> {
    const nowMs = now();
    const windowAfterMs = nowMs - settings.windowSeconds * 1000;
    const written =
      circuit.state === 'closed' && isWithinWindow(circuit, nowMs, settings)
        ? await store.count(name, generation, tally, windowAfterMs)
        : await store.startWindow(name, generation, tally, nowMs, windowAfterMs);
    known.learn(name, written.circuit);
    return written;
  }

  async function send(name: string, report: Report): Promise<void> {
    let circuit = known.get(name);
    for (let attempt = 0; attempt < maxAttempts; attempt++) {
      // Of a generation that is over, it changes nothing.
      if (circuit.state !== 'closed' || circuit.generation !== report.generation) return;
      if (isEnough(report.tally, report.settings)) return open(name, circuit, report, report.tally.failures);
      const written = await count(name, circuit, report);
      circuit = written.circuit;
      if (!written.applied) continue;
      if (circuit.state === 'closed' && isEnough(circuit, report.settings)) {
        await open(name, circuit, report, circuit.failures);
      }
      return;
    }
  }

  async function sendAll(name: string): Promise<void> {
    try {
      for (let report = waiting.get(name); report; report = waiting.get(name)) {
        waiting.delete(name);
        await send(name, report);
      }
    } finally {
      writing.delete(name);
    }
  }

  return {
    succeeded(name, settings) {
      const nowMs = now();
      const most = mostSuccesses(settings);
      successes.set(name, Math.min(most, (successes.get(name, nowMs) ?? 0) + 1), nowMs);
    },

    failed(name, failure) {
      const nowMs = now();
      const before = waiting.get(name);
      const same = before?.generation === failure.generation ? before.tally : { failures: 0, successes: 0 };
      const tally = {
        failures: same.failures + 1,
        successes: same.successes + (successes.get(name, nowMs) ?? 0),
      };
      successes.set(name, 0, nowMs);
      waiting.set(name, { ...failure, tally });
      const underWay = writing.get(name) ?? sendAll(name);
      writing.set(name, underWay);
      return underWay;
    },
  };
}
