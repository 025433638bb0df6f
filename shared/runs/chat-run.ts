/**
 * A streamed chat completion whose tools the gateway runs, or whose answer must have a format. What the model says goes
 * out as it comes; calls of the gateway's tools do not, and how a choice ends goes out once it is known to be its end.
 */
import { assembled } from '../cache/assemble.ts';
import { bodyOf, GatewayError } from '../errors.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import { wantsUsage } from '../streaming/wants-usage.ts';
import { usageObject } from '../usage/token-usage.ts';
import { functionOf, gatheredCalls } from './chat-calls.ts';
import { nonconforming } from './conformity.ts';
import { isObject, type Json, objectsIn } from './dialect.ts';
import type { Step } from './next-step.ts';
import type { Running } from './running.ts';
import { bytesOf, doneFrame, eventsOf, frameOf, jsonIn } from './stream-events.ts';

/** Of the first chunk: one stream has one of each. */
type Identity = Pick<Json, 'id' | 'created' | 'model'>;

type Read = {
  /** Held back as well, where it must be known that they are the last. */
  readonly told: Json[];
  /** What ends the choices, held back. */
  readonly endings: Json[];
  readonly calls: ReturnType<typeof gatheredCalls>;
  /** All of it, to be put together. */
  readonly frames: Buffer[];
  usageFrame: Buffer | null;
  isDone: boolean;
};

const ends = ({ finish_reason: reason }: Json): boolean => typeof reason === 'string' && reason !== '';

/** A delta without its calls of tools; null where nothing remains to be told. */
function withoutCalls(chunk: Json): Json | null {
  const choices = objectsIn(chunk['choices']).flatMap((choice) => {
    const { tool_calls: calls, ...said } = isObject(choice['delta']) ? choice['delta'] : {};
    const isEmpty = Object.values(said).every((value) => value === null || value === undefined);
    return calls !== undefined && isEmpty ? [] : [{ ...choice, delta: said }];
  });
  return choices.length > 0 ? { ...chunk, choices } : null;
}

/** A later answer goes on with the same message. `isBegun`: it is known who speaks. */
const continued = (chunk: Json, identity: Identity | null, isBegun: boolean): Json => ({
  ...chunk,
  ...identity,
  choices: objectsIn(chunk['choices']).map((choice) => {
    const { role, ...delta } = isObject(choice['delta']) ? choice['delta'] : {};
    return { ...choice, delta: isBegun ? delta : { role: role ?? 'assistant', ...delta } };
  }),
});

export async function* chatRun(
  { judge, usage, failed, brokeOff }: Running,
  call: InferenceCall,
  first: Step,
): AsyncGenerator<Uint8Array> {
  const { tools, request, format } = call.prepared;
  const runsTools = tools.size > 0;
  let identity: Identity | null = null;
  let isBegun = false;
  let step = first;
  const inRun = (chunk: Json): Buffer => {
    const told = continued(chunk, identity, isBegun);
    isBegun = true;
    return frameOf(told);
  };
  try {
    for (;;) {
      const read: Read = { told: [], endings: [], frames: [], calls: gatheredCalls(), usageFrame: null, isDone: false };
      for await (const { frame, data } of eventsOf(bytesOf(step.answer.body))) {
        if (data?.trim() === '[DONE]') read.isDone = true;
        const chunk = jsonIn(data);
        if (!chunk || !Array.isArray(chunk['choices'])) {
          // One that says neither anything nor that it failed is none that helpers could read.
          if (!read.isDone && (!chunk || chunk['error'])) yield frame;
          continue;
        }
        read.frames.push(frame);
        const choices = objectsIn(chunk['choices']);
        if (choices.length === 0) {
          read.usageFrame = frame;
          continue;
        }
        const { id, created, model } = chunk;
        identity ??= { id, created, model };
        if (runsTools) for (const { delta } of choices) read.calls.said(delta);
        const open = choices.filter((choice) => !ends(choice));
        if (open.length < choices.length) {
          read.endings.push({ ...chunk, choices: choices.filter(ends) });
          // Of several choices others may go on.
          if (open.length > 0) yield frameOf({ ...chunk, choices: open });
        } else if (!runsTools) yield frame;
        else {
          const told = withoutCalls(chunk);
          // What was said before a call of a tool would stand before the JSON.
          if (told && format) read.told.push(told);
          else if (told) yield inRun(told);
        }
      }
      // It broke off, and has said so, or was given up.
      if (!read.isDone) {
        brokeOff();
        return;
      }
      const used = step.answer.usage?.() ?? null;
      const answer = assembled(Buffer.concat([...read.frames, doneFrame]), used && usageObject(used));
      if (!answer) throw new GatewayError('upstream_error');
      const calls = read.calls.calls();
      const verdict = await judge(step, calls.length > 0 ? withCalls(answer, calls) : answer);
      if (verdict.kind === 'nonconforming') {
        // What was said cannot be taken back, so it is not asked again.
        throw nonconforming(verdict.format, verdict.problems);
      }
      const again = verdict.kind === 'called' ? await verdict.again() : null;
      if (again) {
        step = again;
        continue;
      }
      for (const told of read.told) yield inRun(told);
      const others = calls.filter((called) => !tools.has(functionOf(called).name));
      for (const [index, ending] of read.endings.entries())
        yield runsTools ? inRun(lastOf(ending, index === 0 ? others : [])) : frameOf(ending);
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

/** Not every provider numbers the fragments of its calls as the protocol has it. */
const withCalls = (answer: Json, calls: readonly Json[]): Json => ({
  ...answer,
  choices: objectsIn(answer['choices']).map((choice) => ({
    ...choice,
    message: { ...(isObject(choice['message']) && choice['message']), tool_calls: calls },
  })),
});

/** With the calls that the caller has to run: they were held back with the gateway's own, and come whole. */
const lastOf = (ending: Json, calls: readonly Json[]): Json => ({
  ...ending,
  choices: objectsIn(ending['choices']).map((choice) => {
    const { tool_calls: _, ...delta } = isObject(choice['delta']) ? choice['delta'] : {};
    const others = calls.map((called, index) => ({ ...called, index }));
    return { ...choice, delta: { ...delta, ...(others.length > 0 && { tool_calls: others }) } };
  }),
});
