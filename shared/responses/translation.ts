/**
 * Everything between a response and a chat completion, without a word about networks.
 * Loaded when somebody first asks for a response: docs/adr/0062.
 */
import { isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { chatRequestOf } from './chat-request.ts';
import { responseMaking } from './response-making.ts';
import type { Made } from './response-object.ts';

type Request = Readonly<Record<string, unknown>>;

/** The first choice is the only one: responses have no `n`. */
const firstOf = (choices: unknown): JsonObject | null => {
  const first: unknown = Array.isArray(choices) ? choices.find((choice) => isObject(choice) && !choice['index']) : null;
  return isObject(first) ? first : null;
};

const objectIn = (value: unknown): JsonObject => (isObject(value) ? value : {});

/** Some end so, with a status of success. */
const hasFailed = ({ error }: JsonObject, finish: unknown): boolean => Boolean(error) || finish === 'error';

/** Null where the provider has given no answer. */
function responseOf(
  completion: unknown,
  request: Request,
  made: Made & { readonly completedAt: number },
): JsonObject | null {
  const answer = objectIn(completion);
  const choice = firstOf(answer['choices']);
  if (!choice || hasFailed(answer, choice['finish_reason'])) return null;
  const making = responseMaking(request, made, () => {});
  making.told(answer);
  const message = objectIn(choice['message']);
  const calls = message['tool_calls'];
  // Those of a whole answer are whole: each is one of its own, whatever its id.
  const numbered = Array.isArray(calls) ? calls.map((call: unknown, index) => ({ ...objectIn(call), index })) : [];
  making.said({ message: { ...message, tool_calls: numbered }, logprobs: choice['logprobs'] });
  return making.end(choice['finish_reason'], made.completedAt);
}

export type ResponseEvents = {
  /** The events that a chunk of the chat amounts to, as server-sent events; null where it says that the answer failed. */
  readonly chunk: (chunk: unknown) => string | null;
  /** The last events; null where there was no answer. `isOver`: the provider has said that this is all. */
  readonly end: (isOver: boolean, completedAt: number) => string | null;
};

function responseEvents(request: Request, made: Made): ResponseEvents {
  const frames: string[] = [];
  let sequence = 0;
  let begun = false;
  let finish: unknown = null;
  const making = responseMaking(request, made, (type, members) => {
    frames.push(`event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence++, ...members })}\n\n`);
  });
  const told = () => frames.splice(0).join('');

  return {
    chunk: (chunk) => {
      const said = objectIn(chunk);
      const choice = firstOf(said['choices']);
      if (hasFailed(said, choice?.['finish_reason'])) return null;
      making.told(said);
      if (!begun) making.begin();
      begun = true;
      if (choice) {
        making.said({ message: objectIn(choice['delta']), logprobs: choice['logprobs'] });
        // Some give an empty reason as long as there is none.
        finish = choice['finish_reason'] || finish;
      }
      return told();
    },
    end: (isOver, completedAt) => {
      const hasEnded = begun && (isOver || finish !== null);
      return hasEnded && making.end(finish, completedAt) ? told() : null;
    },
  };
}

export const translation = { chatRequestOf, responseOf, responseEvents };
export type Translation = typeof translation;
