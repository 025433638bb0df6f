/**
 * What this instance knows of all circuits: what the last look has shown, and
 * what its own writes have told it since.
 */
import type { Log } from '../observability/log.ts';
import { type Circuit, laterOf, untouched } from './circuit.ts';
import type { CircuitStore } from './circuit-store.ts';
import { within } from './within.ts';

export type KnownCircuits = {
  get(name: string): Circuit;
  /** What a write has been told. */
  learn(name: string, circuit: Circuit): void;
  /** Looks, unless the last look is younger than a second. Never throws, and keeps nobody waiting for a slow store. */
  look(): Promise<void>;
};

export type KnownCircuitsDeps = {
  readonly store: Pick<CircuitStore, 'all'>;
  readonly log: Log;
  readonly now: () => number;
  /** How long a call waits for the store before it goes on by what is known (I12). */
  readonly patienceMs: number;
};

const everyMs = 1_000;

/** A look may show what was before a write. What has just been learned is not forgotten for it. */
const lagMs = 5_000;

export function knownCircuits({ store, log, now, patienceMs }: KnownCircuitsDeps): KnownCircuits {
  let known = new Map<string, { readonly circuit: Circuit; readonly learnedAtMs: number }>();
  let lookedAtMs = Number.NEGATIVE_INFINITY;
  let looking: Promise<unknown> | null = null;

  const get = (name: string): Circuit => known.get(name)?.circuit ?? untouched;

  const seen = (name: string, circuit: Circuit, atMs: number): Circuit => {
    const { circuit: before, learnedAtMs } = known.get(name) ?? { circuit: untouched, learnedAtMs: 0 };
    return atMs - learnedAtMs < lagMs ? laterOf(before, circuit) : circuit;
  };

  async function lookAt(atMs: number): Promise<void> {
    try {
      const found = await store.all();
      const names = new Set([...known.keys(), ...found.keys()]);
      const merged = [...names].map((name) => {
        const circuit = seen(name, found.get(name) ?? untouched, atMs);
        // What comes from the look may be replaced by the next one, whatever that says.
        return [
          name,
          { circuit, learnedAtMs: found.get(name) === circuit ? 0 : (known.get(name)?.learnedAtMs ?? 0) },
        ] as const;
      });
      known = new Map(merged.filter(([, { circuit }]) => circuit !== untouched));
    } catch (error) {
      log.warn('circuits not read', { error });
    } finally {
      looking = null;
    }
  }

  return {
    get,

    learn(name, circuit) {
      const atMs = now();
      known.set(name, { circuit: seen(name, circuit, atMs), learnedAtMs: atMs });
    },

    async look() {
      const atMs = now();
      // A clock that was set back must not keep what was seen before for as long as it went back.
      if (looking === null && Math.abs(atMs - lookedAtMs) >= everyMs) {
        lookedAtMs = atMs;
        looking = within(patienceMs, lookAt(atMs));
      }
      await looking;
    },
  };
}
