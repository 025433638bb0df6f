/** The lines of a file as it is read, with where they stand in it. One at a time is in memory. */
import { maxBodyBytes } from '../middleware/json-body.ts';

/** A request by itself may be as large. */
export const maxLineBytes = maxBodyBytes;

export type InputLine = {
  /** From 1. */
  readonly line: number;
  readonly byteStart: number;
  /** Of the first byte of the next line. */
  readonly byteEnd: number;
  /** Without its end; null where there are more than a line may have. */
  readonly bytes: Buffer | null;
};

const newline = 0x0a;

/** Ends in `\n` or `\r\n`, and the last in nothing at all. */
export async function* inputLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<InputLine> {
  let line = 1;
  let byteStart = 0;
  let at = 0;
  let held: Uint8Array[] = [];
  let heldBytes = 0;
  /** How much of the line there is in memory ends where it is known to be too long. */
  const hold = (piece: Uint8Array): void => {
    if (piece.length === 0) return;
    heldBytes += piece.length;
    if (heldBytes <= maxLineBytes + 1) held.push(piece);
    else held = [];
  };
  const ended = (byteEnd: number): InputLine => {
    const whole = heldBytes <= maxLineBytes + 1 ? Buffer.concat(held) : null;
    const bytes = whole?.at(-1) === 0x0d ? whole.subarray(0, -1) : whole;
    const found = { line, byteStart, byteEnd, bytes: bytes && bytes.length <= maxLineBytes ? bytes : null };
    line += 1;
    byteStart = byteEnd;
    held = [];
    heldBytes = 0;
    return found;
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (;;) {
      const end = chunk.indexOf(newline, from);
      if (end === -1) break;
      hold(chunk.subarray(from, end));
      yield ended(at + end + 1);
      from = end + 1;
    }
    hold(chunk.subarray(from));
    at += chunk.length;
  }
  if (heldBytes > 0) yield ended(at);
}

/** Nothing but spaces: it is passed over, and counted as a line. */
export const isBlank = (bytes: Buffer): boolean =>
  bytes.every((byte) => byte === 0x20 || byte === 0x09 || byte === 0x0d);
