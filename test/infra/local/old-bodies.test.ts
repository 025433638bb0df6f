import { existsSync, mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeOldBodies } from '../../../infra/local/old-bodies.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const dayMs = 86_400_000;

test('bodies are removed once nothing can refer to them any more, and no sooner', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'cache', 'proj_a'), { recursive: true });
  const made = ([32, 34] as const).map((days) => {
    const file = join(folder, 'cache', 'proj_a', `${days}`);
    writeFileSync(file, 'body');
    utimesSync(file, nowMs / 1000, (nowMs - days * dayMs) / 1000);
    return file;
  });
  await removeOldBodies(folder, nowMs);
  expect(made.map((file) => existsSync(file))).toEqual([true, false]);
});

test('bodies of conversations stay until the conversation goes', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'conversations', 'proj_a'), { recursive: true });
  const file = join(folder, 'conversations', 'proj_a', 'old');
  writeFileSync(file, 'body');
  utimesSync(file, nowMs / 1000, (nowMs - 400 * dayMs) / 1000);
  await removeOldBodies(folder, nowMs);
  expect(existsSync(file)).toBe(true);
});

test('before the first body there is nothing to do', async () => {
  await removeOldBodies(join(temporaryFolder(), 'none'), nowMs);
});
