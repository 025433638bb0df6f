/** While a worker waits for a model: others are told that it lives, and it learns when nobody wants the response any more. */
import type { Log } from '../observability/log.ts';
import type { Waits } from '../pause.ts';
import { leaseMs, lookEveryMs, renewEveryMs } from './background-response.ts';
import type { BackgroundKey, BackgroundResponseStore } from './background-response-store.ts';

export type WatchDeps = Pick<Waits, 'meanwhile'> & {
  readonly background: Pick<BackgroundResponseStore, 'renew' | 'isHeldBy'>;
  readonly now: () => number;
  readonly log: Log;
};

export type Watch = {
  /** Fires when the response was cancelled or deleted, or another worker has taken it over. */
  readonly stopped: AbortSignal;
  readonly end: () => void;
};

export function watch({ background, now, meanwhile, log }: WatchDeps, key: BackgroundKey, workerId: string): Watch {
  const stopped = new AbortController();
  const ended = new AbortController();

  async function look(): Promise<void> {
    let renewedAtMs = now();
    for (;;) {
      await meanwhile(lookEveryMs, ended.signal);
      if (ended.signal.aborted) return;
      const isDue = now() - renewedAtMs >= renewEveryMs;
      try {
        const isMine = isDue
          ? await background.renew(key, { workerId, untilMs: now() + leaseMs })
          : await background.isHeldBy(key, workerId);
        if (isDue) renewedAtMs = now();
        if (isMine) continue;
        stopped.abort();
        return;
      } catch (error) {
        // It goes on: what it has asked for is paid (I12).
        log.warn('not known whether a response is still wanted', { responseId: key.id, error });
      }
    }
  }

  void look();
  return { stopped: stopped.signal, end: () => ended.abort() };
}
