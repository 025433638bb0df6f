/**
 * What `awslambda` does with an answer, each fact observed on Lambda's own
 * runtime client (run.ts) and demanded of the local host's stand-in
 * (aws-lambda-global.test.ts).
 */
import type { BehaviourName } from './small-functions.ts';

/** An answer as far as a caller can tell; `none` is one that API Gateway replaces by its own 5xx. */
export type Observed =
  | 'none'
  | {
      readonly status: number;
      readonly headers: Readonly<Record<string, string>>;
      readonly body: string;
      /** The name of the error that ended it early. */
      readonly failure: string | null;
    };

const answer = (body: string, status = 200, headers: Record<string, string> = {}, failure: string | null = null) => ({
  status,
  headers,
  body,
  failure,
});

const members = [
  ...['_onBeforeFirstWrite', 'addListener', 'cork', 'destroy', 'destroyed', 'emit', 'end', 'eventNames'],
  ...['getMaxListeners', 'listenerCount', 'listeners', 'off', 'on', 'once', 'prependListener', 'prependOnceListener'],
  ...['rawListeners', 'removeAllListeners', 'removeListener', 'setContentType', 'setMaxListeners', 'uncork'],
  ...['writable', 'writableCorked', 'writableEnded', 'writableFinished', 'writableHighWaterMark', 'writableLength'],
  ...['writableNeedDrain', 'writableObjectMode', 'write'],
];

/** In an order that matters to the last two. */
export const streamContract: readonly (readonly [BehaviourName, Observed])[] = [
  ['status and headers go before the first bytes', answer('first,second', 201, { 'x-one': '1' })],
  ['the stream that comes back is the one that was given', answer('true')],
  ['what is written is sent as UTF-8', answer('é🚰')],
  ['status and headers are those of the moment they were given', answer('body', 200, { 'x-one': '1' })],
  ['nothing written still sends status and headers', answer('', 204)],
  ['an end without a write sends neither', 'none'],
  ['what is handed to end alone comes without them, too', 'none'],
  ['bytes past the runtime’s wrapper have no status', 'none'],
  ['the last of several wrappers counts', answer('body', 202)],
  ['it is too late for a status once something is written', answer('first,Runtime.InvalidStreamingOperation')],
  ['a value that is no bytes is sent as JSON', answer('{"a":[1]}')],
  ['a failure before the first byte leaves no answer', 'none'],
  ['a failure after it shows in the trailers', answer('first', 200, {}, 'RangeError')],
  ['the stream is not Node’s own, and has these members', answer(members.join())],
  ['stream/promises cannot tell when it is finished', answer('a'.repeat(8_000_000))],
  ['and so it was', answer('it did not wait')],
];
