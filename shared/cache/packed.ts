/**
 * Answers as they are stored: compressed by zstd, which is as small as gzip here in a third
 * of the time (docs/adr/0043). A store's bytes are not believed to be as small as they say.
 */
import { zstdCompressSync, zstdDecompressSync } from 'node:zlib';

/** The largest answer that is kept, as text. */
export const maxAnswerBytes = 1024 * 1024;

export const packed = (text: string): Uint8Array<ArrayBuffer> => zstdCompressSync(text);

/** Throws where the bytes are no such answer. */
export const unpacked = (bytes: Uint8Array): string =>
  zstdDecompressSync(bytes, { maxOutputLength: maxAnswerBytes }).toString('utf8');
