/** What becomes of a stream whose caller has left: docs/adr/0044. */
import type { InferenceCall, InferenceDeps } from './attempts.ts';

/**
 * `drain`: it is read on, for the provider's own count, as long as `drainSeconds`
 * allow. `cancel`, and when those are over: it is given up.
 */
export const callerLeft =
  (
    { resilience, meanwhile }: Pick<InferenceDeps, 'resilience' | 'meanwhile'>,
    { caller, report, afterwards }: Pick<InferenceCall, 'caller' | 'report' | 'afterwards'>,
    giveUp: () => void,
  ) =>
  (): void => {
    report.callerLeft = true;
    const drainMs = resilience.drainSeconds * 1000;
    if (caller.policy.resilience.onDisconnect === 'cancel' || drainMs === 0) {
      giveUp();
      return;
    }
    const ended = new AbortController();
    afterwards(async () => ended.abort());
    void meanwhile(drainMs, ended.signal).then(() => {
      if (!ended.signal.aborted) giveUp();
    });
  };
