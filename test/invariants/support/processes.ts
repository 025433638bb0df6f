/** Processes of the operating system that share nothing but a database. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Place, Task, Told } from './tasks.ts';

const script = join(import.meta.dirname, 'worker.ts');

export type Worker = {
  /** Ends when the task does, or the process. */
  run(task: Task, onTold?: (told: Told) => void): Promise<Told | null>;
  kill(): Promise<void>;
};

export async function startWorker(place: Place): Promise<Worker> {
  const child: ChildProcess = fork(script, [JSON.stringify(place)], { execArgv: [] });
  await once(child, 'message');
  return {
    run: (task, onTold = () => {}) =>
      new Promise((resolve, reject) => {
        const end = (told: Told | null) => {
          child.off('message', heard).off('exit', gone);
          resolve(told);
        };
        const heard = (told: Told) => (told.is === 'done' ? end(told) : onTold(told));
        const gone = (code: number | null) =>
          code === null ? end(null) : reject(new Error(`worker ended with ${code}`));
        child.on('message', heard).on('exit', gone);
        child.send(task);
      }),
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}
