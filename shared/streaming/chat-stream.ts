/**
 * A provider's chat stream on its way to the caller: the provider's own bytes,
 * looked at only where the ledger or the protocol needs it.
 *
 *   bytes ──completeFrames──▶ runs of frames ──relayChat──▶ bytes for the caller
 *                                                │
 *                                                └──▶ what was seen: usage, finish, failure
 */
import { asGatewayError, bodyOf, GatewayError } from '../errors.ts';
import type { StreamAnswer } from '../providers/provider.ts';
import { type Usage, usageOf } from '../usage/token-usage.ts';
import { completeFrames, dataOf, eventOf, framesOf } from './frames.ts';
import { countFinished, countFrames, hasData, needsParsing } from './marks.ts';

export type SeenStream = {
  /** The provider's last word on its tokens; null as long as it has not said. */
  usage: Usage | null;
  /** Data frames so far: about one token each, for want of anything better. */
  frames: number;
  /** Choices that have ended. With all of them the answer is complete, even if the provider forgets to say `[DONE]`. */
  finished: number;
  done: boolean;
  /** Why the stream broke off, if it did. */
  failure: GatewayError | null;
  /** It was given up by us, before the provider had come to an end of any kind. */
  left: boolean;
};

export type ChatStream = {
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly seen: Readonly<SeenStream>;
  /** Stops the provider, for nobody is there to be told any more. Without harm when the stream has ended. */
  readonly leave: () => void;
};

const nothing = Buffer.alloc(0);
const doneFrame = Buffer.from('data: [DONE]\n\n');

/** A provider closes right after `[DONE]`, and then its connection serves again. One that does not is left. */
const closingMs = 500;

type Parsed = { error?: unknown; usage?: unknown; choices?: unknown };

const parse = (data: string): Parsed => {
  try {
    const value: unknown = JSON.parse(data);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
};

/** Notes what the frame says, and tells whether the caller gets it. Nothing comes after a failure or the end. */
function inspect(frame: Buffer, seen: SeenStream, wantsUsage: boolean): boolean {
  if (seen.done || seen.failure) return false;
  const data = dataOf(frame);
  if (data === null) return true;
  if (data.trim() === '[DONE]') {
    seen.done = true;
    return false;
  }
  const { error, usage, choices } = parse(data);
  if (error || eventOf(frame) === 'error') {
    seen.failure = new GatewayError('upstream_error');
    return false;
  }
  const counted = usageOf(usage);
  if (counted) seen.usage = counted;
  const onlyUsage = Array.isArray(choices) && choices.length === 0 && counted !== null;
  return !onlyUsage || wantsUsage;
}

function relayRun(run: Buffer, seen: SeenStream, wantsUsage: boolean): Buffer {
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

const errorFrame = (error: GatewayError): Buffer => Buffer.from(`data: ${JSON.stringify(bodyOf(error))}\n\n`);

export type StreamWishes = {
  /** Did the caller ask for the usage frame? */
  readonly wantsUsage: boolean;
  /** How many choices were asked for. */
  readonly choices: number;
};

/**
 * Reads up to the first data frame and throws what it finds before it, so that
 * such a failure is still a real HTTP error (I7). After that nothing is thrown:
 * a failure becomes one frame, and the stream ends without `[DONE]`.
 */
export async function openChatStream(
  { chunks, cancel }: Pick<StreamAnswer, 'chunks' | 'cancel'>,
  { wantsUsage, choices }: StreamWishes,
): Promise<ChatStream> {
  const seen: SeenStream = { usage: null, frames: 0, finished: 0, done: false, failure: null, left: false };
  let ended = false;
  const runs = completeFrames(chunks)[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | null> => {
    const { value, done } = await runs.next();
    return done ? null : value;
  };

  const letGo = () => runs.return?.(undefined).catch(() => {});

  let first: Buffer = nothing;
  try {
    while (first.length === 0) {
      const run = await next();
      if (run === null) throw new GatewayError('upstream_error');
      if (hasData(run)) first = relayRun(run, seen, wantsUsage);
      if (seen.failure) throw seen.failure;
      // Ended before it said anything: a 200 without an answer is a failure.
      if (seen.done && first.length <= doneFrame.length) throw new GatewayError('upstream_error');
    }
  } catch (thrown) {
    await letGo();
    throw thrown;
  }

  /** Nobody waits for this, and it throws nothing: the answer is complete. */
  async function closeConnection(): Promise<void> {
    const leave = setTimeout(cancel, closingMs);
    try {
      while ((await next()) !== null);
    } catch {
      // It failed after its end.
    } finally {
      clearTimeout(leave);
    }
  }

  function leave(): void {
    if (ended || seen.done || seen.failure) return;
    seen.left = true;
    cancel();
  }

  async function* bytes(): AsyncGenerator<Uint8Array> {
    try {
      // Within, since whoever has seen the end in it need not ask for more.
      yield first;
      while (!seen.done && !seen.left) {
        const run = await next();
        if (run === null) break;
        const relayed = relayRun(run, seen, wantsUsage);
        if (relayed.length > 0) yield relayed;
        if (seen.failure) throw seen.failure;
      }
      if (seen.done || seen.left) return;
      if (seen.finished < choices) throw new GatewayError('upstream_error');
      yield doneFrame;
    } catch (thrown) {
      if (seen.left) return;
      seen.failure = asGatewayError(thrown);
      await letGo();
      yield errorFrame(seen.failure);
    } finally {
      ended = true;
      if (seen.done) await closeConnection();
      else await letGo();
    }
  }

  return { bytes: bytes(), seen, leave };
}
