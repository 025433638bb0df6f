import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expireRequestLogs, removeOldRequestLogs } from '../../../infra/local/old-request-logs.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const dayMs = 86_400_000;

function fileOf(folder: string, name: string, ageDays: number): string {
  const inside = join(folder, 'proj_a', '2026', '11', '01');
  mkdirSync(inside, { recursive: true });
  const file = join(inside, name);
  writeFileSync(file, '{}\n');
  utimesSync(file, nowMs / 1000, (nowMs - ageDays * dayMs) / 1000);
  return file;
}

test('a file of the request log is removed when the days of its name are over, and no sooner', async () => {
  const folder = temporaryFolder();
  const files = [
    fileOf(folder, '10-a.7d.jsonl', 6.9),
    fileOf(folder, '10-b.7d.jsonl', 7.1),
    fileOf(folder, '10-c.365d.jsonl', 364),
    fileOf(folder, '10-d.365d.jsonl', 366),
    fileOf(folder, 'of somebody else.txt', 4_000),
  ];
  await removeOldRequestLogs(folder, nowMs);
  expect(files.map((file) => existsSync(file))).toEqual([true, false, true, false, true]);
});

test('before anything is logged there is nothing to do', async () => {
  await removeOldRequestLogs(join(temporaryFolder(), 'none'), nowMs);
});

test('it is looked at when the gateway starts', async () => {
  const folder = temporaryFolder();
  const file = fileOf(folder, '10-a.1d.jsonl', 2);
  const end = expireRequestLogs(
    folder,
    () => nowMs,
    (error) => {
      throw error;
    },
  );
  for (let times = 0; existsSync(file) && times < 100; times++) await new Promise((done) => setTimeout(done, 10));
  end();
  expect(existsSync(file)).toBe(false);
});
