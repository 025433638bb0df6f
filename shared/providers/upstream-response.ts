/** As much of a `Response` as the `openai` package and this folder read, over Node's own message. */
import type { IncomingMessage } from 'node:http';
import { inOpenAiShape } from './error-body.ts';

export class UpstreamResponse {
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
    const text = Buffer.concat(chunks).toString('utf8');
    return this.ok ? text : inOpenAiShape(text);
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }
}
