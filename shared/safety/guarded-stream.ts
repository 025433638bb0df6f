/**
 * A stream that is guarded while it flows. What is cleared leaves at once, in the order in which it came; where something
 * is refused, what had not left is dropped, and the stream ends with `content_filter`. docs/adr/0055
 */
import { asGatewayError, bodyOf } from '../errors.ts';
import { chatErrorFrame, responseErrorFrame } from '../streaming/error-frame.ts';
import type { OutputGuard } from './output-guard.ts';
import type { StreamDialect } from './refusals.ts';
import { createStreamGuard } from './stream-guard.ts';

export type GuardedStreamOptions = {
  readonly dialect: StreamDialect;
  /** Stops the provider. Called once at most. */
  readonly onRefused: () => void;
};

/** Wakes the one who waits, or who is about to. */
function createBell() {
  let rung = false;
  let wake: (() => void) | null = null;
  return {
    ring(): void {
      rung = true;
      wake?.();
    },
    async heard(): Promise<void> {
      if (!rung) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      rung = false;
      wake = null;
    },
  };
}

/**
 * `frames`: complete ones, with the stream's own end or an error as the last. They are read when the caller waits, and one
 * read ahead. Nothing is thrown.
 */
export function guardedStream(
  frames: AsyncIterable<Uint8Array>,
  guard: OutputGuard,
  { dialect, onRefused }: GuardedStreamOptions,
): AsyncIterable<Uint8Array> {
  const source = frames[Symbol.asyncIterator]();
  const bell = createBell();
  const state = createStreamGuard(guard, dialect, { onRefused, onChange: bell.ring });
  let reading = false;
  let ended = false;
  let left = false;

  function read(): void {
    reading = true;
    source
      .next()
      .then(({ value, done }) => {
        reading = false;
        ended = done === true;
        if (done) state.end();
        else state.accept(value);
      })
      .catch((thrown: unknown) => {
        reading = false;
        ended = true;
        const body = bodyOf(asGatewayError(thrown));
        state.fail(dialect === 'chat' ? chatErrorFrame(body) : responseErrorFrame(body, null));
      })
      .finally(bell.ring);
  }

  /** A source that is being read comes to its end when its provider has been stopped, and is not waited for. */
  async function letGo(): Promise<void> {
    if (ended) return;
    ended = true;
    const returned = Promise.resolve(source.return?.()).catch(() => {});
    if (!reading) await returned;
  }

  async function* bytes(): AsyncGenerator<Uint8Array, undefined> {
    try {
      while (!left) {
        const ready = state.take();
        if (ready !== '') yield Buffer.from(ready);
        else if (state.isOver()) return;
        else {
          if (!ended && !reading && state.mayRead()) read();
          await bell.heard();
        }
      }
    } finally {
      await letGo();
    }
  }

  const generator = bytes();
  const iterator: AsyncIterator<Uint8Array, undefined> = {
    next: () => generator.next(),
    return: async () => {
      left = true;
      bell.ring();
      await letGo();
      return generator.return(undefined);
    },
  };
  return { [Symbol.asyncIterator]: () => iterator };
}
