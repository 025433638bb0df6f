/** The frames of a stream whose texts may not all leave yet. They leave in the order in which they came. */
import { rewritten, type Segment } from '../answer-text/segment.ts';
import { forgetTokens, type JsonObject, type TextLeaf } from '../answer-text/text-leaf.ts';

export type HeldFrame = {
  readonly event: string | null;
  /** Null: the last, `[DONE]`. */
  readonly data: JsonObject | null;
  readonly bytes: number;
  /** Its pieces that are not complete. */
  open: number;
  /** What has tokens that must not be told, for they are of another text. */
  readonly retold: Set<JsonObject>;
};

/** A piece of a text, and what has become of it so far. */
type Piece = {
  readonly leaf: TextLeaf;
  readonly frame: HeldFrame;
  missing: number;
  said: string;
};

export type Pieces = {
  readonly add: (leaf: TextLeaf, frame: HeldFrame) => void;
  /** What stands for the text of several pieces is said in the first of them. */
  readonly fill: (segments: readonly Segment[]) => void;
  readonly isComplete: () => boolean;
};

function complete({ leaf, frame, said }: Piece): void {
  frame.open--;
  if (said === leaf.text) return;
  leaf.replace(said);
  if (leaf.tokens) frame.retold.add(leaf.tokens);
}

export function createPieces(): Pieces {
  let pieces: Piece[] = [];

  return {
    add(leaf, frame) {
      frame.open++;
      pieces.push({ leaf, frame, missing: leaf.text.length, said: '' });
    },
    fill(segments) {
      let first = 0;
      for (const segment of segments) {
        let instead = segment.replaced ? rewritten(segment) : '';
        for (let at = 0; at < segment.written.length; ) {
          const piece = pieces[first];
          if (!piece) break;
          const length = Math.min(piece.missing, segment.written.length - at);
          piece.said += segment.replaced ? instead : segment.written.slice(at, at + length);
          instead = '';
          piece.missing -= length;
          at += length;
          if (piece.missing > 0) continue;
          complete(piece);
          first++;
        }
      }
      if (first > 0) pieces = pieces.slice(first);
    },
    isComplete: () => pieces.length === 0,
  };
}

/**
 * As it is sent: always what was read of it, and never the bytes themselves, which other parsers may read in another way
 * (a member that is there twice). Of JSON without spaces that is the same.
 */
export function sentFrame({ event, data, retold }: HeldFrame): string {
  for (const owner of retold) forgetTokens(owner);
  const named = event !== null && /^[\w.]+$/.test(event) ? `event: ${event}\n` : '';
  return `${named}data: ${data ? JSON.stringify(data) : '[DONE]'}\n\n`;
}
