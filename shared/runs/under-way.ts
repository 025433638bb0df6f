/** A run while it lasts: what it has made and spent, and whether it may go on. */
import { GatewayError } from '../errors.ts';
import type { InferenceCall, InferenceDeps } from '../inference/attempts.ts';
import { usageOf } from '../usage/token-usage.ts';
import type { Step } from './next-step.ts';
import type { RunStep, StoredRun } from './run.ts';
import type { RunStore } from './run-store.ts';
import type { CallsMade } from './run-tools.ts';
import type { RunSettings } from './settings.ts';
import { microDollars } from './with-run.ts';

export type UnderWayDeps = Pick<InferenceDeps, 'log' | 'now'> & {
  readonly runs: RunStore;
  readonly runSettings: RunSettings;
};

export type RunUnderWay = {
  readonly id: string | null;
  readonly made: CallsMade;
  /** Until then steps may begin, and answers be waited for. */
  readonly endsAtMs: number;
  readonly leftMicroUsd: () => number;
  /** How often the model has been asked. */
  readonly asked: () => number;
  /** A model has answered; `usage` in whichever shape the provider has it. */
  readonly answered: (step: Step, usage: unknown) => void;
  readonly note: (step: RunStep) => void;
  /** Throws where no further question may be asked: cancelled, out of time. */
  readonly mayGoOn: () => Promise<void>;
  readonly failed: (why: GatewayError) => void;
  /** Nobody is there any more who would be answered. */
  readonly abandoned: () => void;
};

export function runUnderWay(deps: UnderWayDeps, call: InferenceCall): RunUnderWay {
  const { log, now, runs, runSettings } = deps;
  const { requestId, caller, prepared, afterwards, receivedAtMs } = call;
  const id = prepared.runId;
  const named = id === null ? null : { id, projectId: caller.projectId };
  const steps: RunStep[] = [];
  // Without tools it is no run, and has the time that its request has.
  const endsAtMs = id === null ? Number.POSITIVE_INFINITY : receivedAtMs + runSettings.maxSeconds * 1000;
  let spentMicroUsd = 0;
  let asked = 0;
  let failure: GatewayError | null = null;
  let isAbandoned = false;

  // Beside the first question. Without it the run goes on: it can be neither looked up nor cancelled, and its caps hold (I12).
  const begun = named
    ? runs.begin(begunRun(call, named.id)).then(
        () => true,
        (error: unknown) => {
          log.warn('run not written down', { requestId, error });
          return false;
        },
      )
    : Promise.resolve(false);

  if (named) {
    afterwards(async () => {
      if (!(await begun)) return;
      const endedAt = Math.floor(now() / 1000);
      const ended = {
        status: isAbandoned ? ('cancelled' as const) : statusAfter(failure),
        endedAt,
        steps,
        failure: failure?.why ?? null,
      };
      await runs.end(named, ended).catch((error: unknown) => log.warn('run not written down', { requestId, error }));
    });
  }

  async function isCancelled(): Promise<boolean> {
    if (!named || !(await begun)) return false;
    try {
      return await runs.isCancelled(named);
    } catch (error) {
      log.warn('not known whether the run is cancelled', { requestId, error });
      return false;
    }
  }

  return {
    id,
    made: new Map(),
    endsAtMs,
    leftMicroUsd: () => microDollars(runSettings) - spentMicroUsd,
    asked: () => asked,
    note: (step) => steps.push(step),
    answered({ answer, startedAtMs }, usage) {
      asked += 1;
      const costMicroUsd = answer.costMicroUsd ?? answer.spentMicroUsd?.() ?? 0;
      spentMicroUsd += costMicroUsd;
      const { input = 0, output = 0 } = usageOf(usage) ?? {};
      const provider = call.report.provider;
      steps.push({
        type: 'model_call',
        startedAtMs,
        durationMs: now() - startedAtMs,
        ...(provider !== undefined && { provider }),
        inputTokens: input,
        outputTokens: output,
        costMicroUsd,
      });
    },
    async mayGoOn() {
      if (await isCancelled()) throw new GatewayError('run_cancelled');
      if (now() >= endsAtMs) {
        throw new GatewayError('run_limit_reached', {
          message: `The tools and the model took longer than the ${runSettings.maxSeconds} seconds that one request with tools may take here.`,
        });
      }
    },
    failed: (why) => {
      failure = why;
    },
    abandoned: () => {
      isAbandoned = true;
    },
  };
}

const begunRun = ({ caller, requestId, admitted, receivedAtMs }: InferenceCall, id: string): StoredRun => ({
  id,
  projectId: caller.projectId,
  apiKeyId: caller.apiKeyId,
  requestId,
  model: admitted.request.body.model,
  status: 'in_progress',
  createdAt: Math.floor(receivedAtMs / 1000),
  endedAt: null,
  cancelRequestedAt: null,
  steps: [],
  failure: null,
});

const statusAfter = (failure: GatewayError | null): StoredRun['status'] => {
  if (!failure) return 'completed';
  return failure.why === 'run_cancelled' ? 'cancelled' : 'failed';
};
