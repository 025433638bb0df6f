/**
 * What chat is told when no provider answers: a message that somebody wrote, in
 * the shape of a completion. docs/adr/0046
 *
 * `finish_reason` is `fallback`, which no model says: with `stop` it would pass for
 * a finished answer; `length` makes agents ask for the rest, and with it as with
 * `content_filter` the helpers of the SDKs throw.
 */
import type { ErrorCause } from '../errors.ts';
import { eventStreamHeaders, type HttpResponse, json } from '../http/response.ts';
import { wantsUsage } from '../streaming/wants-usage.ts';

export type FallbackMessage = {
  readonly message: string;
  /** The error that is not shown. */
  readonly why: ErrorCause;
  readonly id: string;
  readonly createdAtMs: number;
};

type ChatRequest = Readonly<Record<string, unknown>> & { readonly model: string };

const typeOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && 'type' in value ? value.type : undefined;

/** `required`, or this one and no other; `allowed_tools` may require one of several. */
function requiresTool({ tool_choice: choice, function_call: call }: ChatRequest): boolean {
  if (typeof call === 'object' && call !== null) return true;
  if (typeof choice !== 'object' || choice === null) return choice === 'required';
  const { allowed_tools: allowed } = choice as { readonly allowed_tools?: { readonly mode?: unknown } };
  return typeOf(choice) === 'allowed_tools' ? allowed?.mode !== 'auto' : true;
}

/** Whoever asked for data or for a tool call would take the message for one, or break on it. */
export const canSayText = (body: ChatRequest): boolean =>
  (body['response_format'] == null || typeOf(body['response_format']) === 'text') && !requiresTool(body);

/** Nothing was asked of a model, so nothing was used. */
const usage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
const ended = { finish_reason: 'fallback', logprobs: null };
const goesOn = { finish_reason: null, logprobs: null };

const choicesOf = <Choice>({ n }: ChatRequest, choice: Choice) =>
  Array.from({ length: typeof n === 'number' ? n : 1 }, (_, index) => ({ index, ...choice }));

export function fallbackAnswer(
  body: ChatRequest,
  streamed: boolean,
  { message, why, id, createdAtMs }: FallbackMessage,
): HttpResponse {
  const headers = { 'x-sluice-fallback': 'message', 'x-sluice-error': why, 'x-sluice-cost-usd': '0.000000' };
  const about = { id, created: Math.floor(createdAtMs / 1000), model: body.model };
  if (!streamed) {
    const choice = { message: { role: 'assistant', content: message, refusal: null }, ...ended };
    return json(200, { ...about, object: 'chat.completion', choices: choicesOf(body, choice), usage }, headers);
  }
  const chunk = (choices: readonly object[], more: object = {}) => ({
    ...about,
    object: 'chat.completion.chunk',
    choices,
    ...more,
  });
  const chunks = [
    chunk(choicesOf(body, { delta: { role: 'assistant', content: '', refusal: null }, ...goesOn })),
    chunk(choicesOf(body, { delta: { content: message }, ...goesOn })),
    chunk(choicesOf(body, { delta: {}, ...ended })),
    ...(wantsUsage(body) ? [chunk([], { usage })] : []),
  ];
  const frames = [...chunks.map((value) => JSON.stringify(value)), '[DONE]'].map((data) => `data: ${data}\n\n`);
  return { status: 200, headers: { ...eventStreamHeaders, ...headers }, body: frames.join('') };
}
