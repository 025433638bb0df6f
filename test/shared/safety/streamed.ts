/** Streams through the guard, for tests: with checks that say what they are told to, when they are told to. */

import { assembled } from '../../../shared/cache/assemble.ts';
import type { EntityKind } from '../../../shared/redaction/entity.ts';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { guardedStream } from '../../../shared/safety/guarded-stream.ts';
import type { OutputCheck, OutputGuard, OutputModeration } from '../../../shared/safety/output-guard.ts';
import type { StreamDialect } from '../../../shared/safety/refusals.ts';
import { dataOf, framesOf } from '../../../shared/streaming/frames.ts';

export const off: OutputGuard = { moderation: null, redaction: null, restore: null };

export const redacting = (kinds: readonly EntityKind[] = ['secrets', 'email']): OutputGuard => ({
  ...off,
  redaction: { kinds, redactor: createRedactor(kinds) },
});

export const moderating = (check: OutputCheck, more: Partial<OutputModeration> = {}): OutputGuard => ({
  ...off,
  moderation: { check, holdsBack: true, windowChars: 240, ...more },
});

export const unless =
  (word: string): OutputCheck =>
  async (text) =>
    text.includes(word) ? 'refused' : 'cleared';

/** A check that answers when it is told to. */
export function heldChecks() {
  const asked: { readonly text: string; readonly answer: (verdict: 'cleared' | 'refused') => void }[] = [];
  const check: OutputCheck = (text) => new Promise((resolve) => asked.push({ text, answer: resolve }));
  return { asked, check };
}

export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Frames as a test hands them out. */
export function source() {
  const waiting: ((result: IteratorResult<Uint8Array>) => void)[] = [];
  const failing: ((error: Error) => void)[] = [];
  const given: IteratorResult<Uint8Array>[] = [];
  const seen = { returned: 0, read: 0 };
  const give = async (result: IteratorResult<Uint8Array>) => {
    const take = waiting.shift();
    if (take) take(result);
    else given.push(result);
    await settled();
  };
  return {
    seen,
    say: (...frames: string[]) => give({ done: false, value: Buffer.from(frames.join('')) }),
    end: () => give({ done: true, value: undefined }),
    fail: async (error: Error) => {
      failing.at(-1)?.(error);
      await settled();
    },
    frames: {
      [Symbol.asyncIterator]: (): AsyncIterator<Uint8Array> => ({
        next: () => {
          seen.read++;
          const next = given.shift();
          if (next) return Promise.resolve(next);
          return new Promise((resolve, reject) => {
            waiting.push(resolve);
            failing.push(reject);
          });
        },
        return: async () => {
          seen.returned++;
          return { done: true, value: undefined };
        },
      }),
    },
  };
}

/** What comes out, as it comes. */
export function reading(stream: AsyncIterable<Uint8Array>) {
  const said: string[] = [];
  const state = { ended: false };
  const over = (async () => {
    for await (const chunk of stream) said.push(Buffer.from(chunk).toString('utf8'));
    state.ended = true;
  })();
  return { said, state, over, text: () => said.join('') };
}

async function* each(frames: readonly string[]): AsyncGenerator<Uint8Array> {
  for (const frame of frames) yield Buffer.from(frame);
}

export type Guarded = { readonly text: string; readonly refusals: number };

export async function guarded(
  frames: readonly string[] | AsyncIterable<Uint8Array>,
  guard: OutputGuard,
  dialect: StreamDialect = 'chat',
): Promise<Guarded> {
  let refusals = 0;
  const options = {
    dialect,
    onRefused: () => {
      refusals++;
    },
  };
  const read = reading(
    guardedStream(
      Symbol.asyncIterator in frames && !Array.isArray(frames) ? frames : each(frames as string[]),
      guard,
      options,
    ),
  );
  await read.over;
  return { text: read.text(), refusals };
}

/** What the frames of a stream say, one after the other. */
export const dataIn = (stream: string): Record<string, unknown>[] =>
  [...framesOf(Buffer.from(stream))]
    .map((frame) => dataOf(frame))
    .filter((data) => data !== null && data !== '[DONE]')
    .map((data) => JSON.parse(data as string));

type Message = {
  readonly content: string | null;
  readonly tool_calls?: {
    readonly id: string;
    readonly function: { readonly name: string; readonly arguments: string };
  }[];
  readonly [name: string]: unknown;
};
type Choice = {
  readonly index: number;
  readonly finish_reason: string | null;
  readonly message: Message;
  readonly logprobs: unknown;
};

/** The completion that a stream tells. */
export function told(stream: string): readonly Choice[] {
  const whole = assembled(Buffer.from(stream), null);
  if (!whole) throw new Error(`No whole answer: ${stream}`);
  return whole['choices'] as Choice[];
}
