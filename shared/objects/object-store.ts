/**
 * Objects of any size, which are written and read as streams: a file never stands in memory as a whole.
 * Keys begin with `files/` or `uploads/` and the project's id (I5).
 */

export type ByteRange = {
  /** Of the first byte. */
  readonly start: number;
  /** Of the first byte that is not read any more. */
  readonly end: number;
};

export interface ObjectStore {
  /** The whole of it or nothing at all, over what was there. Resolves with its bytes. Rejects when it could not be kept. */
  write(key: string, chunks: AsyncIterable<Uint8Array>): Promise<number>;
  /** Its chunks in order; of a range, those of the range. Rejects where there is no such object, or it cannot be told. */
  read(key: string, range?: ByteRange): AsyncIterable<Uint8Array>;
  /** In bytes; undefined where there is none. Rejects when that cannot be told. */
  size(key: string): Promise<number | undefined>;
  /** Also where there is none. */
  delete(key: string): Promise<void>;
  /** Where whoever has the address may PUT so many bytes, no more and no fewer, for a while. */
  uploadUrl(key: string, bytes: number, expiresInSeconds: number): Promise<string>;
  /** Where whoever has the address may GET it, for a while. Null where nothing is too large to be answered with. */
  downloadUrl(key: string, expiresInSeconds: number): Promise<string | null>;
}
