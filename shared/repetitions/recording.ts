/** An answer on its way to one caller, kept so that it can be given to another who asks for the same. */
import { collecting } from '../cache/collecting.ts';
import type { HttpResponse } from '../http/response.ts';

export type Recording = {
  /** To hand on in place of the answer. */
  readonly response: HttpResponse;
  /** Once it is out: all of it, or null where it broke off or was longer than is kept. */
  readonly whole: () => string | null;
};

const end = 'data: [DONE]\n\n';
const decoder = new TextDecoder();

/** A stream is whole when it says so: one that failed, or that nobody read to its end, does not. */
export function recorded(response: HttpResponse, maxBytes: number): Recording {
  const { body } = response;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const text = typeof body === 'string' ? body : decoder.decode(body);
    return { response, whole: () => (Buffer.byteLength(text) <= maxBytes ? text : null) };
  }
  let stream: string | null = null;
  const noted = (bytes: Buffer | null): void => {
    stream = bytes && decoder.decode(bytes);
  };
  return {
    response: { ...response, body: collecting(body, noted, maxBytes) },
    whole: () => (stream?.endsWith(end) ? stream : null),
  };
}
