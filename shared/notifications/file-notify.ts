/** Notifications on one machine: a line of JSON each, at the end of a file. */
import { appendFile } from 'node:fs/promises';
import type { Notify } from './notify.ts';

export const fileNotify = (file: string, now: () => number): Notify => ({
  async publish(notification) {
    await appendFile(file, `${JSON.stringify({ at: new Date(now()).toISOString(), ...notification })}\n`);
  },
});
