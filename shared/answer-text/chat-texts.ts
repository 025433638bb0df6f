/** The texts of a chat completion, whole or a chunk of one. https://platform.openai.com/docs/api-reference/chat-streaming */
import { createTextWalk, isObject, type JsonObject, type Place, type Texts } from './text-leaf.ts';

const ofTheAnswer = new Set(['model', 'system_fingerprint', 'service_tier', 'provider', 'usage', 'choices']);
const ofAChoice = new Set([
  'native_finish_reason',
  'stop_reason',
  'content_filter_results',
  'content_filter_offsets',
  'content_filter_result',
]);
/** What comes in pieces: of the chat API, and of the one that was before it. */
const inPieces = new Set(['delta', 'text']);

const otherThan = (known: ReadonlySet<string>, owner: JsonObject): string[] =>
  Object.keys(owner).filter((name) => !known.has(name));

export const choicesIn = (answer: JsonObject): readonly JsonObject[] => {
  const choices = answer['choices'];
  return Array.isArray(choices) ? choices.filter(isObject) : [];
};

export const indexOf = (choice: JsonObject): number => (typeof choice['index'] === 'number' ? choice['index'] : 0);

export function chatTexts(answer: JsonObject): Texts {
  const walk = createTextWalk();
  for (const choice of choicesIn(answer)) {
    const speaker = `choice ${indexOf(choice)}`;
    const whole: Place = { channel: null, speaker, tokens: null, depth: 1 };
    const names = otherThan(ofAChoice, choice);
    walk.members(
      choice,
      { ...whole, channel: speaker },
      names.filter((name) => inPieces.has(name)),
    );
    walk.members(
      choice,
      whole,
      names.filter((name) => !inPieces.has(name)),
    );
  }
  walk.members(answer, { channel: null, speaker: '', tokens: null, depth: 0 }, otherThan(ofTheAnswer, answer));
  const { choices } = answer;
  if (choices !== undefined && choicesIn(answer).length !== (Array.isArray(choices) ? choices.length : -1))
    walk.refuse('text');
  return walk.texts();
}
