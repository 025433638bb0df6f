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

/** Does the newline at `at` end a frame, or only a line? `before` is what came before these bytes. */
function endsFrame(bytes: Buffer, at: number, before: Buffer = nothing): boolean {
  const byte = (index: number): number | undefined => (index < 0 ? before.at(index) : bytes[index]);
  return byte(at - 1) === newline || (byte(at - 1) === carriageReturn && byte(at - 2) === newline);
}

/** One past the end of the last complete frame; 0 when there is none. */
function lastBoundary(bytes: Buffer, before: Buffer): number {
  for (let at = bytes.lastIndexOf(newline); at >= 0; at = at === 0 ? -1 : bytes.lastIndexOf(newline, at - 1)) {
    if (endsFrame(bytes, at, before)) return at + 1;
  }
  return 0;
}

/** The two bytes that decide whether a newline that comes next ends a frame. */
const lastTwo = (before: Buffer, bytes: Buffer): Buffer =>
  bytes.length >= 2 ? bytes.subarray(-2) : Buffer.concat([before, bytes]).subarray(-2);

/** The frames of a run, each with its blank line. */
export function* framesOf(run: Buffer): Generator<Buffer> {
  let start = 0;
  for (let at = run.indexOf(newline); at !== -1; at = run.indexOf(newline, at + 1)) {
    if (at > start && endsFrame(run, at)) {
      yield run.subarray(start, at + 1);
      start = at + 1;
    }
  }
}

/** What the `data:` lines of a frame say, joined as the specification has it; null for a comment. */
export function dataOf(frame: Buffer): string | null {
  const lines = frame
    .toString('utf8')
    .split(/\r?\n/)
    .filter((line) => line.startsWith('data:'));
  return lines.length === 0 ? null : lines.map((line) => line.slice(line[5] === ' ' ? 6 : 5)).join('\n');
}

export async function* completeFrames(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  // Pieces are joined once, when their frame is complete: joining at every chunk would make a long one quadratic.
  let torn: Buffer[] = [];
  let tornBytes = 0;
  let before: Buffer = nothing;
  for await (const chunk of chunks) {
    const bytes = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    const boundary = lastBoundary(bytes, before);
    if (boundary > 0) {
      const complete = bytes.subarray(0, boundary);
      yield tornBytes > 0 ? Buffer.concat([...torn, complete]) : complete;
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
  if (tornBytes > 0 && isWhole(last)) yield last;
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
