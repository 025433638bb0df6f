/** The events of a model's stream, one by one: where a run has to look at each. */
import type { HttpResponse } from '../http/response.ts';
import { completeFrames, dataOf, eventOf, framesOf } from '../streaming/frames.ts';
import { isObject, type Json } from './dialect.ts';

export type StreamEvent = {
  readonly frame: Buffer;
  /** Null for a comment. */
  readonly data: string | null;
  readonly event: string | null;
};

export async function* eventsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  for await (const run of completeFrames(bytes)) {
    for (const frame of framesOf(run)) yield { frame, data: dataOf(frame), event: eventOf(frame) };
  }
}

export function jsonIn(data: string | null): Json | null {
  if (data === null) return null;
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

/** What stands in for a stream comes at once: a fallback message. */
export async function* bytesOf(body: HttpResponse['body']): AsyncGenerator<Uint8Array> {
  if (typeof body === 'string' || body instanceof Uint8Array) yield Buffer.from(body);
  else yield* body;
}

export const frameOf = (value: Json): Buffer => Buffer.from(`data: ${JSON.stringify(value)}\n\n`);

/** With its name before it, as responses have it. */
export const namedFrame = (value: Json): Buffer =>
  Buffer.from(`event: ${String(value['type'])}\ndata: ${JSON.stringify(value)}\n\n`);

export const doneFrame = Buffer.from('data: [DONE]\n\n');
