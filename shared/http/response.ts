import type { KeepAlive } from '../streaming/keep-alive.ts';

/** What a handler answers with. Writing it out is the business of `streamed.ts` and `buffered.ts`. */
export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** How the stream is kept open while nothing comes; absent where it cannot be silent. */
  readonly keepAlive?: KeepAlive;
  /** To be told when the caller leaves before the last byte, where anybody knows of that. The body is read on until it ends. */
  readonly callerLeft?: () => void;
  /**
   * Work that the caller need not wait for: it runs once the last byte is out,
   * also when the caller left early, and before the function ends. `brokenBy`: what
   * kept the last byte from being made.
   */
  readonly afterwards?: (brokenBy?: unknown) => Promise<void>;
};

export const json = (status: number, value: unknown, headers: Readonly<Record<string, string>> = {}): HttpResponse => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify(value),
});

export const eventStreamHeaders = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache',
} as const;
