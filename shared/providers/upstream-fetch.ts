/**
 * `fetch` on Node's own HTTP client, for the `openai` package. The global `fetch`
 * hands out its body as a web stream, which costs several times as much per chunk
 * as all else that the gateway does with it: docs/adr/0020.
 */
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** A provider that is silent for this long has gone, whatever TCP says. */
const silenceMs = 300_000;

/** As much of a `Response` as the package and this folder read. */
class UpstreamResponse {
  readonly #message: IncomingMessage;
  readonly url: string;
  readonly status: number;
  readonly headers: Headers;

  constructor(message: IncomingMessage, url: string) {
    this.#message = message;
    this.url = url;
    this.status = message.statusCode ?? 0;
    const { rawHeaders } = message;
    this.headers = new Headers();
    for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
      this.headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
    }
  }

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  /** Bytes as they come. Whoever stops reading closes the connection. */
  get body(): AsyncIterable<Uint8Array> {
    return this.#message;
  }

  async text(): Promise<string> {
    const chunks: Uint8Array[] = [];
    for await (const chunk of this.#message) chunks.push(chunk);
    return Buffer.concat(chunks).toString('utf8');
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}

/** Redirects are not followed: the request holds a key that is nobody else's business. */
export function upstreamFetch(input: string | URL | Request, init: RequestInit = {}): Promise<Response> {
  const { method = 'GET', headers, body, signal } = init;
  if (body !== undefined && typeof body !== 'string') throw new TypeError('Only text can be sent.');
  const url = new URL(input instanceof Request ? input.url : input);
  const start = url.protocol === 'https:' ? httpsRequest : httpRequest;

  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const request = start(url, {
      method,
      timeout: silenceMs,
      headers: {
        ...Object.fromEntries(headers instanceof Headers ? headers : new Headers(headers)),
        // What arrives is relayed as it is, so nobody may compress it.
        'accept-encoding': 'identity',
        ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
      },
    });
    let message: IncomingMessage | undefined;
    const end = (why: Error) => (message ?? request).destroy(why);
    const abort = () => end(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    request.once('close', () => signal?.removeEventListener('abort', abort));
    request.once('timeout', () => end(new Error('The provider has timed out: it was silent for too long.')));
    request.once('error', reject);
    request.once('response', (answered) => {
      message = answered;
      // The package is typed for a whole `Response`; it uses what there is.
      resolve(new UpstreamResponse(answered, url.href) as unknown as Response);
    });
    request.end(body);
  });
}
