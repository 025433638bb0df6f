/**
 * Server-sent events as bytes. Cuts a stream of chunks, which end anywhere, into
 * runs of complete frames, and copies only where a frame was torn.
 * https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream
 */
import { GatewayError } from '../errors.ts';

const newline = 0x0a;
const carriageReturn = 0x0d;

/** A provider that sends this much without a blank line is not speaking the protocol. */
const maxFrameBytes = 8 * 1024 * 1024;

const nothing = Buffer.alloc(0);

const byteOrderMark = Buffer.from('\ufeff');

/**
 * Does the end of a line at `at` end a frame as well? `before` is what came before
 * these bytes. Lines end with LF, CRLF or CR; after two CR the frame is out, since the
 * next byte may be long in coming, and an LF that then comes is an empty line more.
 */
function endsFrame(bytes: Buffer, at: number, before: Buffer = nothing): boolean {
  const byte = (index: number): number | undefined => (index < 0 ? before.at(index) : bytes[index]);
  const previous = byte(at - 1);
  if (bytes[at] === carriageReturn) return previous === carriageReturn;
  if (previous !== carriageReturn) return previous === newline;
  const first = byte(at - 2);
  return first === newline || first === carriageReturn;
}

/** One past the last frame that ends with such a byte; 0 when there is none. */
function lastEnd(bytes: Buffer, before: Buffer, lineEnd: number): number {
  for (let at = bytes.lastIndexOf(lineEnd); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(lineEnd, at - 1)) {
    if (endsFrame(bytes, at, before)) return at + 1;
  }
  return 0;
}

/** One past the end of the last complete frame; 0 when there is none. Most chunks end with one, and are not searched. */
function lastBoundary(bytes: Buffer, before: Buffer): number {
  const boundary = lastEnd(bytes, before, newline);
  return boundary === bytes.length ? boundary : Math.max(boundary, lastEnd(bytes, before, carriageReturn));
}

/** The two bytes that decide whether the end of a line that comes next ends a frame. */
const lastTwo = (before: Buffer, bytes: Buffer): Buffer =>
  bytes.length >= 2 ? bytes.subarray(-2) : Buffer.concat([before, bytes]).subarray(-2);

/** The frames of a run, each with its blank line. */
export function* framesOf(run: Buffer): Generator<Buffer> {
  let start = 0;
  for (let at = 0; at < run.length; at++) {
    if ((run[at] === newline || run[at] === carriageReturn) && at > start && endsFrame(run, at)) {
      yield run.subarray(start, at + 1);
      start = at + 1;
    }
  }
  if (start < run.length) yield run.subarray(start);
}

/** What the lines of that name say in a frame. */
const fieldOf = (frame: Buffer, name: 'data' | 'event'): string[] =>
  frame
    .toString('utf8')
    .split(/\r\n|\n|\r/)
    .filter((line) => line.startsWith(`${name}:`))
    .map((line) => line.slice(name.length + 1).replace(/^ /, ''));

/** What the `data:` lines of a frame say, joined as the specification has it; null for a comment. */
export function dataOf(frame: Buffer): string | null {
  const lines = fieldOf(frame, 'data');
  return lines.length === 0 ? null : lines.join('\n');
}

/** What a frame calls its event; null where it leaves it open. */
export const eventOf = (frame: Buffer): string | null => fieldOf(frame, 'event').at(-1) ?? null;

/** Without the mark that some put before UTF-8: it is no part of the first line, and not every SDK knows that. */
const unmarked = (start: Buffer): Buffer =>
  start.subarray(0, byteOrderMark.length).equals(byteOrderMark) ? start.subarray(byteOrderMark.length) : start;

export async function* completeFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  // Pieces are joined once, when their frame is complete: joining at every chunk would make a long one quadratic.
  let torn: Buffer[] = [];
  let tornBytes = 0;
  let before: Buffer = nothing;
  let started = false;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const boundary = lastBoundary(bytes, before);
    if (boundary > 0) {
      const complete = bytes.subarray(0, boundary);
      const run = tornBytes > 0 ? Buffer.concat([...torn, complete]) : complete;
      yield started ? run : unmarked(run);
      started = true;
      torn = [];
      tornBytes = 0;
      before = nothing;
    }
    const rest = bytes.subarray(boundary);
    if (rest.length > 0) torn.push(rest);
    tornBytes += rest.length;
    before = lastTwo(before, rest);
    if (tornBytes > maxFrameBytes) throw new GatewayError('upstream_error');
  }
  const last = Buffer.concat([...torn, Buffer.from('\n\n')]);
  const rest = started ? last : unmarked(last);
  if (tornBytes > 0 && isWhole(rest)) yield rest;
}

/** Did the provider close after a frame, leaving out the blank line, or in the midst of one? */
function isWhole(frame: Buffer): boolean {
  const data = dataOf(frame);
  if (data === null || data === '[DONE]') return data !== null;
  try {
    JSON.parse(data);
    return true;
  } catch {
    return false;
  }
}
