/** What stands at the seams of texts that are read one after the other, so that what was cut in two is found there. */

export type Seam = {
  readonly text: string;
  /** Where the text at this offset comes from: which piece, and where in it. Between two pieces: the start of the second. */
  readonly origin: (offset: number) => Origin;
  /** Does this range reach over a bound of two pieces? */
  readonly crosses: (start: number, end: number) => boolean;
};

export type Origin = { readonly piece: number; readonly offset: number };

type Slice = Origin & { /** In the text of the seam. */ readonly at: number; readonly length: number };

/** Of every piece that much from both of its ends, and all of it where they meet. */
function stretches(pieces: readonly string[], reach: number): readonly (readonly Omit<Slice, 'at'>[])[] {
  const found: Omit<Slice, 'at'>[][] = [[]];
  const filled = pieces.map((text, piece) => ({ piece, length: text.length })).filter(({ length }) => length > 0);
  for (const [index, { piece, length }] of filled.entries()) {
    const isFirst = index === 0;
    const isLast = index === filled.length - 1;
    const whole = !isFirst && !isLast && length <= 2 * reach;
    if (whole) found.at(-1)?.push({ piece, offset: 0, length });
    else {
      const part = Math.min(reach, length);
      if (!isFirst) found.at(-1)?.push({ piece, offset: 0, length: part });
      if (!isLast) {
        if (!isFirst) found.push([]);
        found.at(-1)?.push({ piece, offset: length - part, length: part });
      }
    }
  }
  return found.filter((slices) => slices.length > 1);
}

function seamOf(pieces: readonly string[], stretch: readonly Omit<Slice, 'at'>[], between: string): Seam {
  let at = 0;
  const slices: Slice[] = stretch.map((slice) => {
    const placed = { ...slice, at };
    at += slice.length + between.length;
    return placed;
  });
  /** The last that begins at the offset or before it. */
  const sliceAt = (offset: number): Slice => {
    let low = 0;
    let high = slices.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((slices[middle]?.at ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return slices[low] as Slice;
  };
  const origin = (offset: number): Origin => {
    const slice = sliceAt(offset);
    return { piece: slice.piece, offset: slice.offset + Math.min(offset - slice.at, slice.length) };
  };
  return {
    text: slices.map(({ piece, offset, length }) => pieces[piece]?.slice(offset, offset + length)).join(between),
    origin,
    crosses: (start, end) => end > start && sliceAt(start) !== sliceAt(end - 1),
  };
}

/** Linear in the pieces: no character is in more than two seams, and seldom in that many. */
export const seamsOf = (pieces: readonly string[], reach: number, between: '' | ' '): readonly Seam[] =>
  stretches(pieces, reach).map((stretch) => seamOf(pieces, stretch, between));

/** A part of a text, from start to end. */
export type Range = { readonly start: number; readonly end: number };

/** The range of a seam, as the ranges of the pieces that it reaches over. */
export function rangesOf(
  { origin }: Seam,
  pieces: readonly string[],
  { start, end }: Range,
): ReadonlyMap<number, Range> {
  const first = origin(start);
  const last = origin(end - 1);
  const ranges = new Map<number, Range>();
  for (let piece = first.piece; piece <= last.piece; piece++) {
    const length = pieces[piece]?.length ?? 0;
    const range = {
      start: piece === first.piece ? first.offset : 0,
      end: piece === last.piece ? Math.min(last.offset + 1, length) : length,
    };
    if (range.end > range.start) ranges.set(piece, range);
  }
  return ranges;
}
