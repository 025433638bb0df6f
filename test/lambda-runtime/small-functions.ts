/**
 * Functions that try out the runtime's stream itself. They are loaded by
 * Lambda's own runtime client and by the local host's stand-in, which have to
 * treat them alike: see stream-contract.ts.
 */
import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

type Behaviour = (stream: Writable) => Promise<unknown>;

const from = (stream: Writable, headers: Record<string, string> = {}, status = 200): Writable =>
  awslambda.HttpResponseStream.from(stream, { statusCode: status, headers });

const end = (stream: Writable): void => {
  stream.end();
};

/** What the last invocation found out after its answer was complete, for the next one to tell. */
let afterthought = 'nothing';

export const behaviours = {
  'status and headers go before the first bytes': async (stream) => {
    const wrapped = from(stream, { 'x-one': '1' }, 201);
    wrapped.write('first,');
    wrapped.write(Buffer.from('second'));
    end(wrapped);
  },
  'the stream that comes back is the one that was given': async (stream) => {
    const wrapped = from(stream);
    wrapped.write(String(wrapped === stream));
    end(wrapped);
  },
  'what is written is sent as UTF-8': async (stream) => {
    const wrapped = from(stream);
    wrapped.write('é🚰');
    end(wrapped);
  },
  'status and headers are those of the moment they were given': async (stream) => {
    const headers = { 'x-one': '1' };
    const wrapped = from(stream, headers);
    headers['x-one'] = '2';
    wrapped.write('body');
    end(wrapped);
  },
  'nothing written still sends status and headers': async (stream) => {
    const wrapped = from(stream, {}, 204);
    wrapped.write('');
    end(wrapped);
  },
  'an end without a write sends neither': async (stream) => end(from(stream)),
  'what is handed to end alone comes without them, too': async (stream) => {
    from(stream).end('body');
  },
  'bytes past the runtime’s wrapper have no status': async (stream) => {
    stream.write('body');
    end(stream);
  },
  'the last of several wrappers counts': async (stream) => {
    from(stream, {}, 201);
    const wrapped = from(stream, {}, 202);
    wrapped.write('body');
    end(wrapped);
  },
  'it is too late for a status once something is written': async (stream) => {
    const wrapped = from(stream);
    wrapped.write('first,');
    try {
      from(stream, {}, 500);
    } catch (error) {
      wrapped.write(error instanceof Error ? error.name : 'no error');
    }
    end(wrapped);
  },
  'a value that is no bytes is sent as JSON': async (stream) => {
    const wrapped = from(stream);
    wrapped.write({ a: [1] });
    end(wrapped);
  },
  'a failure before the first byte leaves no answer': async (stream) => {
    from(stream);
    throw new RangeError('before');
  },
  'a failure after it shows in the trailers': async (stream) => {
    from(stream).write('first');
    throw new RangeError('after');
  },
  'the stream is not Node’s own, and has these members': async (stream) => {
    const wrapped = from(stream);
    wrapped.write(Object.getOwnPropertyNames(stream).sort().join());
    end(wrapped);
  },
  'stream/promises cannot tell when it is finished': async (stream) => {
    const wrapped = from(stream);
    wrapped.write(Buffer.alloc(8_000_000, 'a'));
    wrapped.end();
    await finished(wrapped).catch(() => {});
    afterthought = wrapped.writableFinished ? 'it waited for the last byte' : 'it did not wait';
  },
  'and so it was': async (stream) => {
    const wrapped = from(stream);
    wrapped.write(afterthought);
    end(wrapped);
  },
} satisfies Record<string, Behaviour>;

export type BehaviourName = keyof typeof behaviours;

/** Made by a call, so that whoever loads this file has put up `awslambda` before. */
export const streamingFunction = (): unknown =>
  awslambda.streamifyResponse(async (event: { readonly behaviour: BehaviourName }, stream) => {
    await behaviours[event.behaviour](stream);
  });
