/**
 * The circuits as one instance sees and moves them. A healthy call costs nothing
 * here but the look that all calls of a second share; what fails, and the one
 * call that tries a provider again, write.
 *
 * The store is down: every call is let pass that is not known to be in vain (I12).
 */
import type { Log } from '../observability/log.ts';
import type { CountEvent } from '../observability/metrics.ts';
import type { CircuitSettings } from '../resilience/settings.ts';
import { afterProbe, standing, type TrippedCircuit } from './circuit.ts';
import { credentialCircuit, namedBy, targetCircuit } from './circuit-name.ts';
import type { CircuitStore } from './circuit-store.ts';
import type { Circuits, CircuitTarget, Leave } from './circuits.ts';
import { failureReports } from './failure-reports.ts';
import { knownCircuits } from './known-circuits.ts';
import { createProbes, type Gate, type Probe } from './probes.ts';
import { failed, failedAmongMany, succeeded, toldNothing, type Verdict, type Verdicts } from './verdict.ts';

export type SharedCircuitsDeps = {
  readonly store: CircuitStore;
  readonly settings: CircuitSettings;
  readonly log: Log;
  readonly countEvent: CountEvent;
  readonly now: () => number;
  /** Runs it again and again, until it is stopped, and keeps no process alive. */
  readonly every: (ms: number, run: () => void) => () => void;
  /** How long a call waits for the store before it goes on by what is known. */
  readonly patienceMs?: number;
};

/** A call that has come through. */
type Entry = { readonly gate: Gate; readonly generation: number; readonly probe: Probe | null };
type Entered = Entry | { readonly retryAfterMs: number };

const usualPatienceMs = 250;

/** Rivals who give a probe back at once, one after the other: then the next call may try. */
const maxRivals = 3;
const afterRivalsMs = 1_000;

export function sharedCircuits({
  store,
  settings,
  log,
  countEvent,
  now,
  every,
  patienceMs = usualPatienceMs,
}: SharedCircuitsDeps): Circuits {
  const known = knownCircuits({ store, log, now, patienceMs });
  const writes = new Set<Promise<void>>();
  const windowMs = settings.windowSeconds * 1000;
  const reports = failureReports({ store, known, now, whenOpened }, windowMs);
  const takeProbe = createProbes({ store, known, log, now, every, track, patienceMs });

  /** Refused once is refused: the key has been read anew before anybody hears of it. */
  const credentialSettings: CircuitSettings = { ...settings, failures: 1, failureShare: 0 };

  function track(name: string, write: Promise<unknown>): void {
    const tracked = write
      .then(() => {})
      .catch((error: unknown) => log.warn('circuit not written', { circuit: name, error }))
      .finally(() => writes.delete(tracked));
    writes.add(tracked);
  }

  function whenOpened(name: string, circuit: TrippedCircuit): void {
    const { reason, failures } = circuit;
    if (reason === 'upstream_auth') {
      log.error('credential refused by the provider', { circuit: name, provider: namedBy(name).provider });
      countEvent('CredentialRefused');
    } else {
      log.warn('circuit opened', { circuit: name, reason, failures });
      countEvent('CircuitOpened');
    }
  }

  const gatesOf = (target: CircuitTarget): readonly [Gate, Gate] => [
    { name: credentialCircuit(target), settings: credentialSettings },
    { name: targetCircuit(target), settings },
  ];

  const waitMs = (gates: readonly Gate[]): number =>
    Math.max(
      ...gates.map(({ name }) => {
        const its = standing(known.get(name), now());
        return its.may === 'wait' ? its.ms : 0;
      }),
    );

  async function enter(gate: Gate): Promise<Entered> {
    for (let rivals = 0; rivals < maxRivals; rivals++) {
      const circuit = known.get(gate.name);
      const { generation } = circuit;
      const its = standing(circuit, now());
      if (its.may === 'wait') return { retryAfterMs: its.ms };
      if (its.may === 'go') return { gate, generation, probe: null };
      const taken = await takeProbe(gate, its.circuit);
      if (taken.is === 'taken') return { gate, generation, probe: taken.probe };
    }
    return { retryAfterMs: afterRivalsMs };
  }

  async function coolDown({ gate: { name }, generation }: Entry, untilMs: number): Promise<void> {
    const circuit = known.get(name);
    if (circuit.state !== 'closed' || circuit.generation !== generation || circuit.coolUntilMs >= untilMs) return;
    known.learn(name, { ...circuit, coolUntilMs: untilMs });
    known.learn(name, (await store.coolDown(name, generation, untilMs)).circuit);
  }

  async function endProbe({ gate: { name } }: Entry, circuit: TrippedCircuit, verdict: Verdict): Promise<void> {
    const nowMs = now();
    const next = afterProbe(circuit, verdict, nowMs, settings);
    const { applied, circuit: found } = await store.replace(name, circuit.generation, next, nowMs);
    known.learn(name, found);
    if (!applied) return;
    if (next.state === 'closed') {
      log.info('circuit closed', { circuit: name });
      countEvent('CircuitClosed');
    } else if (verdict.is === 'ill') whenOpened(name, next);
  }

  async function end(entry: Entry, verdict: Verdict): Promise<void> {
    const { gate, generation, probe } = entry;
    probe?.end();
    const probing = await probe?.circuit;
    if (probing) return endProbe(entry, probing, verdict);
    if (verdict.is === 'ill') {
      return reports.failed(gate.name, { generation, why: verdict.why, settings: gate.settings });
    }
    if (verdict.is === 'busy') return coolDown(entry, verdict.untilMs);
  }

  function told(entries: readonly [Entry, Entry], { credential, target }: Verdicts): void {
    for (const [entry, verdict] of [
      [entries[0], credential],
      [entries[1], target],
    ] as const) {
      if (verdict.is === 'well') reports.succeeded(entry.gate.name, entry.gate.settings);
      const writesNothing = entry.probe === null && (verdict.is === 'well' || verdict.is === 'unknown');
      if (!writesNothing) track(entry.gate.name, end(entry, verdict));
    }
  }

  return {
    refresh: () => known.look(),

    isOpen: (target) => waitMs(gatesOf(target)) > 0,

    async admit(target): Promise<Leave> {
      const gates = gatesOf(target);
      // Before any probe is taken: of two gates, neither is tried in vain.
      const retryAfterMs = waitMs(gates);
      if (retryAfterMs > 0) return { admitted: false, retryAfterMs };
      const credential = await enter(gates[0]);
      if ('retryAfterMs' in credential) return { admitted: false, ...credential };
      const model = await enter(gates[1]);
      if ('retryAfterMs' in model) {
        if (credential.probe) track(gates[0].name, end(credential, { is: 'unknown' }));
        return { admitted: false, ...model };
      }
      const entries = [credential, model] as const;
      return {
        admitted: true,
        pass: {
          succeeded: () => told(entries, succeeded),
          failed: (error) => told(entries, (target.madeUp ? failedAmongMany : failed)(error, now())),
          unknown: () => told(entries, toldNothing),
        },
      };
    },

    settled: async () => {
      await Promise.all(writes);
    },
  };
}
