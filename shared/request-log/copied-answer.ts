/** A copy of an answer, up to a bound, taken while it leaves: it waits for nothing, and nothing waits for it. */
import type { HttpResponse } from '../http/response.ts';

/** Of what is logged of a request, and of an answer: characters of all its texts. */
export const mostLoggedCharacters = 256 * 1024;

/** Frames are many times as long as what they say. */
const mostCopiedBytes = 8 * mostLoggedCharacters;

export type CopiedAnswer = {
  readonly bytes: Buffer;
  readonly isStream: boolean;
  /** There was more. */
  readonly isCut: boolean;
};

export type Copying = {
  /** To hand on in place of the answer. */
  readonly response: HttpResponse;
  /** To be asked once it is out. */
  readonly copy: () => CopiedAnswer;
};

export function copying(response: HttpResponse, mostBytes = mostCopiedBytes): Copying {
  const { body } = response;
  if (typeof body === 'string' || body instanceof Uint8Array) {
    return { response, copy: () => ({ bytes: Buffer.from(body), isStream: false, isCut: false }) };
  }
  const kept: Buffer[] = [];
  let bytes = 0;
  async function* relayed(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    for await (const chunk of chunks) {
      // Copied: a chunk may be a small part of a large piece of memory.
      if (bytes < mostBytes) kept.push(Buffer.from(chunk.subarray(0, mostBytes - bytes)));
      bytes += chunk.byteLength;
      yield chunk;
    }
  }
  return {
    response: { ...response, body: relayed(body) },
    copy: () => ({ bytes: Buffer.concat(kept), isStream: true, isCut: bytes > mostBytes }),
  };
}
