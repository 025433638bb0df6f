/**
 * From an admitted call to its answer, with all that it takes: docs/adr/0067. Most calls take nothing but one question,
 * and are answered as they always were.
 */
import type { HttpResponse } from '../http/response.ts';
import { answerTo } from '../inference/answer.ts';
import type { Answered } from '../inference/answered.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import { chatRun } from './chat-run.ts';
import type { Step } from './next-step.ts';
import { responsesRun } from './responses-run.ts';
import { type RunDeps, type Running, running } from './running.ts';
import { wholeRun } from './whole-run.ts';

export async function answerRun(deps: RunDeps, call: InferenceCall): Promise<HttpResponse> {
  const { tools, format, request } = call.prepared;
  if (tools.size === 0 && !format && request.kind !== 'responses') return answerTo(deps, call);
  let isPlain = false;
  const asked = {
    ...call,
    // Given again is what was right at the first time of asking, and has done nothing (THREATS 9).
    mayBeKept: () => isPlain && tools.size === 0,
  };
  const run = running(deps, asked);
  const judged: Running = {
    ...run,
    judge: async (step, answer) => {
      const verdict = await run.judge(step, answer);
      isPlain = verdict.kind === 'last' && run.run.asked() === 1;
      return verdict;
    },
  };
  try {
    const first = await run.first();
    return request.streamed ? flowing(judged, asked, first) : await wholeRun(judged, asked, first);
  } catch (thrown) {
    throw run.failed(thrown);
  }
}

function flowing(run: Running, call: InferenceCall, first: Step): Answered {
  const flow = call.admitted.request.kind === 'responses' ? responsesRun : chatRun;
  return { ...first.answer, body: flow(run, call, first), callerLeft: run.callerLeft };
}
