/** A chat stream: https://platform.openai.com/docs/api-reference/chat-streaming */
import { bodyOf, GatewayError } from '../errors.ts';
import { usageOf } from '../usage/token-usage.ts';
import { chatErrorFrame } from './error-frame.ts';
import { dataOf, eventOf, framesOf } from './frames.ts';
import { countFinished, countFrames, needsParsing } from './marks.ts';
import {
  nothing,
  openStream,
  parsedData,
  type RelayedStream,
  type SeenStream,
  type StreamSource,
  unseen,
} from './relayed-stream.ts';

export type SeenChat = SeenStream & {
  /** Choices that have ended. With all of them the answer is complete, even if the provider forgets to say `[DONE]`. */
  finished: number;
};

export type StreamWishes = {
  /** Did the caller ask for the usage frame? */
  readonly wantsUsage: boolean;
  /** How many choices were asked for. */
  readonly choices: number;
};

const doneFrame = Buffer.from('data: [DONE]\n\n');

/** Notes what the frame says, and tells whether the caller gets it. Nothing comes after a failure or the end. */
function inspect(frame: Buffer, seen: SeenChat, wantsUsage: boolean): boolean {
  if (seen.done || seen.failure) return false;
  const data = dataOf(frame);
  if (data === null) return true;
  if (data.trim() === '[DONE]') {
    seen.done = true;
    return false;
  }
  const { error, usage, choices } = parsedData(data);
  if (error || eventOf(frame) === 'error') {
    seen.failure = new GatewayError('upstream_error');
    return false;
  }
  const counted = usageOf(usage);
  if (counted) seen.usage = counted;
  const onlyUsage = Array.isArray(choices) && choices.length === 0 && counted !== null;
  return !onlyUsage || wantsUsage;
}

function relayRun(run: Buffer, seen: SeenChat, wantsUsage: boolean): Buffer {
  if (seen.done) return nothing;
  seen.frames += countFrames(run);
  seen.finished += countFinished(run);
  if (!needsParsing(run)) return run;
  const kept: Buffer[] = [];
  for (const frame of framesOf(run)) {
    if (inspect(frame, seen, wantsUsage)) kept.push(frame);
  }
  if (seen.done) kept.push(doneFrame);
  return Buffer.concat(kept);
}

export function openChatStream(
  source: StreamSource,
  { wantsUsage, choices }: StreamWishes,
): Promise<RelayedStream<SeenChat>> {
  const seen: SeenChat = { ...unseen(), finished: 0 };
  return openStream(source, seen, {
    relay: (run) => relayRun(run, seen, wantsUsage),
    isEmpty: (said) => said.length <= doneFrame.length,
    end: () => (seen.finished < choices ? null : doneFrame),
    errorFrame: (error) => chatErrorFrame(bodyOf(error)),
  });
}
