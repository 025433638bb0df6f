import { newBatch } from '../../../shared/batches/batch.ts';
import type { PendingBatch } from '../../../shared/batches/batch-row.ts';
import { nextTask } from '../../../shared/batches/next-task.ts';

const now = 1_000_000;
const batch = (id: string, changes: Partial<PendingBatch>): PendingBatch => ({
  ...newBatch({
    projectId: 'p',
    id,
    apiKeyId: 'key',
    endpoint: '/v1/responses',
    inputFileId: 'file',
    metadata: null,
    outputExpiresSeconds: null,
    createdAtMs: now,
  }),
  ...changes,
});
const working = (id: string, changes: Partial<PendingBatch> = {}) =>
  batch(id, { status: 'in_progress', chunks: 3, nextChunk: 1, atWork: 1, ...changes });
const allOut = { nextChunk: 3 };

test.each<[string, readonly PendingBatch[], string]>([
  ['nothing', [], 'nothing'],
  ['a new one is validated', [batch('a', {})], 'validate a'],
  ['which one lane does', [batch('a', { atWork: 1 })], 'later 60000'],
  ['validation comes before answers', [working('a'), batch('b', {})], 'validate b'],
  ['an end comes before validation', [batch('a', {}), batch('b', { status: 'cancelling' })], 'finalise b'],
  ['the oldest is answered first', [working('a'), working('b')], 'answer a 1'],
  ['what was put back comes in its order', [working('a', { returned: [2, 0], ...allOut })], 'answer a 2'],
  ['and last', [working('a', { returned: [2, 0] })], 'answer a 1'],
  ['one that nobody is at, though all was validated', [working('a', { atWork: 0 })], 'answer a 1'],
  ['the next one where the oldest is all out', [working('a', allOut), working('b')], 'answer b 1'],
  ['what waits is passed over', [working('a', { notBeforeMs: now + 1 }), working('b')], 'answer b 1'],
  ['until it is time', [working('a', { notBeforeMs: now + 5_000 })], 'later 5000'],
  ['and no longer', [working('a', { notBeforeMs: now })], 'answer a 1'],
  ['and is not looked for more than once a second', [working('a', { notBeforeMs: now + 1 })], 'later 1000'],
  ['all is answered', [working('a', { ...allOut, atWork: 0 })], 'complete a'],
  ['others are still at it', [working('a', allOut)], 'later 60000'],
  ['one that is cancelled waits for those that are at it', [working('a', { status: 'cancelling' })], 'later 60000'],
  ['its time is over', [working('a', { expiresAtMs: now, notBeforeMs: now + 9_000 })], 'expire a'],
  ['also of one that was never looked at', [batch('a', { expiresAtMs: now })], 'expire a'],
  ['but not of one that is being ended', [batch('a', { status: 'finalizing', expiresAtMs: now })], 'finalise a'],
])('%s', (_what, batches, expected) => {
  const task = nextTask(batches, now);
  const words = [
    task.kind,
    'batch' in task ? task.batch.id : '',
    'chunk' in task ? task.chunk : '',
    'inMs' in task ? task.inMs : '',
  ];
  expect(words.filter((word) => word !== '').join(' ')).toBe(expected);
});
