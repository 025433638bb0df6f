/** How a stream says that it is whole. */
import { dataOf, framesOf } from './frames.ts';
import { parsedData } from './relayed-stream.ts';

const doneFrame = 'data: [DONE]\n\n';
const lastEvents = new Set<unknown>(['response.completed', 'response.incomplete']);

/** Is this the last event of a response that did not fail? */
export const endsResponse = (type: unknown): boolean => lastEvents.has(type);

/** All of a stream: one that failed, or that nobody read to its end, does not say so. */
export function isWhole(stream: string): boolean {
  if (stream.endsWith(doneFrame)) return true;
  const last = [...framesOf(Buffer.from(stream))].at(-1);
  return last !== undefined && endsResponse(parsedData(dataOf(last) ?? '')['type']);
}
