/** I12: what becomes of batches while one of their stores is down. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chatLine, ended, filesOfBatch, inputFile, jsonl, newBatch } from '../support/batch-scene.ts';
import { scene } from '../support/scene.ts';

type Sent = {
  readonly input: {
    readonly TableName?: string;
    readonly TransactItems?: readonly Record<string, { readonly TableName: string }>[];
  };
};

let down: RegExp | null = null;
const tablesOf = ({ input }: Sent): string[] => [
  input.TableName ?? '',
  ...(input.TransactItems ?? []).flatMap((item) => Object.values(item).map(({ TableName }) => TableName)),
];
const failing = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: Sent) => {
        if (down && tablesOf(command).some((table) => down?.test(table))) {
          throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
        }
        return target.send(command as never);
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: failing(db), onceDb: failing(onceDb) }) });
afterEach(() => {
  down = null;
});

const chats = (count: number) => Array.from({ length: count }, (_, i) => chatLine(`c${i}`));
const overloaded = { status: 503, code: 'overloaded' };

test('batches: they cannot be retrieved, listed or cancelled: 503', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(1));
  down = /-batches$/;
  await expect(tenant.client.batches.retrieve(id)).rejects.toMatchObject(overloaded);
  await expect(Promise.resolve(tenant.client.batches.list())).rejects.toMatchObject(overloaded);
  await expect(tenant.client.batches.cancel(id)).rejects.toMatchObject(overloaded);
});

test.each([
  ['batches', /-batches$/],
  ['files', /-files$/],
  ['the queue', /-queue$/],
])('%s: none is made that nobody would work on: 503, and nothing is left', async (_store, tables) => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const input_file_id = await inputFile(gateway, tenant.projectId, jsonl(chats(1)));
  down = tables;
  const made = tenant.client.batches.create({
    input_file_id,
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  });
  await expect(made).rejects.toMatchObject(overloaded);
  down = null;
  expect((await tenant.client.batches.list()).data).toEqual([]);
});

test.each([
  ['lines', /-batchLines$/],
  ['files', /-files$/],
  ['keys', /-keys$/],
  ['projects', /-projects$/],
  ['counters', /-admission$/],
  ['the ledger', /-usage$/],
])('%s: a batch waits for as long as it takes, and no line of it fails', async (_store, tables) => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(12));
  down = tables;
  for (let minutes = 0; minutes < 20; minutes += 1) {
    await gateway.runQueue('batches').catch(() => 0);
    gateway.clock.nowMs += 60_000;
  }
  down = null;
  expect(provider.asked.length).toBeLessThan(60);
  const done = await ended(gateway, tenant.client, id);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 12, completed: 12, failed: 0 } });
  expect((await filesOfBatch(gateway, tenant.projectId, done)).all).toHaveLength(12);
});
