/**
 * Puts a call into the request log once its last byte is out. It never throws and nobody waits for it: without the queue a
 * line is lost and an answer is not (I12), and whoever runs the gateway hears of it.
 */
import type { BodyStore } from '../bodies/body-store.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Log } from '../observability/log.ts';
import type { CountEvent } from '../observability/metrics.ts';
import type { RequestRecord } from '../observability/request-record.ts';
import type { Queue } from '../queues/queue.ts';
import type { CopiedAnswer } from './copied-answer.ts';
import { type RequestLogPolicy, type RequestLogWishes, requestLogOf } from './project-request-log.ts';
import { isSampled } from './sampled.ts';

export type RequestLoggerDeps = {
  /** `defaults.requestLog` of `sluice.json`. */
  readonly defaults: RequestLogWishes;
  /** Is there a key of the customer's to keep content under? */
  readonly hasContentKey: boolean;
  readonly inbox: Pick<BodyStore, 'put'>;
  readonly queue: Pick<Queue, 'send'>;
  readonly log: Log;
  readonly countEvent: CountEvent;
  readonly newId: (prefix: string) => string;
  /** For AES-GCM, a new one every time. */
  readonly newNonce: () => Buffer;
};

export type CallToLog = {
  readonly record: RequestRecord;
  readonly caller: ProjectCaller;
  readonly policy: RequestLogPolicy;
  /** As it was let in. */
  readonly request: unknown;
  /** Null where the policy does not want it. */
  readonly answer: CopiedAnswer | null;
};

export type RequestLogger = {
  /** Null where nothing of the request is kept. */
  readonly wanted: (caller: ProjectCaller, requestId: string) => RequestLogPolicy | null;
  readonly log: (call: CallToLog) => Promise<void>;
};

export function createRequestLogger(deps: RequestLoggerDeps): RequestLogger {
  const { defaults, log, countEvent } = deps;

  return {
    wanted({ policy: { requestLog } }, requestId) {
      const policy = requestLogOf(defaults, requestLog);
      return policy.mode === 'off' || !isSampled(requestId, policy.sample) ? null : policy;
    },

    async log(call) {
      const { record, caller } = call;
      try {
        const { logCall } = await import('./log-call.ts');
        await logCall(deps, call);
      } catch (error) {
        log.error('request not logged', { requestId: record.requestId, projectId: caller.projectId, error });
        countEvent('RequestLogLost');
      }
    },
  };
}
