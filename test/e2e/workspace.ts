/** Where the end-to-end test keeps what it needs and leaves: outside of git, and there for the next run. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type Variables } from './command.ts';

export const repository = fileURLToPath(new URL('../../', import.meta.url));
export const workspace = join(repository, '.e2e');
export const binaries = join(repository, 'node_modules/.bin');
const venv = join(workspace, 'venv');
export const python = (program: string): string => join(venv, 'bin', program);

/** This process's environment, with Node 24 and Python's programs first on the path. */
export const environment = (more: Variables = {}): Variables => {
  const inherited = Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined);
  // What the person who runs this has set for an account of their own must not reach it.
  const own = inherited.filter(([name]) => !/^(AWS|CDK|SLUICE|OPENAI)_/.test(name));
  return { ...Object.fromEntries(own), PATH: `${binaries}:${join(venv, 'bin')}:${process.env['PATH']}`, ...more };
};

const contents = (file: string): string | null => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
};

/** The virtual environment with the programs of requirements.txt, made once for each version of it. */
export async function installPrograms(): Promise<void> {
  mkdirSync(workspace, { recursive: true });
  const wanted = readFileSync(join(import.meta.dirname, 'requirements.txt'), 'utf8');
  const marker = join(venv, 'installed.txt');
  if (contents(marker) === wanted) return;
  rmSync(venv, { recursive: true, force: true });
  await run('python3', ['-m', 'venv', venv], environment());
  await run(
    python('pip'),
    ['install', '--quiet', '--disable-pip-version-check', '-r', join(import.meta.dirname, 'requirements.txt')],
    environment(),
  );
  writeFileSync(marker, wanted);
}
