/**
 * A streamed chat completion whose tools the gateway runs, or whose answer must have a format. What the model says goes
 * out as it comes; calls of the gateway's tools do not, and how a choice ends goes out once it is known to be its end.
 */
import { assembled } from '../cache/assemble.ts';
import { bodyOf } from '../errors.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import { wantsUsage } from '../streaming/wants-usage.ts';
import { usageObject } from '../usage/token-usage.ts';
import { functionOf } from './chat-dialect.ts';
import { nonconforming } from './conformity.ts';
import { isObject, type Json, objectsIn } from './dialect.ts';
import type { Step } from './next-step.ts';
import type { Running } from './running.ts';
import { doneFrame, eventsOf, frameOf, isStream, jsonIn } from './stream-events.ts';

/** Of the first chunk: one stream has one of each. */
type Identity = Pick<Json, 'id' | 'created' | 'model'>;

type Read = {
  /** What ends the choices, held back. */
  readonly endings: Json[];
  /** All of it, to be put together. */
  readonly frames: Buffer[];
  usageFrame: Buffer | null;
  isDone: boolean;
  identity: Identity | null;
};

const endsChoice = (chunk: Json): boolean =>
  objectsIn(chunk['choices']).some(({ finish_reason: reason }) => typeof reason === 'string' && reason !== '');

/** A delta without its calls of tools; null where nothing remains to be told. */
function withoutCalls(chunk: Json): Json | null {
  const choices = objectsIn(chunk['choices']).flatMap((choice) => {
    const { tool_calls: calls, ...said } = isObject(choice['delta']) ? choice['delta'] : {};
    const isEmpty = Object.values(said).every((value) => value === null || value === undefined);
    return calls !== undefined && isEmpty ? [] : [{ ...choice, delta: said }];
  });
  return choices.length > 0 ? { ...chunk, choices } : null;
}

/** A later answer goes on with the same message. */
const continued = (chunk: Json, identity: Identity | null): Json => ({
  ...chunk,
  ...identity,
  choices: objectsIn(chunk['choices']).map((choice) => {
    const { role: _, ...delta } = isObject(choice['delta']) ? choice['delta'] : {};
    return { ...choice, delta };
  }),
});

export async function* chatRun(
  { judge, usage, failed }: Running,
  call: InferenceCall,
  first: Step,
): AsyncGenerator<Uint8Array> {
  const { tools, request } = call.prepared;
  const runsTools = tools.size > 0;
  let identity: Identity | null = null;
  let step = first;
  try {
    for (let ordinal = 1; ; ordinal++) {
      const read: Read = { endings: [], frames: [], usageFrame: null, isDone: false, identity };
      const { body } = step.answer;
      if (!isStream(body)) {
        yield Buffer.from(body);
        return;
      }
      for await (const { frame, data } of eventsOf(body)) {
        if (data?.trim() === '[DONE]') read.isDone = true;
        const chunk = jsonIn(data);
        if (!chunk) {
          if (!read.isDone) yield frame;
          continue;
        }
        if (chunk['error']) {
          yield frame;
          continue;
        }
        read.frames.push(frame);
        const { id, created, model } = chunk;
        identity ??= { id, created, model };
        if (objectsIn(chunk['choices']).length === 0) read.usageFrame = frame;
        else if (endsChoice(chunk)) read.endings.push(chunk);
        else if (!runsTools) yield frame;
        else {
          const told = withoutCalls(ordinal === 1 ? chunk : continued(chunk, identity));
          if (told) yield frameOf(told);
        }
      }
      // It broke off, and has said so, or was given up.
      if (!read.isDone) return;
      const used = step.answer.usage?.() ?? null;
      const answer = assembled(Buffer.concat([...read.frames, doneFrame]), used && usageObject(used));
      if (!answer) return;
      const verdict = await judge(step, answer);
      if (verdict.kind === 'nonconforming') {
        // What was said cannot be taken back, so it is not asked again.
        throw nonconforming(verdict.format, verdict.problems);
      }
      const again = verdict.kind === 'called' ? await verdict.again() : null;
      if (again) {
        step = again;
        continue;
      }
      for (const ending of read.endings) yield frameOf(lastOf(ending, answer, tools, ordinal > 1 ? identity : null));
      const all = usage();
      if (wantsUsage(request.body)) {
        if (runsTools && all) yield frameOf({ ...identity, object: 'chat.completion.chunk', choices: [], usage: all });
        else if (read.usageFrame) yield read.usageFrame;
      }
      yield doneFrame;
      return;
    }
  } catch (thrown) {
    yield frameOf(bodyOf(failed(thrown)));
  }
}

/** With the calls that the caller has to run: they were held back with the gateway's own, and come whole. */
function lastOf(ending: Json, answer: Json, tools: ReadonlyMap<string, unknown>, identity: Identity | null): Json {
  const told = identity ? continued(ending, identity) : ending;
  if (tools.size === 0) return told;
  const message = objectsIn(answer['choices'])[0]?.['message'];
  const calls = objectsIn(isObject(message) ? message['tool_calls'] : []).filter(
    (called) => !tools.has(functionOf(called).name),
  );
  const choices = objectsIn(told['choices']).map((choice) => {
    const { tool_calls: _, ...delta } = isObject(choice['delta']) ? choice['delta'] : {};
    const others = calls.map((called, index) => ({ ...called, index }));
    return { ...choice, delta: { ...delta, ...(others.length > 0 && { tool_calls: others }) } };
  });
  return { ...told, choices };
}
