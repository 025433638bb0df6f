/** The last minutes on one machine: what its host has counted, and whom the file of notifications says was told. */
import { open } from 'node:fs/promises';
import * as z from 'zod/mini';
import type { Alert, Watch } from './watch.ts';

const lineSchema = z.object({ at: z.iso.datetime(), subject: z.string(), message: z.string() });

/** As long as a person may take to look. */
const recentMs = 24 * 3_600_000;
/** Of the end of the file. */
const mostBytes = 65_536;
const mostAlerts = 20;

async function endOf(file: string): Promise<string> {
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    // Nobody has been told anything yet.
    if (error.code === 'ENOENT') return null;
    throw error;
  });
  if (!handle) return '';
  try {
    const { size } = await handle.stat();
    const start = Math.max(0, size - mostBytes);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await handle.close();
  }
}

/** The first line may be cut, and is then none. */
function alertIn(line: string): Alert | null {
  try {
    const { at, subject, message } = lineSchema.parse(JSON.parse(line));
    return { name: subject, since: Math.floor(Date.parse(at) / 1000), description: message };
  } catch {
    return null;
  }
}

export const hostWatch =
  (notificationsFile: string, now: () => number): Watch =>
  async (host) => {
    const lines = (await endOf(notificationsFile)).split('\n');
    const alerts = lines.map(alertIn).filter((alert) => alert !== null);
    const sinceSeconds = (now() - recentMs) / 1000;
    return {
      recent: host?.recent() ?? null,
      alerts: alerts.filter(({ since }) => since > sinceSeconds).slice(-mostAlerts),
      queueAgesSeconds: new Map(),
    };
  };
