/** Processes that the benchmark starts, and ends. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export type Child = {
  readonly pid: number;
  /** What `ready` matched in its output. */
  readonly match: RegExpExecArray;
  /** Ends it and everything it started, and waits for that. */
  stop(): Promise<void>;
};

export type ChildOptions = {
  readonly command: string;
  readonly args: readonly string[];
  readonly variables?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What it prints once it serves. */
  readonly ready: RegExp;
};

const startTimeoutMs = 30_000;

/** Only what a program needs to run at all, so that nobody's settings change the numbers. */
const inherited = ({ PATH = '', HOME = '' }: NodeJS.ProcessEnv) => ({ PATH, HOME });

/** Its own process group, which `npm start` needs: the signal must reach what npm has started. */
const endGroup = (child: ChildProcess, signal: NodeJS.Signals): void => {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended by itself.
  }
};

export async function start({ command, args, variables = {}, cwd = root, ready }: ChildOptions): Promise<Child> {
  const child = spawn(command, args, {
    cwd,
    env: { ...inherited(process.env), ...variables },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  let said = '';
  const match = await new Promise<RegExpExecArray>((resolve, reject) => {
    const fail = (why: string) => {
      endGroup(child, 'SIGKILL');
      reject(new Error(`${command} ${args.join(' ')} ${why}:\n${said}`));
    };
    const timer = setTimeout(fail, startTimeoutMs, 'did not start');
    const listen = (data: Buffer) => {
      said += data.toString('utf8');
      const found = ready.exec(said);
      if (!found) return;
      clearTimeout(timer);
      said = '';
      child.stdout.removeListener('data', listen).resume();
      child.stderr.removeListener('data', listen).resume();
      resolve(found);
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    child.once('error', (error) => fail(error.message));
    child.once('exit', () => fail('ended'));
  });
  return {
    pid: child.pid ?? 0,
    match,
    async stop() {
      endGroup(child, 'SIGTERM');
      const giveUp = setTimeout(() => endGroup(child, 'SIGKILL'), 5_000);
      await exited;
      clearTimeout(giveUp);
    },
  };
}

/** One of the benchmark's own servers. */
export const startOwn = (file: string, variables: Readonly<Record<string, string>> = {}): Promise<Child> =>
  start({ command: process.execPath, args: [`bench/${file}`], variables, ready: /listening on (\d+)\n/ });

export const baseURLOf = ({ match }: Child): string => `http://127.0.0.1:${match[1]}/v1`;
