/** What follows from an answer of the model: tools are run and it is asked again, or the answer is the last. */
import { asGatewayError, GatewayError } from '../errors.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import { withBody } from '../inference/preparation.ts';
import { waitedFor } from '../inference/waited-for.ts';
import type { AnswerFormat } from '../structured/answer-format.ts';
import { repairRequest } from '../structured/repair-request.ts';
import type { ExecuteTool } from '../tools/execute-tool.ts';
import { chatDialect } from './chat-dialect.ts';
import { problemsOf } from './conformity.ts';
import { type AskedBody, type Dialect, free, isObject, type Json, type ToolOutcome, withoutCalls } from './dialect.ts';
import { firstStep, nextStep, type Step, type StepDeps } from './next-step.ts';
import { responsesDialect } from './responses-dialect.ts';
import { createRunTools } from './run-tools.ts';
import { summedUsage } from './summed-usage.ts';
import { type RunUnderWay, runUnderWay, type UnderWayDeps } from './under-way.ts';
import { tooDear } from './with-run.ts';
import { withinDollars } from './within-dollars.ts';

export type RunDeps = StepDeps & UnderWayDeps & { readonly executeTool: ExecuteTool };

/** Null where nobody is there any more who would be answered. */
type Again = () => Promise<Step | null>;

export type Verdict =
  /** Tools were run; with what they have brought the model is asked again. */
  | { readonly kind: 'called'; readonly outcomes: readonly ToolOutcome[]; readonly again: Again }
  /** It is not what was asked for. */
  | {
      readonly kind: 'nonconforming';
      readonly format: AnswerFormat;
      readonly problems: readonly string[];
      readonly repaired: Again;
    }
  /** In responses tools may have been run beside calls that the caller has to run. */
  | { readonly kind: 'last'; readonly outcomes: readonly ToolOutcome[] };

export type Running = {
  readonly run: RunUnderWay;
  readonly dialect: Dialect;
  /** The question that was let in before the run began. */
  readonly first: () => Promise<Step>;
  /** Of an answer that has come whole. Throws where the run may not go on. */
  readonly judge: (step: Step, answer: Json) => Promise<Verdict>;
  /** Of all answers so far; undefined where no provider told. */
  readonly usage: () => Json | undefined;
  /** Writes down why it has come to no good end. */
  readonly failed: (thrown: unknown) => GatewayError;
  /** The stream of an answer has ended without its end. */
  readonly brokeOff: () => void;
  /** Nobody is there any more to be answered: what is under way is read to its end, and nothing begins. */
  readonly callerLeft: () => void;
};

export function running(deps: RunDeps, call: InferenceCall): Running {
  const { now, runSettings } = deps;
  const { requestId, caller, signal, prepared } = call;
  const { tools, format, request } = prepared;
  const run = runUnderWay(deps, call);
  const dialect = request.kind === 'responses' ? responsesDialect : chatDialect;
  const runTools = createRunTools({ ...deps, ...runSettings });
  let usage: Json | undefined;
  let hasLeft = false;
  let current: Step | null = null;

  const within = (fitted: InferenceCall['prepared']): InferenceCall['prepared'] => {
    if (run.id === null) return fitted;
    const model = deps.catalogue.find(fitted.request.body.model);
    const affordable = withinDollars(fitted.request, fitted.bodyBytes, model, run.leftMicroUsd());
    if (!affordable) throw tooDear(runSettings);
    return affordable === fitted.request ? fitted : withBody(fitted, affordable.body);
  };

  async function ask(step: Step, body: AskedBody): Promise<Step | null> {
    if (hasLeft) {
      run.abandoned();
      return null;
    }
    await Promise.all([step.settle(), run.mayGoOn()]);
    // Its first answer is on its way: a stream has no other end than the run's own.
    const answerByMs = request.streamed ? run.endsAtMs : Math.min(call.answerByMs, run.endsAtMs);
    current = await nextStep(deps, call, body, within, answerByMs);
    if (hasLeft) current.answer.callerLeft?.();
    return current;
  }

  async function outcomesOf(own: Parameters<typeof runTools>[0]) {
    const timeout = new AbortController();
    const timer = setTimeout(() => timeout.abort(), Math.max(0, run.endsAtMs - now()));
    const toolRun = {
      projectId: caller.projectId,
      requestId,
      runId: run.id,
      step: run.asked(),
      trail: call.report.trail,
      signal: AbortSignal.any([signal, timeout.signal]),
    };
    try {
      // Whoever runs them, it is not the gateway's own time.
      return await waitedFor(now, call.report, 'tools', runTools(own, tools, run.made, toolRun, run.note));
    } finally {
      clearTimeout(timer);
    }
  }

  return {
    run,
    dialect,
    usage: () => usage,
    failed(thrown) {
      const error = notBegunAgain(asGatewayError(thrown), run);
      run.failed(error);
      if (request.streamed) call.report.failure = error.why;
      if (error.why === 'internal') deps.log.error('run failed', { requestId, error: error.cause ?? error });
      return error;
    },
    brokeOff: () => {
      if (hasLeft) run.abandoned();
      else run.failed(new GatewayError('upstream_error'));
    },
    callerLeft: () => {
      hasLeft = true;
      current?.answer.callerLeft?.();
    },
    async first() {
      current = await firstStep(deps, call);
      return current;
    },
    async judge(step, answer) {
      run.answered(step, answer['usage']);
      if (isObject(answer['usage'])) usage = usage ? summedUsage(usage, answer['usage']) : answer['usage'];
      const { own, others } = dialect.callsIn(answer, tools);
      const isLast = run.asked() >= runSettings.maxSteps;
      if (own.length > 0 && isLast && !others && !hasLeft) throw tooManySteps(runSettings.maxSteps);
      if (own.length > 0 && hasLeft) run.abandoned();
      // In chat its caller could not give back what they have brought.
      const mayRun = own.length > 0 && !isLast && !hasLeft && (!others || dialect.showsOutcomes);
      if (mayRun) {
        const { outcomes, isCircling } = await outcomesOf(own);
        if (others) return { kind: 'last', outcomes };
        const asked = free(dialect.withOutcomes(step.call.prepared.request.body, answer, outcomes));
        const mustAnswer = isCircling || run.asked() + 1 >= runSettings.maxSteps;
        return { kind: 'called', outcomes, again: () => ask(step, mustAnswer ? withoutCalls(asked) : asked) };
      }
      const problems = own.length > 0 ? null : await problemsOf(format, step.call, answer);
      if (!problems || !format) return { kind: 'last', outcomes: [] };
      const { kind, body } = step.call.prepared.request;
      const repair = () => ask(step, free(repairRequest(kind, body, answer, problems)));
      return { kind: 'nonconforming', format, problems, repaired: repair };
    },
  };
}

/**
 * The SDKs send again what has failed by itself: what a model has answered would be paid for once more, and tools that
 * were run would be run once more, without anybody having asked for it.
 */
function notBegunAgain(error: GatewayError, { asked }: RunUnderWay): GatewayError {
  if (asked() === 0) return error;
  const { why, message, param, headers, cause, recovery, row } = error;
  return new GatewayError(why, {
    message,
    ...(param !== null && { param }),
    headers: { ...headers, 'x-should-retry': 'false' },
    cause,
    recovery,
    upstream: { status: row.status, code: row.code },
  });
}

const tooManySteps = (maxSteps: number): GatewayError =>
  new GatewayError('run_limit_reached', {
    message: `The model was asked ${maxSteps} times, which is as often as one request with tools may ask here, and still calls tools instead of answering.`,
  });
