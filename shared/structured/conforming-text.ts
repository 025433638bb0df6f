/** Which texts of an answer have to conform to the format that was asked for. Pure. */
import type { CallKind } from '../usage/call-kind.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objectsIn = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** A choice that ended of itself; a refusal, a call of a tool and what was cut off say by themselves what they are. */
const chatTexts = (answer: Json): readonly string[] =>
  objectsIn(answer['choices']).flatMap(({ finish_reason: reason, message }) => {
    if (reason !== 'stop' || !isObject(message)) return [];
    const { content, tool_calls: calls, refusal } = message;
    const isAnother = objectsIn(calls).length > 0 || typeof refusal === 'string';
    // Where nothing is said, nothing is what was asked for.
    return isAnother ? [] : [typeof content === 'string' ? content : ''];
  });

/** Of a message in parts, the text of all of them. */
function responseTexts({ status, output }: Json): readonly string[] {
  const items = objectsIn(output);
  if (status !== 'completed' || items.some(({ type }) => /_call$/.test(String(type)) && type !== 'mcp_call')) return [];
  return items.flatMap(({ type, content }) => {
    const parts = objectsIn(content);
    if (type !== 'message' || parts.some((part) => part['type'] === 'refusal')) return [];
    return parts.map(({ text }) => (typeof text === 'string' ? text : '')).join('');
  });
}

export const conformingTexts = (kind: CallKind, answer: Json): readonly string[] =>
  kind === 'responses' ? responseTexts(answer) : chatTexts(answer);
