/** What the bucket's lifecycle does on AWS: logs whose days are over are removed, when the gateway starts and once a day. */
import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';

const dayMs = 86_400_000;

export async function removeOldRequestLogs(folder: string, nowMs: number): Promise<void> {
  // There is no folder before anything is logged.
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const days = entry.isFile() ? /\.(\d{1,3})d\.jsonl$/.exec(entry.name)?.[1] : undefined;
    if (days === undefined) continue;
    const file = join(entry.parentPath, entry.name);
    if (nowMs - (await stat(file)).mtimeMs > Number(days) * dayMs) await rm(file, { force: true });
  }
}

/** Returns what ends it. */
export function expireRequestLogs(folder: string, now: () => number, onFailure: (error: unknown) => void): () => void {
  const remove = () => void removeOldRequestLogs(folder, now()).catch(onFailure);
  remove();
  const timer = setInterval(remove, dayMs).unref();
  return () => clearInterval(timer);
}
