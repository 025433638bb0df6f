import { sortableId } from '../../../shared/ids.ts';
import { dynamoQueueDepth } from '../../../shared/queues/queue-depth-store.ts';
import { dynamoQueueStore } from '../../../shared/queues/queue-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.stop());

const startMs = Date.parse('2026-11-22T10:00:00Z');

test('messages are told apart by what they wait for, and the age is that of the oldest', async () => {
  const clock = { nowMs: startMs };
  const store = dynamoQueueStore(database.db, database.queueTable);
  const depth = dynamoQueueDepth(database.db, database.queueTable, () => clock.nowMs)('responses');
  const now = AbortSignal.timeout(10_000);
  expect(await depth(now)).toEqual({
    waiting: 0,
    inProgress: 0,
    delayed: 0,
    deadLetters: 0,
    oldestAgeSeconds: null,
  });

  const send = (delayMs = 0) =>
    store.send('responses', sortableId('msg_', clock.nowMs), { responseId: 'r' }, clock.nowMs + delayMs);
  const receiving = (maxReceives: number) => ({
    nowMs: clock.nowMs,
    visibleAgainAtMs: clock.nowMs + 60_000,
    most: 1,
    maxReceives,
  });
  await send();
  await store.receive('responses', receiving(3));
  clock.nowMs += 61_000;
  // Put aside: it has been received once.
  await store.receive('responses', receiving(1));
  await send();
  clock.nowMs += 5_000;
  await send();
  await send(30_000);
  await store.receive('responses', receiving(3));
  expect(await depth(now)).toEqual({
    waiting: 1,
    inProgress: 1,
    delayed: 1,
    deadLetters: 1,
    oldestAgeSeconds: 5,
  });
});

test('rejects when the table cannot be read', async () => {
  const depth = dynamoQueueDepth(database.db, 'no-such-table', () => startMs)('responses');
  await expect(depth(AbortSignal.timeout(10_000))).rejects.toThrow();
});
