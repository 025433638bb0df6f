/** Bodies on one machine: files below a folder. */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BodyStore } from './body-store.ts';

const isMissing = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';

export const folderBodies = (folder: string): BodyStore => ({
  async put(key, body) {
    const file = join(folder, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, body);
  },

  async get(key) {
    try {
      return await readFile(join(folder, key));
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  },

  async delete(key) {
    await rm(join(folder, key), { force: true });
  },
});
