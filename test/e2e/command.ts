/** Programs that the end-to-end test runs to their end, or starts and ends itself. */
import { execFile, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { promisify } from 'node:util';

export type Variables = Readonly<Record<string, string>>;

const maxOutputBytes = 64 * 1024 * 1024;
const graceMs = 10_000;

/** What a program wrote to standard output. When it fails, the error has all that it wrote. */
export async function run(command: string, args: readonly string[], env: Variables): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(command, args, { env, maxBuffer: maxOutputBytes });
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
  }
}

export type Server = { readonly hasEnded: () => boolean; stop(): Promise<void> };

/** A program that goes on until it is stopped. It leads a process group, so that what it starts ends with it. */
export function serve(command: string, args: readonly string[], env: Variables, logFile: string): Server {
  const log = openSync(logFile, 'w');
  const child = spawn(command, args, { env, detached: true, stdio: ['ignore', log, log] });
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve()).once('error', () => resolve());
  });
  const signal = (name: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The whole group has ended.
    }
  };
  return {
    hasEnded: () => child.exitCode !== null || child.signalCode !== null,
    async stop() {
      signal('SIGTERM');
      const timer = setTimeout(() => signal('SIGKILL'), graceMs);
      await ended;
      clearTimeout(timer);
      // Its leader may have gone without the others.
      signal('SIGKILL');
    },
  };
}
