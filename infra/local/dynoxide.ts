/** DynamoDB on one machine: Dynoxide, a single binary over SQLite. https://www.npmjs.com/org/dynoxide */
import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export type Dynoxide = { readonly endpoint: string; stop(): Promise<void> };

const startupTimeoutMs = 10_000;

function binary(): string {
  const platform = `${process.platform}-${process.arch}`;
  try {
    const manifest = createRequire(import.meta.url).resolve(`@dynoxide/${platform}/package.json`);
    return join(dirname(manifest), 'dynoxide');
  } catch {
    throw new Error(
      `The embedded DynamoDB has no build for ${platform}, or npm left out optional dependencies. ` +
        'Run "npm ci" without --omit=optional, or set DYNAMODB_ENDPOINT to a DynamoDB of your own.',
    );
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}

/**
 * The database must not outlive a gateway that is killed: a second one on the
 * same file would lock the next start out. The shell holds our end of a pipe
 * and ends the database when that closes, however we end.
 */
const leash = '"$0" "$@" </dev/null & child=$!; cat >/dev/null; kill $child; wait $child';

async function reachable(endpoint: string, child: ChildProcess): Promise<void> {
  const giveUpAt = performance.now() + startupTimeoutMs;
  while (performance.now() < giveUpAt && child.exitCode === null) {
    const answer = await fetch(endpoint).catch(() => null);
    if (answer) {
      await answer.arrayBuffer();
      return;
    }
    await sleep(20);
  }
  throw new Error('The embedded DynamoDB did not start. Is another gateway running on the same data folder?');
}

/** `file` is the database; null keeps it in memory. */
export async function startDynoxide(file: string | null): Promise<Dynoxide> {
  const port = await freePort();
  const options = ['serve', '--port', String(port), ...(file === null ? [] : ['--db-path', file])];
  // Its own process group: Ctrl-C in a terminal is for the gateway, which ends the database once it has drained.
  const child = spawn('/bin/sh', ['-c', leash, binary(), ...options], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async () => {
    child.stdin?.destroy();
    await exited;
  };
  const endpoint = `http://127.0.0.1:${port}`;
  try {
    await reachable(endpoint, child);
  } catch (error) {
    await stop();
    throw error;
  }
  return { endpoint, stop };
}
