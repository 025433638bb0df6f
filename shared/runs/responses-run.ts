/**
 * A streamed response: its provider's events, as its caller asked for it. Where the gateway runs tools, the answers of
 * several questions are one response, and a call of a tool is told of as a server's own.
 *
 * https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { bodyOf } from '../errors.ts';
import type { InferenceCall } from '../inference/attempts.ts';
import { nonconforming } from './conformity.ts';
import { isObject, type Json } from './dialect.ts';
import { toldAsServers } from './mcp-events.ts';
import type { Step } from './next-step.ts';
import { presented } from './presented.ts';
import { outputOf } from './responses-dialect.ts';
import type { Running } from './running.ts';
import { shownOutput, withoutPreamble } from './shown-output.ts';
import { bytesOf, eventsOf, jsonIn, namedFrame } from './stream-events.ts';

const beginnings = new Set(['response.created', 'response.queued', 'response.in_progress']);
const ends = new Set(['response.completed', 'response.incomplete', 'response.failed']);

const responseIn = (event: Json): Json => (isObject(event['response']) ? event['response'] : {});

export async function* responsesRun(
  { judge, usage, failed, brokeOff }: Running,
  call: InferenceCall,
  first: Step,
): AsyncGenerator<Uint8Array> {
  const { tools, format, history } = call.prepared;
  /** A single answer of a provider keeps its numbers. */
  const isRun = tools.size > 0;
  const output: Json[] = [];
  let sequence = 0;
  let step = first;
  const numbered = (event: Json): Json => {
    const told = isRun ? { ...event, sequence_number: sequence } : event;
    sequence = isRun ? sequence + 1 : Math.max(sequence, Number(event['sequence_number'] ?? 0) + 1);
    return told;
  };
  try {
    for (let ordinal = 1; ; ordinal++) {
      const stepId = step.call.admitted.row.id;
      const servers = toldAsServers(tools, stepId, output.length);
      const held: Json[] = [];
      let end: Json | null = null;
      let isBroken = false;
      for await (const { frame, data, event } of eventsOf(bytesOf(step.answer.body))) {
        // Nothing comes after its end, which is told of when it is known to be one.
        if (end || isBroken) continue;
        const isPlain = event !== null && !beginnings.has(event) && !ends.has(event) && event !== 'error';
        const told = isPlain && !isRun ? null : jsonIn(data);
        if (!told) {
          sequence += data === null ? 0 : 1;
          yield frame;
          continue;
        }
        const type = String(told['type'] ?? event);
        if (ends.has(type)) end = told;
        else if (beginnings.has(type)) {
          if (ordinal === 1)
            yield namedFrame(numbered({ ...told, response: begun(presented(responseIn(told), call)) }));
        } else if (type === 'error') {
          isBroken = true;
          yield namedFrame(numbered(told));
        } else if (isRun && format) held.push(told);
        else for (const shown of servers.told(told)) yield namedFrame(numbered(shown));
      }
      if (!end) {
        brokeOff();
        return;
      }
      const answer = responseIn(end);
      const verdict = await judge(step, answer);
      if (verdict.kind === 'nonconforming') {
        // What was said cannot be taken back, so it is not asked again.
        throw nonconforming(verdict.format, verdict.problems);
      }
      const said = outputOf(answer);
      const items = verdict.kind === 'called' && format ? withoutPreamble(said) : said;
      for (const event of eventsAbout(items, said, held))
        for (const one of servers.told(event)) yield namedFrame(numbered(one));
      const shown = shownOutput(items, tools, verdict.outcomes, stepId);
      for (const event of servers.ended(items, shown)) yield namedFrame(numbered(event));
      output.push(...shown);
      const again = verdict.kind === 'called' ? await verdict.again() : null;
      if (again) {
        step = again;
        continue;
      }
      const used = usage();
      const response = presented({ ...answer, output, ...(used && { usage: used }) }, call);
      await history?.keep({ response, output });
      yield namedFrame(numbered({ ...end, response }));
      return;
    }
  } catch (thrown) {
    const { message, param, code } = bodyOf(failed(thrown)).error;
    yield namedFrame({ type: 'error', code, message, param, sequence_number: sequence });
  }
}

/** Nothing of it is there yet. */
const begun = (response: Json): Json => ({ ...response, output: [] });

/** Of all that was said, what is told of some items alone, in their places among those. */
const eventsAbout = (items: readonly Json[], said: readonly Json[], events: readonly Json[]): readonly Json[] =>
  items === said
    ? events
    : events.flatMap((event) => {
        const item = said[Number(event['output_index'])];
        const place = item ? items.indexOf(item) : -1;
        return place === -1 ? [] : [{ ...event, output_index: place }];
      });
