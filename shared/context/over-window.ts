/** A conversation that does not fit, in OpenAI's words, which clients and their tests look for. */
import { GatewayError } from '../errors.ts';
import type { RequestTokens } from '../tokens/token-counter.ts';
import { type Conversation, conversationMember } from './conversation.ts';

export type OverWindow = {
  readonly request: Conversation;
  readonly tokens: RequestTokens;
  readonly window: number;
  /** What the caller states; null: nothing. */
  readonly statedOutput: number | null;
  /** Older turns may be left out, and what may not be is too much. */
  readonly isTrimmed: boolean;
};

/** What else there is. */
const besides = { completions: 'functions', responses: 'instructions and tools' } as const;

export function overWindow({
  request: { kind, body },
  tokens,
  window,
  statedOutput,
  isTrimmed,
}: OverWindow): GatewayError {
  const param = conversationMember[kind];
  const { total, fixed, exact } = tokens;
  const hasTools = Array.isArray(body['tools']) && body['tools'].length > 0;
  const parts = [
    hasTools ? `${total - fixed} in the ${param}, ${fixed} in the ${besides[kind]}` : `${total} in the ${param}`,
    ...(statedOutput === null ? [] : [`${statedOutput} in the completion`]),
  ].join(', ');
  const about = exact ? '' : 'about ';
  const what =
    statedOutput === null
      ? `your ${param} resulted in ${about}${total} tokens${hasTools ? ` (${parts})` : ''}`
      : `you requested ${about}${total + statedOutput} tokens (${parts})`;
  const shorter = statedOutput === null ? param : `${param} or completion`;
  const trimmed = isTrimmed
    ? " Older turns may be left out; the system messages and all from the user's last message on may not, and do not fit."
    : '';
  return new GatewayError('context_length_exceeded', {
    message: `This model's maximum context length is ${window} tokens. However, ${what}. Please reduce the length of the ${shorter}.${trimmed}`,
    param,
    headers: { 'x-sluice-token-usage': 'critical' },
  });
}
