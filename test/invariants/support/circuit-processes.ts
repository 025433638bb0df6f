/** Processes of the operating system that share nothing but the table of circuits. Their clocks are the test's, each as wrong as it is told to be. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { CircuitTarget } from '../../../shared/circuits/circuits.ts';

export type CircuitPlace = {
  readonly endpoint: string;
  readonly tableName: string;
  readonly skewMs: number;
  readonly instances: number;
};

export type CircuitOrder = { readonly nowMs: number } & (
  | /** Every instance at the same time. Answered with how many were let in; their calls go on. */
  { readonly do: 'ask'; readonly target: CircuitTarget; readonly look: boolean }
  /** Calls that are under way, those first that began first. */
  | { readonly do: 'end'; readonly how: 'succeeded' | 'failed' | 'unknown'; readonly most: number }
  /** Answered with how many alarms there have been since it was last asked. */
  | { readonly do: 'tell' }
);

export type CircuitTold = { readonly count: number };

export type CircuitProcess = { order(order: CircuitOrder): Promise<number>; kill(): Promise<void> };

const script = join(import.meta.dirname, 'circuit-worker.ts');

export async function startCircuits(place: CircuitPlace): Promise<CircuitProcess> {
  const child: ChildProcess = fork(script, [JSON.stringify(place)], { execArgv: [] });
  await once(child, 'message');
  return {
    async order(order) {
      const answer = once(child, 'message');
      child.send(order);
      const [{ count }] = (await answer) as [CircuitTold];
      return count;
    },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
