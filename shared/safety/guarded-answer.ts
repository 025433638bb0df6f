/** A whole chat completion, guarded before the caller sees it. docs/adr/0055 */
import { chatTexts, choicesIn, indexOf } from '../answer-text/chat-texts.ts';
import { forgetTokens, isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { guardedWhole } from './guarded-text.ts';
import { holdsBack, isRefused, type OutputGuard, type OutputModeration } from './output-guard.ts';

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
export async function guardedAnswer(text: string, guard: OutputGuard): Promise<GuardedAnswer> {
  const answer = answerOf(text);
  if (!answer) return holdsBack(guard) ? refused : { kind: 'cleared', text };
  const { leaves, unreadable, untoldTokens } = chatTexts(answer);
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

const kept = ['id', 'object', 'created', 'model', 'system_fingerprint', 'service_tier', 'usage'] as const;

/** The answer with the policy's message in place of all that it said; what it cost, it has cost. */
export function refusedAnswer(text: string, message: string): string {
  const answer = answerOf(text) ?? {};
  const choices = choicesIn(answer);
  return JSON.stringify({
    ...Object.fromEntries(kept.filter((name) => answer[name] !== undefined).map((name) => [name, answer[name]])),
    choices: (choices.length > 0 ? choices : [{ index: 0 }]).map((choice) => ({
      index: indexOf(choice),
      message: { role: 'assistant', content: message, refusal: null },
      logprobs: null,
      finish_reason: 'content_filter',
    })),
  });
}
