/** What a handler answers with. Writing it out is the business of `streamed.ts` and `buffered.ts`. */
export type HttpResponse = {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array | AsyncIterable<Uint8Array>;
  /**
   * Work that the caller need not wait for: it runs once the last byte is out,
   * also when the caller left early, and before the function ends.
   */
  readonly afterwards?: () => Promise<void>;
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
