/** What the checks ask the chat function, and words to look for where they must not be. */
export const prompt = 'canary-of-the-prompt';
export const word = 'canary-of-the-answer';

export const question = { model: 'test-model', messages: [{ role: 'user', content: prompt }] };
export const streamedQuestion = { ...question, stream: true };

/** Of a body that is an error, all of whose members are there. */
export function errorIn(text: string): Readonly<Record<string, unknown>> {
  const { error } = JSON.parse(text);
  const members = Object.keys(error).sort().join();
  if (members !== 'code,message,param,type') throw new Error(`an error with the members ${members}`);
  return error;
}
