/** `npm run report`, on the folder of a gateway that runs and of one that does not. */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import OpenAI from 'openai';
import { readDays } from '../../infra/local/report.ts';
import type { Report } from '../../shared/report/report.ts';
import { startLocal } from '../support/local-process.ts';
import { question } from '../support/scene.ts';
import { temporaryFolder } from '../support/temporary.ts';

const root = resolve(import.meta.dirname, '../..');

/** The files that it has written. */
async function report(folder: string, ...args: string[]): Promise<string[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['infra/local/report.ts', ...args], {
    cwd: root,
    env: { PATH: process.env['PATH'], SLUICE_DATA: folder },
  });
  return stdout.trim().split('\n');
}

test('days are read as they stand, and last month where none are given', () => {
  expect(readDays([])).toBeNull();
  expect(readDays(['--from', '2026-11-01', '--to', '2026-12-01'])).toEqual({
    fromMs: Date.parse('2026-11-01'),
    toMs: Date.parse('2026-12-01'),
  });
});

test.each([
  [['--from', '2026-11-01']],
  [['--to', '2026-11-01']],
  [['--from', '2026-11-02', '--to', '2026-11-01']],
  [['--from', '2026-11-01', '--to', '2026-11-01']],
  [['--from', '1 November', '--to', '2026-12-01']],
  [['--since', '2026-11-01']],
  [['2026-11-01']],
])('%j is answered with how it is called', (args) => {
  expect(() => readDays(args)).toThrow(/npm run report -- --from/);
});

test('in a folder where no gateway has run it is a report of nothing', async () => {
  const folder = temporaryFolder();
  const files = await report(folder, '--from', '2026-11-01', '--to', '2026-12-01');
  expect(files).toEqual(
    ['html', 'csv', 'json'].map((type) => join(folder, 'reports', `usage/monthly/2026-11.${type}`)),
  );
  expect(readFileSync(files[0] ?? '', 'utf8')).toContain('No calls were made');
});

test('while a gateway runs it reads that one’s database, and afterwards its file, with the same result', async () => {
  const folder = temporaryFolder();
  const gateway = await startLocal({ SLUICE_DATA: folder });
  const dayMs = 86_400_000;
  const [yesterday, dayAfter] = [-dayMs, 2 * dayMs].map((ms) => new Date(Date.now() + ms).toISOString().slice(0, 10));
  const made = async (): Promise<Report> => {
    const [, , json = ''] = await report(folder, '--from', yesterday ?? '', '--to', dayAfter ?? '');
    return JSON.parse(readFileSync(json, 'utf8'));
  };
  try {
    const { baseURL, adminKey } = gateway;
    const admin = new OpenAI({ baseURL, adminAPIKey: adminKey, apiKey: 'unused' }).admin.organization;
    const { id } = await admin.projects.create({ name: 'first' });
    const account = await admin.projects.serviceAccounts.create(id, { name: 'app' });
    const client = new OpenAI({ baseURL, apiKey: account.api_key?.value ?? '' });
    await client.chat.completions.create({ ...question, model: 'gpt-5.5' });
    const whileRunning = await made();
    expect(whileRunning.total.requests).toBe(1);
    expect(whileRunning.projects).toMatchObject([{ id, name: 'first' }]);

    gateway.signal('SIGTERM');
    await gateway.exited;
    expect(existsSync(join(folder, 'running.json'))).toBe(false);
    expect({ ...(await made()), generatedAtMs: 0 }).toEqual({ ...whileRunning, generatedAtMs: 0 });
  } finally {
    await gateway.kill();
  }
});
