/**
 * The one call that tries a provider again. Taking it is a write that one of all
 * instances wins; its lease is held for as long as the call lives, so that a long
 * stream is not doubled, and lapses where the instance was killed.
 */
import type { Log } from '../observability/log.ts';
import type { CircuitSettings } from '../resilience/settings.ts';
import { leaseUntilMs, probed, type TrippedCircuit } from './circuit.ts';
import type { CircuitStore, Written } from './circuit-store.ts';
import type { KnownCircuits } from './known-circuits.ts';
import { within } from './within.ts';

export type Gate = { readonly name: string; readonly settings: CircuitSettings };

export type Probe = {
  /** Null where it turns out that another instance has it, or nobody knows. */
  readonly circuit: Promise<TrippedCircuit | null>;
  /** The call has ended: no more renewals. */
  readonly end: () => void;
};

/** `taken`, too, where the store has not said so in time: calls go on (I12), and whether the probe is ours shows later. */
export type Taken = { readonly is: 'taken'; readonly probe: Probe } | { readonly is: 'rival' };

export type ProbesDeps = {
  readonly store: Pick<CircuitStore, 'takeProbe' | 'renew'>;
  readonly known: KnownCircuits;
  readonly log: Log;
  readonly now: () => number;
  /** Runs it again and again, until it is stopped. */
  readonly every: (ms: number, run: () => void) => () => void;
  /** Has it waited for by whoever waits for all writes. Its failure is logged there. */
  readonly track: (name: string, write: Promise<unknown>) => void;
  readonly patienceMs: number;
};

/** No function lives longer. A call that nobody has ever said to be over holds its probe for no longer, either. */
const longestCallMs = 900_000;

/** A store that has just failed or been too slow is not waited for again for so long. */
const avoidMs = 1_000;

const nobodys: Probe = { circuit: Promise.resolve(null), end: () => {} };

export function createProbes({ store, known, log, now, every, track, patienceMs }: ProbesDeps) {
  let avoidedUntilMs = Number.NEGATIVE_INFINITY;

  /** Moves the end of the lease at half of it, so that one renewal may fail. */
  function renewing({ name, settings }: Gate, { generation }: TrippedCircuit): () => void {
    const begunAtMs = now();
    const renew = async (): Promise<void> => {
      const nowMs = now();
      if (nowMs - begunAtMs > longestCallMs) return stop();
      const { applied, circuit } = await store.renew(name, generation, leaseUntilMs(nowMs, settings));
      known.learn(name, circuit);
      if (!applied) stop();
    };
    const stop = every((settings.probeSeconds * 1000) / 2, () => track(name, renew()));
    return stop;
  }

  function probeOf(gate: Gate, taking: Promise<Written>): Probe {
    let ended = false;
    let stop = () => {};
    const circuit = taking.then(
      ({ applied, circuit: taken }) => {
        if (!applied || taken.state === 'closed') return null;
        if (!ended) stop = renewing(gate, taken);
        return taken;
      },
      () => null,
    );
    return {
      circuit,
      end() {
        ended = true;
        stop();
      },
    };
  }

  return async function take(gate: Gate, due: TrippedCircuit): Promise<Taken> {
    const nowMs = now();
    if (nowMs < avoidedUntilMs) return { is: 'taken', probe: nobodys };
    const next = probed(due, nowMs, gate.settings);
    const taking = store.takeProbe(gate.name, due.generation, next, nowMs).then((written) => {
      known.learn(gate.name, written.circuit);
      return written;
    });
    track(gate.name, taking);
    const probe = probeOf(gate, taking);
    const written = await within(patienceMs, taking).catch(() => 'failed' as const);
    if (written === 'late' || written === 'failed') {
      avoidedUntilMs = now() + avoidMs;
      log.warn('probe not taken, calls go on', { circuit: gate.name });
      return { is: 'taken', probe };
    }
    return written.applied ? { is: 'taken', probe } : { is: 'rival' };
  };
}
