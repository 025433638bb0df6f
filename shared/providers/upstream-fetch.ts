/**
 * `fetch` on Node's own HTTP client, for the `openai` package. The global `fetch`
 * hands out its body as a web stream, which costs several times as much per chunk
 * as all else that the gateway does with it: docs/adr/0020.
 */
import { type ClientRequest, request as httpRequest, type IncomingMessage, globalAgent as plainAgent } from 'node:http';
import { request as httpsRequest, globalAgent as secureAgent } from 'node:https';
import { GatewayError } from '../errors.ts';
import type { Timeouts } from './timeouts.ts';
import { UpstreamResponse } from './upstream-response.ts';

type Fetch = typeof globalThis.fetch;
type Limits = Pick<Timeouts, 'connectMs' | 'idleMs'>;
type Exchange = { readonly url: URL; readonly signal: AbortSignal | undefined; send(): ClientRequest };

/** Redirects are not followed: the request holds a key that is nobody else's business. */
export const upstreamFetch =
  (limits: Limits): Fetch =>
  async (input, init = {}) => {
    const { method = 'GET', headers, body, signal } = init;
    if (body !== undefined && body !== null && typeof body !== 'string') throw new TypeError('Only text can be sent.');
    const url = new URL(input instanceof Request ? input.url : input);
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const options = {
      method,
      headers: {
        ...Object.fromEntries(headers instanceof Headers ? headers : new Headers(headers)),
        // What arrives is relayed as it is, so nobody may compress it.
        'accept-encoding': 'identity',
        ...(typeof body === 'string' && { 'content-length': Buffer.byteLength(body) }),
      },
    };
    const send = () => start(url, options).end(body ?? undefined);
    const message = await answered({ url, signal: signal ?? undefined, send }, limits);
    // The package is typed for a whole `Response`; it uses what there is.
    return new UpstreamResponse(message, url.href) as unknown as Response;
  };

/** The answer's headers; its body is watched from here on until the connection is done with it. */
function answered(exchange: Exchange, limits: Limits, mayBeStale = true): Promise<IncomingMessage> {
  const { signal } = exchange;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = exchange.send();
    let message: IncomingMessage | undefined;
    const end = (why: Error) => (message ?? request).destroy(why);
    const abort = () => end(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', abort));

    const connection = watchConnection(request, limits.connectMs, end);
    request.once('error', (error) => {
      const isStale = mayBeStale && !message && !signal?.aborted && connection.wasFoundDead(error);
      if (!isStale) return reject(error);
      closeIdle(exchange.url);
      resolve(answered(exchange, limits, false));
    });
    request.once('response', (answer) => {
      message = answer;
      watchSilence(request, answer, limits.idleMs, end);
      resolve(answer);
    });
  });
}

const deathOfSockets = new Set(['ECONNRESET', 'EPIPE']);

/** A dead end shows at once, where it has said goodbye, or after one way there and back. */
const foundDeadMs = 1_000;

/**
 * A new connection must be usable in time. A kept one must show sooner if it is
 * dead: its other end may have closed it long ago while the function was frozen,
 * and then nobody has seen the request. One that breaks later may have been at
 * work, and is not asked twice: it would be paid twice, and be one row of the ledger.
 */
function watchConnection(request: ClientRequest, connectMs: number, end: (why: Error) => unknown) {
  let isFresh = true;
  let seenBytes = 0;
  let timer = setTimeout(() => end(new GatewayError('upstream_connect_timeout')), connectMs);
  const done = () => clearTimeout(timer);
  request.once('socket', (socket) => {
    seenBytes = socket.bytesRead;
    if (request.reusedSocket) {
      done();
      timer = setTimeout(
        () => {
          isFresh = false;
        },
        Math.min(connectMs, foundDeadMs),
      );
      return;
    }
    if (!socket.connecting) return done();
    socket.once(isEncrypted(request) ? 'secureConnect' : 'connect', done);
  });
  request.once('close', done);
  return {
    wasFoundDead: ({ code = '' }: NodeJS.ErrnoException) =>
      isFresh && request.reusedSocket && request.socket?.bytesRead === seenBytes && deathOfSockets.has(code),
  };
}

const isEncrypted = ({ protocol }: ClientRequest): boolean => protocol === 'https:';

/** What slept as long as a connection that was found dead is taken for dead, too, so that the next one is new. */
function closeIdle({ hostname, port, protocol }: URL): void {
  const isSecure = protocol === 'https:';
  const host = hostname.replace(/^\[|\]$/g, '');
  const origin = `${host}:${port || (isSecure ? 443 : 80)}:`;
  const idle = Object.entries((isSecure ? secureAgent : plainAgent).freeSockets);
  for (const [name, sockets = []] of idle) {
    if (name.startsWith(origin)) for (const socket of sockets) socket.destroy();
  }
}

/**
 * The socket's own clock, which Node sets back at every byte without making a
 * timer. It stands for the provider's silence only: not while bytes wait for a
 * slow reader here, and not before the first bytes of a stream, which have a
 * limit of their own.
 */
function watchSilence(
  request: ClientRequest,
  message: IncomingMessage,
  idleMs: number,
  end: (why: Error) => unknown,
): void {
  const { socket } = message;
  const isStream = message.headers['content-type']?.startsWith('text/event-stream') ?? false;
  const isSilent = () => message.readableLength === 0 && (message.readableDidRead || !isStream);
  const onTimeout = () => {
    const heard = socket.bytesRead;
    socket.setTimeout(idleMs);
    if (!isSilent()) return;
    // A process that was busy or frozen hears its clocks before its sockets: one look at those.
    setImmediate(() => {
      if (socket.bytesRead === heard && isSilent()) end(new GatewayError('upstream_idle_timeout'));
    });
  };
  socket.setTimeout(idleMs);
  socket.on('timeout', onTimeout);
  request.once('close', () => socket.off('timeout', onTimeout));
}
