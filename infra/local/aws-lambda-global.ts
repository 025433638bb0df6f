/**
 * The `awslambda` global of Lambda's Node runtime, for one machine: the same
 * calls, and on the wire the same prelude (status and headers as JSON, eight
 * zero bytes) before the body. Read from the runtime's own client,
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 */
import { Writable } from 'node:stream';
import type { Context } from 'aws-lambda';

type StreamingFunction = (event: unknown, stream: Writable, context: Context) => Promise<void>;

const streaming = Symbol.for('sluice.local.streaming');

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

/** The stream that Lambda hands to a streaming function. */
class ResponseStream extends Writable {
  _onBeforeFirstWrite: ((write: (chunk: Uint8Array | string) => void) => void) | null = null;
  readonly #onPrelude: OnPrelude;
  readonly #sink: Sink;
  #contentType = '';

  constructor(onPrelude: OnPrelude, sink: Sink) {
    super();
    this.#onPrelude = onPrelude;
    this.#sink = sink;
  }

  setContentType(type: string): void {
    this.#contentType = type;
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#begin();
    if (this.#sink.write(chunk)) callback();
    else this.#sink.onDrain(callback);
  }

  override _final(callback: (error?: Error) => void): void {
    this.#begin();
    this.#sink.end();
    callback();
  }

  #begin(): void {
    const write = this._onBeforeFirstWrite;
    if (!write) return;
    this._onBeforeFirstWrite = null;
    const parts: Buffer[] = [];
    write((chunk) => parts.push(Buffer.from(chunk)));
    const prelude = Buffer.concat(parts);
    if (this.#contentType !== contentType || !prelude.subarray(-8).every((byte) => byte === 0)) {
      throw new Error('A streaming function must write through awslambda.HttpResponseStream.from');
    }
    const { statusCode, headers } = JSON.parse(prelude.subarray(0, -8).toString('utf8'));
    this.#onPrelude(statusCode, headers);
  }
}

const from = (stream: Writable, metadata: Record<string, unknown>): Writable => {
  if (!(stream instanceof ResponseStream)) throw new TypeError('Not a stream of this runtime');
  stream.setContentType(contentType);
  stream._onBeforeFirstWrite = (write) => {
    write(JSON.stringify(metadata));
    write(new Uint8Array(8));
  };
  return stream;
};

export function installAwsLambdaGlobal(): void {
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: StreamingFunction) => Object.assign(handler, { [streaming]: true }),
      HttpResponseStream: { from },
    },
  });
}

export const isStreaming = (handler: object): handler is StreamingFunction => streaming in handler;

export const responseStream = (onPrelude: OnPrelude, sink: Sink): Writable => new ResponseStream(onPrelude, sink);
