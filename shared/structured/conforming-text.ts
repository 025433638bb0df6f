/** Which texts of an answer have to conform to the format that was asked for. Pure. */
import type { CallKind } from '../usage/call-kind.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** How choices end that are no whole answers, by the names that providers have for it. */
export const cutOffReasons: ReadonlySet<unknown> = new Set(['length', 'max_tokens', 'model_length', 'content_filter']);

const isSaid = (value: unknown): boolean => typeof value === 'string' && value !== '';

/** A refusal, a call of a tool and what was cut off say by themselves what they are. Not every provider ends with `stop`. */
const chatTexts = (answer: Json): readonly string[] =>
  objectsIn(answer['choices']).flatMap(({ finish_reason: reason, message }) => {
    if (cutOffReasons.has(reason) || !isObject(message)) return [];
    const { content, tool_calls: calls, function_call: call, refusal } = message;
    if (objectsIn(calls).length > 0 || isObject(call) || isSaid(refusal)) return [];
    // Where nothing is said, nothing is what was asked for.
    return [typeof content === 'string' ? content : ''];
  });

/** Of tools that the provider does not run itself: the answer goes on with what its caller has to do. */
const callersTurn = new Set<unknown>([
  ...['function_call', 'custom_tool_call', 'computer_call', 'local_shell_call', 'shell_call', 'apply_patch_call'],
  'mcp_approval_request',
]);

/** Of a message in parts, the text of all of them. */
function responseTexts({ status, output }: Json): readonly string[] {
  const items = objectsIn(output);
  if (status !== 'completed' || items.some(({ type }) => callersTurn.has(type))) return [];
  const messages = items.filter(({ type }) => type === 'message').map(({ content }) => objectsIn(content));
  if (messages.length === 0) return [''];
  return messages.flatMap((parts) => {
    if (parts.some((part) => part['type'] === 'refusal')) return [];
    return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
  });
}

export const conformingTexts = (kind: CallKind, answer: Json): readonly string[] =>
  kind === 'responses' ? responseTexts(answer) : chatTexts(answer);
