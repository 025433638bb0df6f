/** An answer's text as JSON. Parsers must not differ about it, or one could read what another has not checked (THREATS 6). */
import { asGatewayError } from '../errors.ts';
import { parseStrictJson } from '../http/strict-json.ts';

/** More than any model puts out. */
export const maxAnswerCharacters = 2_000_000;

const bounds = { subject: 'The answer', maxMembers: 200_000, exactNumbers: false };

export type AnswerJson =
  | { readonly kind: 'json'; readonly value: unknown }
  | { readonly kind: 'not json'; readonly problem: string };

export function readAnswer(text: string): AnswerJson {
  if (text.length > maxAnswerCharacters) {
    return { kind: 'not json', problem: `The answer has more than ${maxAnswerCharacters} characters.` };
  }
  const trimmed = text.trim();
  if (trimmed.startsWith('```'))
    return { kind: 'not json', problem: 'The answer is in a code fence: only JSON is wanted.' };
  try {
    return { kind: 'json', value: parseStrictJson(trimmed, bounds) };
  } catch (thrown) {
    return { kind: 'not json', problem: asGatewayError(thrown).message.replace('The body', 'The answer') };
  }
}
