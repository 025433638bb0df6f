/** Which answers are given again: whole ones that say something and do nothing (THREATS 9). Pure; an allow-list. */
import type { CallKind } from '../usage/call-kind.ts';

type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null;
const isNothing = (value: unknown): boolean =>
  value === undefined || value === null || (Array.isArray(value) && value.length === 0);

/**
 * Ended of itself: not for its length, by a filter, or to run a tool. Refusals and citations of
 * the web are of their moment, and sound is kept by its provider for an hour.
 */
const isPlain = (choice: unknown): boolean => {
  if (!isObject(choice) || choice['finish_reason'] !== 'stop' || !isObject(choice['message'])) return false;
  const { content, tool_calls, function_call, refusal, audio, annotations } = choice['message'];
  return typeof content === 'string' && [tool_calls, function_call, refusal, audio, annotations].every(isNothing);
};

const isFilled = (values: unknown): values is readonly unknown[] => Array.isArray(values) && values.length > 0;

export function isStorable(kind: CallKind, answer: unknown): boolean {
  if (!isObject(answer) || !isNothing(answer['error'])) return false;
  if (kind === 'completions') return isFilled(answer['choices']) && answer['choices'].every(isPlain);
  return kind === 'embeddings' && isFilled(answer['data']);
}
