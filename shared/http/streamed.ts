/**
 * The only place that writes to a Lambda response stream.
 *
 * `awslambda` is a global of Lambda's Node runtime; the local host provides a
 * faithful one. https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html
 */
import type { Writable } from 'node:stream';
import { keptAlive } from '../streaming/keep-alive.ts';
import { buffered } from './buffered.ts';
import type { GatewayEvent, HttpHandler } from './event.ts';

/** Resolves when the stream takes more, or never will because the caller has left. */
const writable = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    const proceed = () => {
      stream.off('drain', proceed).off('close', proceed);
      resolve();
    };
    stream.on('drain', proceed).on('close', proceed);
  });

/**
 * Writes on while anybody listens, and reads on when nobody does: what comes
 * afterwards, the metering above all, needs the stream's own end. Waits for the
 * stream to drain, so a slow caller slows the provider and fills no memory.
 */
async function relay(
  body: AsyncIterable<Uint8Array>,
  stream: Writable,
  callerLeft: () => void = () => {},
): Promise<void> {
  // At once, and not when there is something to write next: the provider may be silent.
  if (stream.destroyed) callerLeft();
  else stream.once('close', callerLeft);
  for await (const chunk of body) {
    if (!stream.destroyed && !stream.write(chunk)) await writable(stream);
  }
  stream.off('close', callerLeft);
}

/**
 * Resolves when the last byte is out or the caller has left: neither is an error
 * of ours. By its events, since Lambda's stream is no `Writable` that
 * `finished` would understand.
 */
const close = (stream: Writable): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed) resolve();
    else stream.once('finish', resolve).once('close', resolve).end();
  });

/** A stream that has ended is destroyed, too. */
const hasLeft = (stream: Writable) => (): boolean => stream.destroyed && !stream.writableFinished;

/** Lambda's entry point for a function that streams its answer. */
export const streamed = (handler: HttpHandler, mode: 'stream' | 'buffered'): unknown =>
  mode === 'buffered'
    ? buffered(handler)
    : awslambda.streamifyResponse(async (event: GatewayEvent, responseStream, context) => {
        const answer = await handler(event, context, hasLeft(responseStream));
        const { status, headers, body, keepAlive, callerLeft, afterwards } = answer;
        const stream = awslambda.HttpResponseStream.from(responseStream, {
          statusCode: status,
          headers: { ...headers },
        });
        // A caller who leaves makes writes fail; the relay sees `destroyed` and reads on.
        stream.on('error', () => {});
        try {
          if (typeof body === 'string' || body instanceof Uint8Array) stream.write(body);
          else await relay(keepAlive ? keptAlive(body, keepAlive) : body, stream, callerLeft);
        } catch (error) {
          await afterwards?.(error);
          // The runtime breaks the stream off, where an end would make it look whole.
          throw error;
        }
        await Promise.all([close(stream), afterwards?.()]);
      });
