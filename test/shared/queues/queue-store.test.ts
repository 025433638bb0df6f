import { dynamoQueueStore, type QueueStore, type Receiving } from '../../../shared/queues/queue-store.ts';
import { storedQueue } from '../../../shared/queues/stored-queue.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const store = (): QueueStore => dynamoQueueStore(database.db, database.queueTable);
const at = (nowMs: number, changes: Partial<Receiving> = {}): Receiving => ({
  nowMs,
  visibleAgainAtMs: nowMs + 60_000,
  most: 10,
  maxReceives: 3,
  ...changes,
});
const received = async (receiving: Receiving) =>
  (await store().receive('responses', receiving)).map(({ message, receives }) => [message['responseId'], receives]);

/** Whatever is there is gone. */
beforeEach(async () => {
  for (const one of await store().receive('responses', at(Number.MAX_SAFE_INTEGER - 60_000, { most: 1_000 })))
    await store().delete(one);
});

const send = (responseId: string, visibleAtMs = 0) =>
  store().send('responses', `msg_${responseId}`, { responseId }, visibleAtMs);

test('a message is received in the order of sending, and then not until it is visible again', async () => {
  await send('b');
  await send('a');
  expect(await received(at(1_000))).toEqual([
    ['a', 1],
    ['b', 1],
  ]);
  expect(await received(at(60_999))).toEqual([]);
  expect(await received(at(61_000))).toEqual([
    ['a', 2],
    ['b', 2],
  ]);
});

test('each of many messages is received by one of many rivals', async () => {
  const ids = Array.from({ length: 20 }, (_, index) => `m${String(index).padStart(2, '0')}`);
  await Promise.all(ids.map((id) => send(id)));
  const rivals = await Promise.all(Array.from({ length: 8 }, () => received(at(1_000, { most: 20 }))));
  expect(
    rivals
      .flat()
      .map(([id]) => id)
      .sort(),
  ).toEqual(ids);
});

test('no more are received than there is room for, and those before them that are at work do not count', async () => {
  for (const id of ['a', 'b', 'c']) await send(id);
  expect(await received(at(1_000, { most: 2 }))).toHaveLength(2);
  expect(await received(at(1_000, { most: 2 }))).toEqual([['c', 1]]);
});

test('a delayed message is not received before its time', async () => {
  const queue = storedQueue({ store: store(), now: () => 1_000, newId: (prefix) => `${prefix}1` }, 'responses');
  await queue.send({ responseId: 'late' }, 30);
  expect(await received(at(30_999))).toEqual([]);
  expect(await received(at(31_000))).toEqual([['late', 1]]);
});

test('what is deleted is gone, unless another has received it in the meantime', async () => {
  await send('a');
  const [first] = await store().receive('responses', at(1_000));
  const [second] = await store().receive('responses', at(61_000));
  if (!first || !second) throw new Error('it is received twice');
  await store().delete(first);
  expect(await received(at(121_000))).toEqual([['a', 3]]);
  await store().delete(second);
  const [third] = await store().receive('responses', at(181_000, { maxReceives: 4 }));
  if (third) await store().delete(third);
  expect(await received(at(1_000_000))).toEqual([]);
});

test('who is at work keeps the message from others, and learns when it is too late for that', async () => {
  await send('a');
  const [first] = await store().receive('responses', at(1_000));
  if (!first) throw new Error('it is received');
  expect(await store().extend(first, 100_000)).toBe(true);
  expect(await received(at(99_999))).toEqual([]);
  expect(await received(at(100_000))).toEqual([['a', 2]]);
  expect(await store().extend(first, 200_000)).toBe(false);
});

test('a message that came to nothing as often as it may is put aside, and delivered no more', async () => {
  await send('poison');
  for (const nowMs of [0, 60_000, 120_000]) expect(await received(at(nowMs))).toHaveLength(1);
  expect(await store().dead('responses')).toEqual([]);
  expect(await received(at(180_000))).toEqual([]);
  expect(await store().dead('responses')).toEqual([{ responseId: 'poison' }]);
  expect(await received(at(1_000_000))).toEqual([]);
});
