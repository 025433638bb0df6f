/** What of an answer may be given again, known once it is out: the text of a whole one, however it came. */
import type { Answered } from '../inference/answered.ts';
import type { CallKind } from '../usage/call-kind.ts';
import { usageObject } from '../usage/token-usage.ts';
import { assembled } from './assemble.ts';
import { collecting } from './collecting.ts';
import { isStorable } from './storable.ts';

export type Kept = (text: string | null) => void;

type AnswerText = {
  /** To be sent in place of the answer. */
  readonly response: Answered;
  /** To be asked once it is out. Null where it is not to be given again. */
  readonly text: () => string | null;
};

/** What cannot be read is not given again: a provider's frames may be anything. */
function orNothing(read: () => string | null): string | null {
  try {
    return read();
  } catch {
    return null;
  }
}

function storable(kind: CallKind, answer: unknown, text: string): string | null {
  return isStorable(kind, answer) ? text : null;
}

export function answerText(kind: CallKind, answer: Answered): AnswerText {
  const { stop: _, mayBeKept: __, ...response } = answer;
  const { body, usage } = response;
  if (typeof body === 'string')
    return { response, text: () => orNothing(() => storable(kind, JSON.parse(body), body)) };
  if (body instanceof Uint8Array) return { response, text: () => null };

  let stream: Buffer | null = null;
  const copied = collecting(body, (whole) => {
    stream = whole;
  });
  return {
    response: { ...response, body: copied },
    text: () =>
      orNothing(() => {
        const used = usage?.() ?? null;
        const completion = stream && assembled(stream, used && usageObject(used));
        return completion && storable(kind, completion, JSON.stringify(completion));
      }),
  };
}
