/** What the checks ask the chat function, and words to look for where they must not be. */
export const prompt = 'canary-of-the-prompt';
export const word = 'canary-of-the-answer';

export const question = { model: 'test-model', messages: [{ role: 'user', content: prompt }] };
export const streamedQuestion = { ...question, stream: true };

/** Of a provider that no other question goes to. */
export const spareProvidersModel = 'spare-model';
/** A rate limit has a model left alone for a while: one for whoever asks first, one for whoever asks next. */
export const busyModels = ['busy-model-1', 'busy-model-2'] as const;

/** Of a body that is an error, all of whose members are there. */
export function errorIn(text: string): Readonly<Record<string, unknown>> {
  const { error } = JSON.parse(text);
  const members = Object.keys(error).sort().join();
  if (members !== 'code,message,param,type') throw new Error(`an error with the members ${members}`);
  return error;
}
