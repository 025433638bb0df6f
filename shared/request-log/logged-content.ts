/** What is kept of what was said in a call. */
import { type CopiedAnswer, mostLoggedCharacters } from './copied-answer.ts';
import type { LoggedPart } from './project-request-log.ts';
import { redactedJson } from './redacted-json.ts';
import { saidInStream } from './said-in-stream.ts';

export type Said = {
  /** As it was let in. Undefined where it was no JSON. */
  readonly request: unknown;
  readonly answer: CopiedAnswer | null;
  readonly include: readonly LoggedPart[];
};

function answered({ bytes, isStream }: CopiedAnswer): unknown {
  if (isStream) return saidInStream(bytes);
  const text = bytes.toString('utf8');
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** JSON. */
export function loggedContent({ request, answer, include }: Said): string {
  const asked = include.includes('request') ? redactedJson(request ?? null, mostLoggedCharacters) : null;
  const said = include.includes('response') && answer ? redactedJson(answered(answer), mostLoggedCharacters) : null;
  return JSON.stringify({
    ...(asked && { request: asked.value }),
    ...(asked?.isCut && { request_cut: true }),
    ...(said && { response: said.value }),
    ...((said?.isCut || (said && answer?.isCut)) && { response_cut: true }),
  });
}
