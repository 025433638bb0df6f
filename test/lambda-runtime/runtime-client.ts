/**
 * Lambda's own runtime client for Node, as npm has it: the program that loads a
 * function on Lambda, gives it `awslambda` and carries its answers away.
 * https://github.com/aws/aws-lambda-nodejs-runtime-interface-client
 *
 * Its install scripts compile curl and a native addon, which fetches events and
 * posts answers in one piece. Streams leave through the client's JavaScript
 * alone, and so do requests for events under AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1,
 * a variable of the client's own; so nothing is compiled here and the client's
 * file runs as it came. LAMBDA_RUNTIME_CLIENT names the folder of a compiled
 * one to use instead.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { RuntimeApi } from './runtime-api.ts';

const name = 'aws-lambda-ric';
const version = '4.0.2';
const integrity = 'sha512-FE5Vskx7mYNnqAnWWJXUOsLp2VGgdsJsCoRLFTa8L4Yk0QVtArqR8q58yPA++QC1a73ZWJXBQ2AH31nIAv7NOQ==';
const cache = fileURLToPath(new URL('../../node_modules/.cache/lambda-runtime', import.meta.url));

/** `require('./rapid-client.node')` finds this where no addon was compiled; whoever calls into it fails loudly. */
const standIn = 'rapid-client.node.json';

/** The folder of the client, fetched the first time. */
export function runtimeClient(): string {
  const given = process.env['LAMBDA_RUNTIME_CLIENT'];
  if (given) return given;
  const folder = join(cache, `${name}-${version}`);
  if (existsSync(folder)) return folder;

  mkdirSync(cache, { recursive: true });
  const fresh = mkdtempSync(join(cache, 'fresh-'));
  try {
    // Only unpacked, never installed: its scripts do not run.
    execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', fresh], { stdio: 'pipe' });
    const archive = join(fresh, `${name}-${version}.tgz`);
    const digest = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (digest !== integrity) throw new Error(`${name}@${version} is not what it was: ${digest}`);
    execFileSync('tar', ['-xzf', archive, '-C', fresh, 'package/index.mjs', 'package/package.json', 'package/LICENSE']);
    writeFileSync(join(fresh, 'package', standIn), '{}');
    renameSync(join(fresh, 'package'), folder);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
}

/** As Lambda starts Node 24: `require` of an ES module and guessing a file's kind are off. */
const flags = ['--no-experimental-require-module', '--no-experimental-detect-module', '--max-http-header-size=81920'];

export type Runtime = {
  /** Resolves with the exit code. */
  readonly exited: Promise<number | null>;
  readonly running: () => boolean;
  /** Everything that it has written to its log. */
  readonly log: () => string;
  stop(): Promise<void>;
};

export type RuntimeOptions = {
  readonly api: RuntimeApi;
  /** The folder of the function's code. */
  readonly taskRoot: string;
  readonly handler: string;
  readonly environment: NodeJS.ProcessEnv;
};

/** Lambda freezes a runtime that waits for an event, so work that outlives its invocation is not done. */
function freezeBetweenInvocations(api: RuntimeApi, child: ChildProcess): void {
  api.onIdle = () => child.kill('SIGSTOP');
  api.onBusy = () => child.kill('SIGCONT');
}

export function startRuntime({ api, taskRoot, handler, environment }: RuntimeOptions): Runtime {
  const folder = runtimeClient();
  const compiled = existsSync(join(folder, 'rapid-client.node'));
  const child = spawn(process.execPath, [...flags, join(folder, 'index.mjs')], {
    cwd: taskRoot,
    env: {
      ...environment,
      _HANDLER: handler,
      LAMBDA_TASK_ROOT: taskRoot,
      AWS_LAMBDA_RUNTIME_API: api.address,
      AWS_LAMBDA_FUNCTION_NAME: 'chat-completions',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '1024',
      AWS_LAMBDA_LOG_GROUP_NAME: '/aws/lambda/chat-completions',
      AWS_LAMBDA_LOG_STREAM_NAME: 'test',
      AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
      ...(!compiled && { AWS_LAMBDA_NODEJS_USE_ALTERNATIVE_CLIENT_1: 'true' }),
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  freezeBetweenInvocations(api, child);
  const log: Buffer[] = [];
  for (const output of [child.stdout, child.stderr]) output.on('data', (bytes: Buffer) => log.push(bytes));
  const exited = once(child, 'exit').then(([code]: (number | null)[]) => code ?? null);
  return {
    exited,
    running: () => child.exitCode === null && child.signalCode === null,
    log: () => Buffer.concat(log).toString('utf8'),
    async stop() {
      // A frozen process still obeys SIGKILL, which is also how Lambda ends one.
      child.kill('SIGKILL');
      await exited;
    },
  };
}
