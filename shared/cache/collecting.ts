/** Keeps a copy of a stream while it flows, which waits for nothing: the chunks themselves, up to a bound. */

/** Frames are many times as long as what they say. */
const maxCollectedBytes = 4 * 1024 * 1024;

/** `ended` is called once: with all of it, or with null when there was more, it failed, or nobody read it to its end. */
export async function* collecting(
  chunks: AsyncIterable<Uint8Array>,
  ended: (stream: Buffer | null) => void,
  maxBytes = maxCollectedBytes,
): AsyncGenerator<Uint8Array> {
  let kept: Uint8Array[] = [];
  let bytes = 0;
  let whole = false;
  try {
    for await (const chunk of chunks) {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) kept.push(chunk);
      else kept = [];
      yield chunk;
    }
    whole = bytes <= maxBytes;
  } finally {
    ended(whole ? Buffer.concat(kept) : null);
  }
}
