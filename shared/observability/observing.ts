/** How closely a request is looked at, decided when it comes, and what its trace is told when it is over. */
import type { Context } from '../http/event.ts';
import type { Log, LogDebug } from './log.ts';
import type { RequestRecord } from './request-record.ts';
import { type XrayTrace, xrayTrace, xrayTraceIdAt } from './trace-context.ts';
import type { Trail } from './trail.ts';
import type { SendDocument } from './xray-daemon.ts';
import { xrayDocument } from './xray-document.ts';

export type ObservingDeps = {
  readonly log: Log;
  readonly logDebug: LogDebug;
  readonly now: () => number;
  /** In [0, 1). */
  readonly random: () => number;
  readonly randomHex: (digits: number) => string;
  /** Of all requests, those that are written down decision by decision; in [0, 1]. */
  readonly debugShare: number;
  /** Of the invocation, where it does not say so itself: with one at a time, the environment has it. */
  readonly traceHeader: () => string | undefined;
  /** Null where no daemon is. */
  readonly sendDocument: SendDocument | null;
};

export type Observing = {
  readonly begin: (requestId: string, context: TracedContext) => Pick<Trail, 'xray' | 'debug'>;
  /** Once the request's accounts are settled. Never rejects. */
  readonly ended: (record: RequestRecord, trail: Trail | undefined) => Promise<void>;
};

type TracedContext = Pick<Context, 'xRayTraceId' | 'ownTrace'>;

export function createObserving(deps: ObservingDeps): Observing {
  const { log, logDebug, now, random, randomHex, debugShare, traceHeader, sendDocument } = deps;

  function traceOf({ xRayTraceId, ownTrace }: TracedContext): XrayTrace | null {
    if (!sendDocument) return null;
    const found = xrayTrace(xRayTraceId ?? traceHeader());
    if (!found || !ownTrace) return found;
    return { traceId: xrayTraceIdAt(now(), randomHex(24)), sampled: found.sampled };
  }

  return {
    begin(requestId, context) {
      const trace = traceOf(context);
      // For the whole of a request, so that its lines tell a story.
      const isSampled = debugShare > 0 && random() < debugShare;
      return {
        ...(trace && { xray: { ...trace, newId: () => randomHex(16) } }),
        ...(isSampled && { debug: (message, facts) => logDebug(message, { requestId, ...facts }) }),
      };
    },
    async ended(record, trail) {
      if (!sendDocument || !trail?.xray?.sampled) return;
      try {
        await sendDocument(xrayDocument(record, trail.spans, trail.xray, trail.xray.newId));
      } catch (error) {
        log.warn('trace not sent', { requestId: record.requestId, error });
      }
    },
  };
}
