/** While a worker has something in hand: tells others that it lives, and learns when it is to stop. */
import type { Log } from '../observability/log.ts';
import type { Waits } from '../pause.ts';
import { type BatchKey, isOpen } from './batch.ts';
import type { BatchStore } from './batch-store.ts';
import type { LaneStore } from './lane-store.ts';
import type { Hand } from './task-store.ts';

/** Of a worker that says nothing for so long, others know that it is dead. */
export const leaseMs = 60_000;
const renewEveryMs = 20_000;
/** How soon a worker learns of a cancellation, and how often what it has answered is counted. */
const lookEveryMs = 2_000;

export type WatchDeps = Pick<Waits, 'meanwhile'> & {
  readonly batches: Pick<BatchStore, 'get' | 'wrapUp'>;
  readonly lanes: Pick<LaneStore, 'renew'>;
  readonly now: () => number;
  readonly log: Log;
};

export type Watch = {
  readonly stopped: AbortSignal;
  /** Another worker has the lane. */
  readonly isLost: () => boolean;
  /** Resolves when nothing of it goes on any more. */
  readonly end: () => Promise<void>;
};

export type Watched = {
  readonly hand: Hand;
  readonly key: BatchKey;
  /** It goes on as long as lines of the batch are answered. Absent: it does not depend on that. */
  readonly whileOpen?: true;
  /** Beside it, at every look. */
  readonly count?: () => Promise<void>;
};

export function watch(deps: WatchDeps, { hand, key, whileOpen, count }: Watched): Watch {
  const { batches, lanes, now, meanwhile, log } = deps;
  const stopped = new AbortController();
  const ended = new AbortController();
  let isLost = false;
  let renewedAtMs = now();

  /** Is it to go on? */
  async function looked(): Promise<boolean> {
    if (now() - renewedAtMs >= renewEveryMs) {
      const nowMs = now();
      isLost = !(await lanes.renew(hand, { workerId: hand.workerId, untilMs: nowMs + leaseMs }, nowMs));
      if (isLost) return false;
      // Of one that failed it is tried again at the next look: the lease lasts but for a few.
      renewedAtMs = nowMs;
    }
    await count?.();
    if (!whileOpen) return true;
    const batch = await batches.get(key);
    if (!batch || !isOpen(batch)) return false;
    if (batch.expiresAtMs > now()) return true;
    await batches.wrapUp(key, { ending: 'expired', errors: [], at: Math.floor(now() / 1000) });
    return false;
  }

  async function look(): Promise<void> {
    for (;;) {
      await meanwhile(lookEveryMs, ended.signal);
      if (ended.signal.aborted) return;
      try {
        if (await looked()) continue;
        stopped.abort();
        return;
      } catch (error) {
        // It goes on: what it has asked for is paid (I12).
        log.warn('not known whether a batch goes on', { batchId: key.id, error });
      }
    }
  }

  const looking = look();
  return {
    stopped: stopped.signal,
    isLost: () => isLost,
    end: async () => {
      ended.abort();
      await looking;
    },
  };
}
