/** A scripted provider that can be killed, frozen, and brought back at the same address. */
import { createServer, type Server } from 'node:net';
import { baseURLOf, type Child, startOwn } from './child.ts';

export type MortalProvider = {
  readonly baseURL: string;
  /** Who still comes to where it listened is hung up on, and remembered. */
  kill(): Promise<void>;
  /** Did anybody come between? Where that is not known, yes. */
  wasTried(fromMs: number, toMs: number): boolean;
  revive(): Promise<void>;
  /** Its connections stay, and nothing comes from it any more. */
  freeze(): void;
  thaw(): void;
  stop(): Promise<void>;
};

export async function startMortalProvider(): Promise<MortalProvider> {
  let child: Child = await startOwn('scripted-provider.ts');
  const port = Number(child.match[1]);
  /** Null: it lives. */
  let grave: Server | null = null;
  let watchedFromMs = 0;
  let watchedUntilMs = 0;
  const visitsMs: number[] = [];

  const leaveGrave = async () => {
    const left = grave;
    grave = null;
    watchedUntilMs = performance.now();
    if (left) await new Promise((resolve) => left.close(resolve));
  };

  return {
    baseURL: baseURLOf(child),
    async kill() {
      process.kill(child.pid, 'SIGKILL');
      await child.stop();
      const server = createServer((socket) => {
        visitsMs.push(performance.now());
        socket.on('error', () => {}).destroy();
      });
      await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
      grave = server;
      watchedFromMs = performance.now();
      watchedUntilMs = Number.POSITIVE_INFINITY;
    },
    // Before and after somebody listened there, the kernel has sent visitors away, and kept no list of them.
    wasTried: (fromMs, toMs) =>
      fromMs < watchedFromMs || toMs > watchedUntilMs || visitsMs.some((atMs) => atMs >= fromMs && atMs <= toMs),
    async revive() {
      await leaveGrave();
      child = await startOwn('scripted-provider.ts', { SCRIPTED_PROVIDER_PORT: String(port) });
    },
    freeze: () => void process.kill(child.pid, 'SIGSTOP'),
    thaw: () => void process.kill(child.pid, 'SIGCONT'),
    async stop() {
      await leaveGrave();
      await child.stop();
    },
  };
}
