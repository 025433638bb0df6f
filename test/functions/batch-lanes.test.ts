/** Lanes: who is in them, which messages go around for them, and who calls for workers when none comes. */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { dynamoLaneStore } from '../../shared/batches/lane-store.ts';
import { dynamoQueueStore } from '../../shared/queues/queue-store.ts';
import { chatLine, ended, filesOfBatch, newBatch } from '../support/batch-scene.ts';
import { scene } from '../support/scene.ts';

const on = scene();
const chats = (count: number) => Array.from({ length: count }, (_, i) => chatLine(`c${i}`));
const lanes = () => dynamoLaneStore(on().database.db, on().database.names.batches);
const messages = async (): Promise<Record<string, unknown>[]> => {
  const { database } = on();
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.queueTable }));
  return Items.filter(({ queue }) => queue === 'batches');
};
/** As if SQS had lost them. */
async function loseMessages(): Promise<void> {
  const { database, gateway } = on();
  const store = dynamoQueueStore(database.db, database.queueTable);
  const nowMs = gateway.clock.nowMs + 1e9;
  const receiving = { nowMs, visibleAgainAtMs: nowMs, most: 1_000, maxReceives: 1_000 };
  for (const message of await store.receive('batches', receiving)) await store.delete(message);
}
beforeEach(loseMessages);

test('a batch whose messages were all lost is found by the sweep', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(3));
  await loseMessages();
  expect(await gateway.runQueue('batches')).toBe(0);
  await gateway.runSchedule('sweep');
  const done = await ended(gateway, tenant.client, id);
  expect(done.request_counts).toEqual({ total: 3, completed: 3, failed: 0 });
});

test('what a worker has had in hand when its message was lost is gone on with', async () => {
  const { gateway, ledger } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(3));
  await gateway.runQueue('batches');
  await ended(gateway, tenant.client, id);
  const left = await newBatch(gateway, tenant, chats(2));
  const key = { projectId: tenant.projectId, lane: 0 };
  await loseMessages();
  // A worker that came, and was never heard of again.
  const { nowMs } = gateway.clock;
  await lanes().claim(key, { lease: { workerId: 'dead', untilMs: nowMs + 60_000 }, nowMs });
  await gateway.runSchedule('sweep');
  gateway.clock.nowMs += 21 * 60_000;
  await gateway.runSchedule('sweep');
  const done = await ended(gateway, tenant.client, left.id);
  expect(done.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
  // Of this project: the sweep calls for others as well.
  expect(await ledger(tenant.projectId)).toHaveLength(5);
});

test('the sweep calls for nobody where workers are about, and for nobody twice', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  await newBatch(gateway, tenant, chats(1));
  await loseMessages();
  await gateway.runSchedule('sweep');
  const called = (await messages()).length;
  expect(called).toBeGreaterThan(0);
  gateway.clock.nowMs += 5 * 60_000;
  await gateway.runSchedule('sweep');
  expect(await messages()).toHaveLength(called);
});

test('when all has ended nothing goes around any more, and no lane is left', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const made = [await newBatch(gateway, tenant, chats(150)), await newBatch(gateway, tenant, chats(2))];
  for (const { id } of made) await ended(gateway, tenant.client, id);
  for (let minutes = 0; minutes < 5; minutes += 1) {
    gateway.clock.nowMs += 61_000;
    await gateway.runQueue('batches');
  }
  expect(await messages()).toEqual([]);
  expect(await lanes().all(tenant.projectId)).toEqual([]);
});

test('a message whose place another has taken does nothing', async () => {
  const { gateway } = on();
  const key = { projectId: 'proj_x', lane: 1 };
  const { nowMs } = gateway.clock;
  const claim = (workerId: string, messageId?: string) =>
    lanes().claim(key, { lease: { workerId, untilMs: nowMs + 60_000 }, nowMs, messageId });
  expect(await claim('a')).toEqual({ kind: 'claimed', inHand: undefined, afterDeath: false });
  expect(await claim('b', 'msg_1')).toEqual({ kind: 'held', untilMs: nowMs + 60_000 });
  await lanes().leave(key, 'a', 'msg_2', nowMs);
  expect(await claim('b', 'msg_1')).toEqual({ kind: 'superseded' });
  expect(await claim('b', 'msg_2')).toMatchObject({ kind: 'claimed' });
  await lanes().leave(key, 'b', 'msg_3', nowMs);
  // Called anew, it takes the place of what goes around.
  expect(await claim('c')).toMatchObject({ kind: 'claimed', afterDeath: false });
  expect(await lanes().renew(key, { workerId: 'b', untilMs: nowMs }, nowMs)).toBe(false);
});

test('batches of two projects are both gone through, and neither meets the other’s lines (I5)', async () => {
  const { gateway } = on();
  const [one, two] = [await gateway.tenant('one'), await gateway.tenant('two')];
  const first = await newBatch(gateway, one, chats(120));
  const second = await newBatch(gateway, two, [chatLine('of-two')]);
  const done = [await ended(gateway, one.client, first.id), await ended(gateway, two.client, second.id)];
  expect(done.map(({ request_counts }) => request_counts?.completed)).toEqual([120, 1]);
  const [ofOne, ofTwo] = done;
  if (!ofOne || !ofTwo) throw new Error('no batches');
  expect((await filesOfBatch(gateway, one.projectId, ofOne)).all).not.toContain('of-two');
  expect((await filesOfBatch(gateway, two.projectId, ofTwo)).all).toEqual(['of-two']);
});
