/** An answer on its way to one caller, kept so that it can be given to another who asks for the same. */
import { collecting } from '../cache/collecting.ts';
import type { HttpResponse } from '../http/response.ts';
import type { KeptAnswer } from '../idempotency/kept-answer.ts';
import { isWhole } from '../streaming/stream-end.ts';

export type Recording = {
  /** To hand on in place of the answer. */
  readonly response: HttpResponse;
  /** Once it is out: all of it, or null where it is none, broke off, or was longer than is kept. */
  readonly answer: () => KeptAnswer | null;
};

const decoder = new TextDecoder();

/** The message of an outage is no answer: sent again, the call may get one. */
const isAnswer = ({ status, headers }: HttpResponse): boolean =>
  status === 200 && headers['x-sluice-fallback'] === undefined;

export function recorded(response: HttpResponse, maxBytes: number): Recording {
  const { status, headers, body } = response;
  if (!isAnswer(response)) return { response, answer: () => null };
  const kept = (text: string | null) => (text === null ? null : { status, headers, body: text });
  if (typeof body === 'string' || body instanceof Uint8Array) {
    const text = typeof body === 'string' ? body : decoder.decode(body);
    return { response, answer: () => kept(Buffer.byteLength(text) <= maxBytes ? text : null) };
  }
  let stream: string | null = null;
  const ended = (bytes: Buffer | null): void => {
    stream = bytes && decoder.decode(bytes);
  };
  return {
    response: { ...response, body: collecting(body, ended, maxBytes) },
    answer: () => kept(stream !== null && isWhole(stream) ? stream : null),
  };
}
