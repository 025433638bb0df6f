/** A whole answer, and all that it takes: tools that are run, a repair, and its place in a history. */
import { GatewayError } from '../errors.ts';
import { type Answered, costHeader } from '../inference/answered.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import { nonconforming } from './conformity.ts';
import { isObject, type Json } from './dialect.ts';
import type { Step } from './next-step.ts';
import { presented } from './presented.ts';
import { outputOf } from './responses-dialect.ts';
import type { Running, Verdict } from './running.ts';
import { shownOutput, withoutPreamble } from './shown-output.ts';

export async function wholeRun(
  { judge, usage, dialect }: Running,
  call: InferenceCall,
  first: Step,
): Promise<Answered> {
  const { tools, format, request } = call.prepared;
  const output: Json[] = [];
  let step = first;
  let isRepaired = false;
  let spentMicroUsd = 0;
  for (;;) {
    spentMicroUsd += step.answer.costMicroUsd ?? 0;
    const answer = answerOf(step);
    const verdict: Verdict = await judge(step, answer);
    if (verdict.kind === 'nonconforming') {
      const repaired = isRepaired ? null : await verdict.repaired();
      if (!repaired) throw nonconforming(verdict.format, verdict.problems);
      isRepaired = true;
      step = repaired;
      continue;
    }
    const again = verdict.kind === 'called' ? await verdict.again() : null;
    const items = again && format ? withoutPreamble(outputOf(answer)) : outputOf(answer);
    output.push(...shownOutput(items, tools, verdict.outcomes, step.call.admitted.row.id));
    if (again) {
      step = again;
      continue;
    }
    const used = usage();
    const last = { ...dialect.shown(answer, tools), ...(used && { usage: used }) };
    const body = request.kind === 'responses' ? await remembered({ ...last, output }, call, output) : last;
    return {
      ...step.answer,
      headers: { ...step.answer.headers, ...costHeader(spentMicroUsd) },
      body: JSON.stringify(body),
    };
  }
}

/** Who goes on with it at once finds it. */
async function remembered(response: Json, call: InferenceCall, output: readonly Json[]): Promise<Json> {
  const shown = presented(response, call);
  await call.prepared.history?.keep({ response: shown, output });
  return shown;
}

function answerOf({ answer: { body } }: Step): Json {
  const answer: unknown = typeof body === 'string' ? JSON.parse(body) : null;
  if (!isObject(answer)) throw new GatewayError('upstream_error');
  return answer;
}
