/** Every text of a request, and what in it is none. docs/adr/0054 */
import type { CallKind } from '../usage/call-kind.ts';
import { readCompletions } from './readers/completions.ts';
import { readEmbeddings } from './readers/embeddings.ts';
import { readModerations } from './readers/moderations.ts';
import type { Reader } from './readers/reader.ts';
import { readResponses } from './readers/responses.ts';
import { createReading } from './reading.ts';
import type { Body, RequestContent } from './request-text.ts';

/** A type of call that has no reader here does not compile. */
export const readers: Readonly<Record<CallKind, Reader>> = {
  completions: readCompletions,
  embeddings: readEmbeddings,
  moderations: readModerations,
  responses: readResponses,
};

export function contentRead(read: Reader, body: Body): RequestContent {
  const reading = createReading();
  read(reading, body);
  return reading.content();
}

/** Throws the caller's error where something could not be inspected (I8). */
export const contentOf = (kind: CallKind, body: Body): RequestContent => contentRead(readers[kind], body);
