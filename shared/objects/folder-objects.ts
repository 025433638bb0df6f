/** Objects on one machine: files below a folder. */
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectStore } from './object-store.ts';

/** Of somewhere on the machine that takes a PUT for an object of the folder. */
export type UploadUrl = ObjectStore['uploadUrl'];

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

async function writeAll(file: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
  const handle = await open(file, 'w');
  try {
    let bytes = 0;
    for await (const chunk of chunks) {
      await handle.appendFile(chunk);
      bytes += chunk.length;
    }
    return bytes;
  } finally {
    await handle.close();
  }
}

export const folderObjects = (folder: string, uploadUrl: UploadUrl): ObjectStore => ({
  async write(key, chunks) {
    // Among the uploads, where what a killed process leaves is rubbish some day.
    await mkdir(join(folder, 'uploads'), { recursive: true });
    const incoming = await mkdtemp(join(folder, 'uploads', 'incoming-'));
    try {
      const bytes = await writeAll(join(incoming, 'object'), chunks);
      const file = join(folder, key);
      await mkdir(dirname(file), { recursive: true });
      await rename(join(incoming, 'object'), file);
      return bytes;
    } finally {
      await rm(incoming, { recursive: true, force: true });
    }
  },

  async *read(key, range) {
    if (range && range.end <= range.start) return;
    yield* createReadStream(join(folder, key), range && { start: range.start, end: range.end - 1 });
  },

  async size(key) {
    try {
      return (await stat(join(folder, key))).size;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },

  async delete(key) {
    await rm(join(folder, key), { force: true });
  },

  uploadUrl,

  downloadUrl: async () => null,
});
