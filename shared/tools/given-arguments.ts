/** The arguments of a call as a model wrote them: read strictly, since what is checked must be what is sent (THREATS 6). */
import { parseStrictJson } from '../http/strict-json.ts';
import { maxToolBytes } from './target-answer.ts';
import { objectOf } from './tool-shapes.ts';

/** A sentence for the model where they are no arguments. */
export function readArguments(text: string): Readonly<Record<string, unknown>> | string {
  if (Buffer.byteLength(text) > maxToolBytes) return 'The arguments are longer than 256 KiB.';
  // What some models write where a tool takes none.
  if (text.trim() === '') return {};
  try {
    return objectOf(parseStrictJson(text)) ?? 'The arguments must be a JSON object.';
  } catch {
    return 'The arguments are not valid JSON, or name a member twice, or are nested too deep.';
  }
}
