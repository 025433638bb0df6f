/**
 * The events that a response which has ended would have come with, in the order that OpenAI documents: each text in one
 * piece. https://platform.openai.com/docs/api-reference/responses-streaming
 */
import { isObject } from '../answer-text/text-leaf.ts';
import type { JsonObject, ResponseStatus } from './stored-response.ts';

export type ReplayedEvent = JsonObject & { readonly type: string; readonly sequence_number: number };
type Unnumbered = JsonObject & { readonly type: string };

/** By how the response has ended. Others have no events that anyone waits for. */
const lastEvents = new Map<ResponseStatus, string>([
  ['completed', 'response.completed'],
  ['incomplete', 'response.incomplete'],
  ['failed', 'response.failed'],
]);

export const isReplayable = (status: ResponseStatus): boolean => lastEvents.has(status);

/** From the one after `startingAfter` on; all, where that is undefined. */
export function replayed(
  response: JsonObject,
  status: ResponseStatus,
  startingAfter: number | undefined,
): ReplayedEvent[] {
  const opened = { ...response, status: 'in_progress', error: null, incomplete_details: null, output: [], usage: null };
  const output = objectsIn(response['output']);
  const events: Unnumbered[] = [
    { type: 'response.created', response: opened },
    { type: 'response.in_progress', response: opened },
    ...output.flatMap((item, index) => eventsOfItem(item, index)),
    { type: lastEvents.get(status) ?? 'response.completed', response },
  ];
  return events
    .map((event, sequence_number) => ({ ...event, sequence_number }))
    .filter(({ sequence_number }) => sequence_number > (startingAfter ?? -1));
}

export const framesOf = (events: readonly ReplayedEvent[]): string =>
  events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');

const objectsIn = (value: unknown): readonly JsonObject[] => (Array.isArray(value) ? value.filter(isObject) : []);

function eventsOfItem(item: JsonObject, output_index: number): Unnumbered[] {
  const at = { item_id: item['id'], output_index };
  return [
    { type: 'response.output_item.added', output_index, item: { ...item, ...begunAs(item) } },
    ...eventsWithin(item, at),
    { type: 'response.output_item.done', output_index, item },
  ];
}

/** What an item is before anything of it has come. */
function begunAs({ type }: JsonObject): JsonObject {
  const begun = { status: 'in_progress' };
  switch (type) {
    case 'message':
      return { ...begun, content: [] };
    case 'reasoning':
      return { ...begun, summary: [], content: [] };
    case 'function_call':
      return { ...begun, arguments: '' };
    case 'mcp_call':
      return { ...begun, arguments: '', output: null };
    case 'custom_tool_call':
      return { ...begun, input: '' };
    default:
      return begun;
  }
}

function eventsWithin(item: JsonObject, at: JsonObject): Unnumbered[] {
  switch (item['type']) {
    case 'message':
    case 'reasoning':
      return [
        ...objectsIn(item['summary']).flatMap((part, summary_index) => eventsOfSummary(part, { ...at, summary_index })),
        ...objectsIn(item['content']).flatMap((part, content_index) => eventsOfPart(part, { ...at, content_index })),
      ];
    case 'function_call':
      return [
        { type: 'response.function_call_arguments.delta', ...at, delta: item['arguments'] },
        {
          type: 'response.function_call_arguments.done',
          ...at,
          name: item['name'],
          arguments: item['arguments'],
        },
      ];
    case 'mcp_call':
      return [
        { type: 'response.mcp_call.in_progress', ...at },
        { type: 'response.mcp_call_arguments.delta', ...at, delta: item['arguments'] },
        { type: 'response.mcp_call_arguments.done', ...at, arguments: item['arguments'] },
        { type: item['error'] ? 'response.mcp_call.failed' : 'response.mcp_call.completed', ...at },
      ];
    case 'custom_tool_call':
      return [
        { type: 'response.custom_tool_call_input.delta', ...at, delta: item['input'] },
        { type: 'response.custom_tool_call_input.done', ...at, input: item['input'] },
      ];
    default:
      return [];
  }
}

function eventsOfSummary(part: JsonObject, at: JsonObject): Unnumbered[] {
  return [
    { type: 'response.reasoning_summary_part.added', ...at, part: { ...part, text: '' } },
    { type: 'response.reasoning_summary_text.delta', ...at, delta: part['text'] },
    { type: 'response.reasoning_summary_text.done', ...at, text: part['text'] },
    { type: 'response.reasoning_summary_part.done', ...at, part },
  ];
}

function eventsOfPart(part: JsonObject, at: JsonObject): Unnumbered[] {
  const added = 'response.content_part.added';
  const done = { type: 'response.content_part.done', ...at, part };
  switch (part['type']) {
    case 'output_text': {
      const logprobs = part['logprobs'] ?? [];
      return [
        { type: added, ...at, part: { ...part, text: '', annotations: [], logprobs: [] } },
        { type: 'response.output_text.delta', ...at, delta: part['text'], logprobs },
        ...objectsIn(part['annotations']).map((annotation, annotation_index) => ({
          type: 'response.output_text.annotation.added',
          ...at,
          annotation_index,
          annotation,
        })),
        { type: 'response.output_text.done', ...at, text: part['text'], logprobs },
        done,
      ];
    }
    case 'refusal':
      return [
        { type: added, ...at, part: { ...part, refusal: '' } },
        { type: 'response.refusal.delta', ...at, delta: part['refusal'] },
        { type: 'response.refusal.done', ...at, refusal: part['refusal'] },
        done,
      ];
    case 'reasoning_text':
      return [
        { type: added, ...at, part: { ...part, text: '' } },
        { type: 'response.reasoning_text.delta', ...at, delta: part['text'] },
        { type: 'response.reasoning_text.done', ...at, text: part['text'] },
        done,
      ];
    default:
      return [{ type: added, ...at, part }, done];
  }
}
