/**
 * The `awslambda` global of Lambda's Node runtime, for one machine. It treats
 * answers as the runtime's own client does; test/lambda-runtime/ holds the two
 * to the same contract.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
import { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import type { Context } from 'aws-lambda';

type StreamingFunction = (event: unknown, stream: Writable, context: Context) => Promise<void>;

const streaming = Symbol.for('aws.lambda.runtime.handler.streaming');

/** Called once, with what the function chose, when its first byte is written. */
export type OnPrelude = (status: number, headers: Record<string, string>) => void;

/** Where the body goes: an HTTP response, or a test's collector. */
export type Sink = {
  /** False when the writer should wait for `onDrain`. */
  write(chunk: Uint8Array): boolean;
  onDrain(resume: () => void): void;
  end(): void;
};

const contentType = 'application/vnd.awslambda.http-integration-response';
const delimiter = Buffer.alloc(8);

type Write = (chunk: Uint8Array | string) => void;
type Done = (error?: Error | null) => void;

class InvalidStreamingOperation extends Error {
  override name = 'Runtime.InvalidStreamingOperation';
}

/** What is behind the stream that a function is given; on Lambda, a request to the Runtime API. */
class Answer extends Writable {
  _onBeforeFirstWrite: ((write: Write) => void) | null = null;
  readonly #onPrelude: OnPrelude;
  readonly #sink: Sink;
  #contentType = 'application/octet-stream';
  #written = false;
  #hasPrelude = false;

  constructor(onPrelude: OnPrelude, sink: Sink) {
    super();
    this.#onPrelude = onPrelude;
    this.#sink = sink;
  }

  /** API Gateway takes an answer for its own only if it begins with a status and headers. */
  get hasPrelude(): boolean {
    return this.#hasPrelude;
  }

  setContentType(type: string): void {
    if (this.#written) throw new InvalidStreamingOperation('Cannot set content-type, too late.');
    this.#contentType = type;
  }

  /** The prelude belongs to the first `write`. An `end` alone sends none, on Lambda either. */
  override write(chunk: unknown, encodingOrDone?: BufferEncoding | Done, done?: Done): boolean {
    if (!this.#written) this.#begin();
    this.#written = true;
    const bytes = typeof chunk === 'string' || chunk instanceof Uint8Array ? chunk : JSON.stringify(chunk);
    return super.write(bytes, encodingOrDone as BufferEncoding, done);
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: Done): void {
    if (!this.#hasPrelude || this.#sink.write(chunk)) callback();
    else this.#sink.onDrain(callback);
  }

  override _final(callback: Done): void {
    if (this.#hasPrelude) this.#sink.end();
    callback();
  }

  #begin(): void {
    const parts: Buffer[] = [];
    this._onBeforeFirstWrite?.((chunk) => parts.push(Buffer.from(chunk)));
    const prelude = Buffer.concat(parts);
    const end = prelude.indexOf(delimiter);
    if (this.#contentType !== contentType || end === -1) return;
    const { statusCode, headers } = JSON.parse(prelude.toString('utf8', 0, end));
    this.#hasPrelude = true;
    this.#onPrelude(statusCode, headers);
  }
}

const methods = [
  ...(['cork', 'destroy', 'end', 'uncork', 'write', 'addListener', 'on', 'once', 'prependListener'] as const),
  ...(['prependOnceListener', 'off', 'removeListener', 'removeAllListeners', 'setMaxListeners'] as const),
  ...(['getMaxListeners', 'listeners', 'rawListeners', 'listenerCount', 'eventNames', 'emit'] as const),
  'setContentType' as const,
];
const properties = ['destroyed', '_onBeforeFirstWrite'] as const;
const readOnly = [
  ...(['writableFinished', 'writableObjectMode', 'writableEnded', 'writableNeedDrain'] as const),
  ...(['writableHighWaterMark', 'writableCorked', 'writableLength', 'writable'] as const),
];

type RuntimeStream = Pick<Answer, (typeof methods | typeof properties | typeof readOnly)[number]>;

/**
 * Lambda hands out no stream of Node's, but an object with just these members. It can
 * be written to, ended and listened to; `pipe` has no such destination, and
 * `finished` of stream/promises resolves before the last byte is out.
 */
function runtimeStream(answer: Answer): Writable {
  const stream = Object.fromEntries(methods.map((name) => [name, answer[name].bind(answer)]));
  for (const name of [...properties, ...readOnly]) {
    Object.defineProperty(stream, name, {
      get: () => answer[name],
      set: (value: unknown) => Object.assign(answer, { [name]: value }),
    });
  }
  return stream as unknown as Writable;
}

const from = (stream: RuntimeStream, metadata: Record<string, unknown>): RuntimeStream => {
  stream.setContentType(contentType);
  const prelude = JSON.stringify(metadata);
  stream._onBeforeFirstWrite = (write) => {
    write(prelude);
    write(delimiter);
  };
  return stream;
};

export function installAwsLambdaGlobal(): void {
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: StreamingFunction) => Object.assign(handler, { [streaming]: 'response' }),
      HttpResponseStream: { from },
    },
  });
}

export const isStreaming = (handler: object): handler is StreamingFunction => streaming in handler;

export type StreamedAnswer = {
  /** For the function. */
  readonly stream: Writable;
  /** When the caller has left. Lambda never tells; one machine does, so that it stops writing. */
  leave(): void;
  /** Once the function has returned: what the runtime does before it takes the invocation for ended. */
  ended(): Promise<void>;
};

export function streamedAnswer(onPrelude: OnPrelude, sink: Sink): StreamedAnswer {
  const answer = new Answer(onPrelude, sink);
  let left = false;
  return {
    stream: runtimeStream(answer),
    leave: () => {
      left = true;
      answer.destroy();
    },
    async ended() {
      // Lambda would wait for the end until its time is up.
      if (!answer.writableEnded && !left) throw new Error('Response stream is not finished.');
      // A caller who leaves is no failure of the function.
      await finished(answer).catch(() => {});
      if (!answer.hasPrelude && !left) throw new Error('The answer has no status: nothing was written.');
    },
  };
}
