/** I3: a worker of batches dies at any of its steps, and the next one goes on: every line stands in one file, once. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chatLine, ended, filesOfBatch, newBatch } from '../support/batch-scene.ts';
import { scene } from '../support/scene.ts';

type Death = {
  readonly at: number;
  /** What it was about is done all the same. */
  readonly isApplied: boolean;
};

let death: Death | null = null;
let steps = 0;
const broken = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });

/** From its death on a worker reaches nothing. */
const mortal = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: unknown) => {
        steps += 1;
        if (death && steps === death.at && death.isApplied) await target.send(command as never);
        if (death && steps >= death.at) throw broken();
        return target.send(command as never);
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: mortal(db), onceDb: mortal(onceDb) }) });
afterEach(() => {
  death = null;
});

const lines = Array.from({ length: 5 }, (_, i) => chatLine(`c${i}`));

/** Until the queue has nothing more, or the worker is dead. */
async function worked(): Promise<void> {
  const { gateway } = on();
  steps = 0;
  await gateway.runQueue('batches').catch(() => 0);
  await gateway.idle();
}

/** A worker's steps from its message to the end of the batch are more than these. */
const deaths = Array.from({ length: 30 }, (_, i) => ({ at: 2 + i * 2 + (i % 2), isApplied: i % 3 !== 0 }));

test.each(deaths)('at step $at, applied: $isApplied', async (planned) => {
  const { gateway, provider, ledger } = on();
  const { client, projectId } = await gateway.tenant();
  const { id } = await newBatch(gateway, { client, projectId }, lines);
  death = planned;
  await worked();
  const died = steps >= planned.at;
  death = null;
  gateway.clock.nowMs += 61_000;
  const done = await ended(gateway, client, id);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 5, completed: 5, failed: 0 } });
  const { output, errors } = await filesOfBatch(gateway, projectId, done);
  expect(output.map(({ custom_id }) => custom_id)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4']);
  expect(errors).toEqual([]);
  expect(done.usage?.total_tokens).toBe(75);
  // What was lost with the worker was asked again, and what was written down was not.
  expect(provider.asked.length).toBeGreaterThanOrEqual(5);
  expect(provider.asked.length).toBeLessThanOrEqual(10);
  expect((await ledger(projectId)).length).toBeGreaterThanOrEqual(provider.asked.length);
  if (planned.at < 40) expect(died).toBe(true);
});

test('twice at the same time, and with every message twice, each line is asked once', async () => {
  const { gateway, provider } = on();
  const { client, projectId } = await gateway.tenant();
  const { id } = await newBatch(gateway, { client, projectId }, lines);
  await Promise.all([worked(), worked(), worked()]);
  const done = await ended(gateway, client, id);
  expect(done.request_counts).toEqual({ total: 5, completed: 5, failed: 0 });
  expect((await filesOfBatch(gateway, projectId, done)).all).toHaveLength(5);
  expect(provider.asked).toHaveLength(5);
});
