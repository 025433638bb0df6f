/** Processes that are killed in the middle of their work. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

/** Resolves with the process once it has said, by its first message, that it is ready. `doom` is its only argument. */
export async function startedDoomed(
  script: string,
  doom: unknown,
  environment: NodeJS.ProcessEnv,
): Promise<ChildProcess> {
  const child = fork(script, [JSON.stringify(doom)], {
    env: environment,
    execArgv: [],
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  await once(child, 'message');
  return child;
}

/** Without a chance to end anything. Resolves when the process is gone. */
export async function killed(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}
