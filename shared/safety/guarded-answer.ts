/** A whole answer, a chat completion or a response, guarded before the caller sees it. docs/adr/0055 */
import { chatTexts, choicesIn, indexOf } from '../answer-text/chat-texts.ts';
import { ofTheCaller, responseTexts } from '../answer-text/response-texts.ts';
import { forgetTokens, isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { guardedWhole } from './guarded-text.ts';
import { holdsBack, isRefused, type OutputGuard, type OutputModeration } from './output-guard.ts';
import type { StreamDialect } from './refusals.ts';

export type GuardedAnswer = { readonly kind: 'cleared'; readonly text: string } | { readonly kind: 'refused' };

const refused: GuardedAnswer = { kind: 'refused' };

function answerOf(text: string): JsonObject | null {
  try {
    const answer: unknown = JSON.parse(text);
    return isObject(answer) ? answer : null;
  } catch {
    return null;
  }
}

/** All that one choice says is checked as one text: what is split over its members is read together. */
async function isRefusedByCheck(
  seen: ReadonlyMap<string, readonly string[]>,
  { check, holdsBack }: OutputModeration,
): Promise<boolean> {
  const verdicts = Promise.all([...seen.values()].map((texts) => check(texts.join('\n')))).catch(() => ['refused']);
  return holdsBack && (await verdicts).includes('refused');
}

/** `text`: the JSON of the answer. What leaves is what was read of it, and never other members of the same name. */
export async function guardedAnswer(text: string, guard: OutputGuard, dialect: StreamDialect): Promise<GuardedAnswer> {
  const answer = answerOf(text);
  if (!answer) return holdsBack(guard) ? refused : { kind: 'cleared', text };
  const { leaves, unreadable, untoldTokens } =
    dialect === 'chat' ? chatTexts(answer) : responseTexts({ response: answer });
  if (isRefused(unreadable, guard)) return refused;
  const seen = new Map<string, string[]>();
  for (const leaf of leaves) {
    const whole = guardedWhole(leaf.text, leaf.json, guard);
    const ofSpeaker = seen.get(leaf.speaker) ?? [];
    seen.set(leaf.speaker, ofSpeaker);
    ofSpeaker.push(whole.seen);
    if (whole.said === leaf.text) continue;
    leaf.replace(whole.said);
    if (leaf.tokens) forgetTokens(leaf.tokens);
  }
  if (holdsBack(guard)) for (const owner of untoldTokens) forgetTokens(owner);
  if (guard.moderation && (await isRefusedByCheck(seen, guard.moderation))) return refused;
  return { kind: 'cleared', text: JSON.stringify(answer) };
}

const kept: readonly string[] = ['id', 'object', 'created', 'model', 'system_fingerprint', 'service_tier', 'usage'];

/** The answer with the policy's message in place of all that it said; what it cost, it has cost. */
export function refusedAnswer(text: string, message: string, dialect: StreamDialect): string {
  const answer = answerOf(text) ?? {};
  return JSON.stringify(dialect === 'chat' ? refusedCompletion(answer, message) : refusedResponse(answer, message));
}

const onlyKept = (answer: JsonObject, names: readonly string[]): JsonObject =>
  Object.fromEntries(names.filter((name) => answer[name] !== undefined).map((name) => [name, answer[name]]));

function refusedCompletion(answer: JsonObject, message: string): JsonObject {
  const choices = choicesIn(answer);
  return {
    ...onlyKept(answer, kept),
    choices: (choices.length > 0 ? choices : [{ index: 0 }]).map((choice) => ({
      index: indexOf(choice),
      message: { role: 'assistant', content: message, refusal: null },
      logprobs: null,
      finish_reason: 'content_filter',
    })),
  };
}

/** Ends as a stream does that is refused. What its caller has said is the caller's own. */
const refusedResponse = (answer: JsonObject, message: string): JsonObject => ({
  object: 'response',
  ...onlyKept(answer, ['id', 'created_at', ...ofTheCaller]),
  status: 'incomplete',
  error: null,
  incomplete_details: { reason: 'content_filter' },
  output: [
    {
      id: `msg_${String(answer['id'] ?? '').replace(/^resp_/, '')}`,
      type: 'message',
      role: 'assistant',
      status: 'incomplete',
      content: [{ type: 'output_text', text: message, annotations: [], logprobs: [] }],
    },
  ],
});
