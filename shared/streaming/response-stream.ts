/**
 * A stream of a response: https://platform.openai.com/docs/api-reference/responses-streaming
 *
 *   created, in_progress │ output_item.added … output_item.done │ completed
 *   held back: no answer │ relayed                              │ the end, with the usage
 *
 * That a response was created is said before a model has been asked, so a provider that fails right behind it can
 * still be replaced by another without anybody noticing (I7).
 */
import { bodyOf, GatewayError } from '../errors.ts';
import { FailedResponse } from '../providers/failed-response.ts';
import { usageOf } from '../usage/token-usage.ts';
import { responseErrorFrame } from './error-frame.ts';
import { dataOf, eventOf, framesOf } from './frames.ts';
import { countDeltas, saysStanding } from './marks.ts';
import {
  nothing,
  openStream,
  type Parsed,
  parsedData,
  type RelayedStream,
  type StreamSource,
  unseen,
} from './relayed-stream.ts';
import { endsResponse } from './stream-end.ts';

/** Both events have the request in them, which is 6 MB at most. */
const maxHeldBytes = 32 * 1024 * 1024;

const beforeAnswer = new Set(['response.created', 'response.queued', 'response.in_progress']);

const saysOfAnswer = (type: string): boolean => type.startsWith('response.') && !beforeAnswer.has(type);

const objectIn = (value: unknown): Parsed => (typeof value === 'object' && value !== null ? { ...value } : {});

/** The number behind that of the last event that the caller has got. */
function numberBehind(run: Buffer): number {
  const numbers = [...framesOf(run)]
    .map((frame) => parsedData(dataOf(frame) ?? '')['sequence_number'])
    .filter((number) => typeof number === 'number');
  return (numbers.at(-1) ?? -1) + 1;
}

export function openResponseStream(source: StreamSource): Promise<RelayedStream> {
  const seen = unseen();
  let held: Buffer[] = [];
  let heldBytes = 0;
  let isAnswering = false;
  let relayed: Buffer = nothing;

  /** Notes what the frame says, and tells whether the caller gets it. Nothing comes after a failure or the end. */
  function inspect(frame: Buffer): boolean {
    if (seen.done || seen.failure) return false;
    const data = dataOf(frame);
    // A comment is no answer, nor a part of one.
    if (data === null) return isAnswering;
    // Of another protocol; some say it all the same.
    if (data.trim() === '[DONE]') return false;
    const event = parsedData(data);
    const type = typeof event['type'] === 'string' ? event['type'] : '';
    const response = objectIn(event['response']);
    seen.usage = usageOf(response['usage']) ?? seen.usage;
    if (type === 'response.failed') seen.failure = new FailedResponse(response);
    else if (type === 'error' || event['error'] || eventOf(frame) === 'error') {
      seen.failure = new FailedResponse({ error: event['error'] || event });
    }
    seen.done = endsResponse(type);
    isAnswering ||= saysOfAnswer(type);
    return seen.failure === null;
  }

  function heldBack(frames: readonly Buffer[]): Buffer {
    held.push(...frames);
    for (const frame of frames) heldBytes += frame.length;
    if (heldBytes > maxHeldBytes) seen.failure = new GatewayError('upstream_error');
    if (!isAnswering) return nothing;
    const said = Buffer.concat(held);
    held = [];
    return said;
  }

  function relay(run: Buffer): Buffer {
    if (seen.done) return nothing;
    seen.frames += countDeltas(run);
    if (isAnswering && !saysStanding(run)) {
      relayed = run;
      return run;
    }
    const wasAnswering = isAnswering;
    const kept = [...framesOf(run)].filter(inspect);
    const said = wasAnswering ? Buffer.concat(kept) : heldBack(kept);
    if (said.length > 0) relayed = said;
    return said;
  }

  return openStream(source, seen, {
    relay,
    isEmpty: () => false,
    end: () => null,
    errorFrame: (error) => responseErrorFrame(bodyOf(error), numberBehind(relayed)),
  });
}
