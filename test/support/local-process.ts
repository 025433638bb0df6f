/** `npm start` in a process of its own, at a port of its own. */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';

export type LocalProcess = {
  readonly pid: number;
  readonly port: number;
  readonly baseURL: string;
  readonly adminKey: string;
  /** What it has printed by the time it serves. */
  readonly output: string;
  /** What it has printed since. */
  lines(): readonly string[];
  /** Resolves with the exit code; null when a signal ended it. */
  readonly exited: Promise<number | null>;
  signal(name: NodeJS.Signals): void;
  kill(): Promise<void>;
};

const root = join(import.meta.dirname, '../..');

async function printed(child: ChildProcess): Promise<string> {
  let output = '';
  return new Promise((resolve, reject) => {
    child.stdout?.on('data', (piece) => {
      output += piece;
      if (output.includes('curl ') && output.endsWith('\n\n')) resolve(output);
    });
    child.stderr?.on('data', (piece) => {
      output += piece;
    });
    child.once('exit', (code) => reject(new Error(`it ended with ${code}: ${output}`)));
  });
}

/** What the test's own set-up has put into the environment is not a newcomer's. */
export function newcomersEnvironment(): NodeJS.ProcessEnv {
  const ours = [
    'SLUICE_ADMIN_KEY',
    'DYNAMODB_ENDPOINT',
    'OPENAI_API_KEY',
    'OPENAI_BASE_URL',
    // Of `npm test --silent`.
    'npm_config_loglevel',
  ];
  const rest = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.includes(name)));
  return { ...rest, PORT: '0', SLUICE_STAGE: 'local' };
}

export async function startLocal(environment: NodeJS.ProcessEnv, args: readonly string[] = []): Promise<LocalProcess> {
  const child = spawn('node', ['infra/local/start.js', ...args], {
    cwd: root,
    env: { ...newcomersEnvironment(), ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
  const output = await printed(child);
  let since = '';
  child.stdout?.on('data', (piece) => {
    since += piece;
  });
  const [, baseURL = '', port = ''] = /Base URL +(http:\/\/[^:]+:(\d+)\/v1)/.exec(output) ?? [];
  const [, adminKey = ''] = /Admin key +(\S+)/.exec(output) ?? [];
  return {
    pid: child.pid ?? 0,
    port: Number(port),
    baseURL,
    adminKey,
    output,
    lines: () => since.split('\n').filter((line) => line !== ''),
    exited,
    signal: (name) => void child.kill(name),
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
