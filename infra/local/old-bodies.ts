/** What the bucket's lifecycle does on AWS: bodies that nothing can refer to any more are removed when the gateway starts. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { rubbishFolders } from '../../shared/bodies/body-store.ts';

const dayMs = 86_400_000;

export async function removeOldBodies(folder: string, nowMs: number): Promise<void> {
  for (const { name, lifetimeDays } of rubbishFolders)
    await removeOldFiles(join(folder, name), nowMs - lifetimeDays * dayMs);
}

async function removeOldFiles(folder: string, untilMs: number): Promise<void> {
  // There is no folder before there is a body.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = join(entry.parentPath, entry.name);
    if ((await stat(file)).mtimeMs < untilMs) await rm(file, { force: true });
  }
}
