import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostWatch } from '../../../shared/health/host-watch.ts';
import { fileNotify } from '../../../shared/notifications/file-notify.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');
const hourMs = 3_600_000;
const never = new AbortController().signal;

test('alerts are those of the last day, out of the file that they were written to', async () => {
  const file = join(temporaryFolder(), 'notifications.jsonl');
  const watch = hostWatch(file, () => nowMs);
  expect((await watch(undefined, never)).alerts).toEqual([]);
  for (const [subject, agoMs] of [
    ['old', 25 * hourMs],
    ['spend', hourMs],
  ] as const)
    await fileNotify(file, () => nowMs - agoMs).publish({ subject, message: 'A budget is used up.' });
  appendFileSync(file, '{"cut');
  expect((await watch(undefined, never)).alerts).toEqual([
    { name: 'spend', since: (nowMs - hourMs) / 1000, description: 'A budget is used up.' },
  ]);
});

test('of a long file only the end is read', async () => {
  const file = join(temporaryFolder(), 'notifications.jsonl');
  const line = `${JSON.stringify({ at: new Date(nowMs).toISOString(), subject: 's', message: 'm'.repeat(1_000) })}\n`;
  writeFileSync(file, line.repeat(10_000));
  expect((await hostWatch(file, () => nowMs)(undefined, never)).alerts).toHaveLength(20);
});
