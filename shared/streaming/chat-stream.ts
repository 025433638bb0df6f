/**
 * A provider's chat stream on its way to the caller: the provider's own bytes,
 * looked at only where the ledger or the protocol needs it.
 *
 *   bytes ──completeFrames──▶ runs of frames ──relayChat──▶ bytes for the caller
 *                                                │
 *                                                └──▶ what was seen: usage, finish, failure
 *
 * A JSON string cannot hold a bare quote, so `"usage":` outside of an escape is
 * a member's name; a search for these bytes finds every frame that needs parsing.
 */
import { asGatewayError, bodyOf, GatewayError } from '../errors.ts';
import { type Usage, usageOf } from '../usage/token-usage.ts';
import { completeFrames, dataOf, framesOf } from './frames.ts';

export type SeenStream = {
  /** The provider's last word on its tokens; null as long as it has not said. */
  usage: Usage | null;
  /** Data frames so far: about one token each, for want of anything better. */
  frames: number;
  /** A choice has ended, so the answer is complete even if the provider forgets to say `[DONE]`. */
  finished: boolean;
  done: boolean;
  /** Why the stream broke off, if it did. */
  failure: GatewayError | null;
};

export type ChatStream = { readonly bytes: AsyncIterable<Uint8Array>; readonly seen: Readonly<SeenStream> };

const marks = {
  usage: Buffer.from('"usage":'),
  error: Buffer.from('"error":'),
  finish: Buffer.from('"finish_reason":'),
  done: Buffer.from('[DONE]'),
};
const blankLine = Buffer.from('\n\n');
const nothing = Buffer.alloc(0);
const doneFrame = Buffer.from('data: [DONE]\n\n');
const space = 0x20;
const quote = 0x22;
const openBrace = 0x7b;
/** Of `null`. */
const letterN = 0x6e;

/** Is the mark there, with a value behind it that starts as told? */
function has(run: Buffer, mark: Buffer, starts: (at: number) => boolean): boolean {
  for (let at = run.indexOf(mark); at !== -1; at = run.indexOf(mark, at + 1)) {
    let value = at + mark.length;
    while (run[value] === space) value++;
    if (starts(value)) return true;
  }
  return false;
}

/** Some providers give an empty reason as long as there is none. */
const hasFinish = (run: Buffer): boolean => has(run, marks.finish, (at) => run[at] === quote && run[at + 1] !== quote);

function countFrames(run: Buffer): number {
  let frames = 0;
  for (let at = run.indexOf(blankLine); at !== -1; at = run.indexOf(blankLine, at + 2)) frames++;
  return Math.max(1, frames);
}

const needsParsing = (run: Buffer): boolean =>
  has(run, marks.usage, (at) => run[at] === openBrace) ||
  has(run, marks.error, (at) => run[at] !== letterN) ||
  run.includes(marks.done);

/** A comment is no answer; the status is not committed for one. */
const hasData = (run: Buffer): boolean => run.includes('data:');

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
  if (error) {
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
  if (!seen.finished) seen.finished = hasFinish(run);
  if (!needsParsing(run)) return run;
  const kept: Buffer[] = [];
  for (const frame of framesOf(run)) {
    if (inspect(frame, seen, wantsUsage)) kept.push(frame);
  }
  if (seen.done) kept.push(doneFrame);
  return Buffer.concat(kept);
}

const errorFrame = (error: GatewayError): Buffer => Buffer.from(`data: ${JSON.stringify(bodyOf(error))}\n\n`);

/**
 * Reads up to the first data frame and throws what it finds before it, so that
 * such a failure is still a real HTTP error (I7). After that nothing is thrown:
 * a failure becomes one frame, and the stream ends without `[DONE]`.
 */
export async function openChatStream(chunks: AsyncIterable<Uint8Array>, wantsUsage: boolean): Promise<ChatStream> {
  const seen: SeenStream = { usage: null, frames: 0, finished: false, done: false, failure: null };
  const runs = completeFrames(chunks)[Symbol.asyncIterator]();
  const next = async (): Promise<Buffer | null> => {
    const { value, done } = await runs.next();
    return done ? null : value;
  };

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
    await runs.return?.(undefined).catch(() => {});
    throw thrown;
  }

  async function* bytes(): AsyncGenerator<Uint8Array> {
    yield first;
    try {
      for (let run = await next(); run !== null; run = await next()) {
        const relayed = relayRun(run, seen, wantsUsage);
        if (relayed.length > 0) yield relayed;
        if (seen.failure) throw seen.failure;
      }
      if (seen.done) return;
      if (!seen.finished) throw new GatewayError('upstream_error');
      yield doneFrame;
    } catch (thrown) {
      if (seen.done) return;
      seen.failure = asGatewayError(thrown);
      yield errorFrame(seen.failure);
      await runs.return?.(undefined).catch(() => {});
    }
  }

  return { bytes: bytes(), seen };
}
