/** What is deleted, or over, is gone from the table and from the bucket: at once for everybody, and in the end altogether. */
import { readdirSync } from 'node:fs';
import { PutCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { resolveConfig } from '../../../infra/build/resolve-config.ts';
import { oneProvider } from '../../support/gateway.ts';
import { scene } from '../../support/scene.ts';

const days = (count: number): number => count * 86_400_000;
const on = scene({}, (baseURL) => ({ ...oneProvider(baseURL), conversations: { expireDays: 10 } }));

const message = (content: string) => ({ role: 'user' as const, content });
const places = async (id: string): Promise<string[]> => {
  const { database } = on();
  const TableName = database.names.conversations;
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName, ConsistentRead: true }));
  return Items.filter(({ conversation }) => String(conversation).endsWith(`#${id}`)).map(({ place }) => place);
};
const bodies = (id: string) =>
  readdirSync(on().gateway.live.env.bodies.folder ?? '', { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && entry.parentPath.includes(id),
  );
const filled = async (): Promise<string> => {
  const { conversations } = on().tenant.client;
  const { id } = await conversations.create({ items: [message('x'.repeat(400_000)), message('y')] });
  return id;
};

test('a conversation to which nothing was added for so long is not there any more, and the sweep takes it away', async () => {
  const { gateway, tenant } = on();
  const { conversations } = tenant.client;
  const id = await filled();
  gateway.clock.nowMs += days(9);
  await conversations.items.create(id, { items: [message('still here')] });
  gateway.clock.nowMs += days(9);
  await gateway.runSchedule('sweep');
  expect((await conversations.items.list(id)).data).toHaveLength(3);
  gateway.clock.nowMs += days(1) + 1_000;
  for (const attempt of [
    () => conversations.retrieve(id),
    () => conversations.items.list(id),
    () => conversations.items.create(id, { items: [message('too late')] }),
    () => conversations.update(id, { metadata: {} }),
    () => conversations.delete(id),
  ]) {
    await expect(Promise.resolve(attempt())).rejects.toMatchObject({ status: 404 });
  }
  expect((await places(id)).length).toBeGreaterThan(3);
  expect(bodies(id)).toHaveLength(1);
  gateway.clock.nowMs += days(1);
  await gateway.runSchedule('sweep');
  expect(await places(id)).toEqual([]);
  expect(bodies(id)).toEqual([]);
});

test('what was left of one whose deletion was killed is nobody’s to see, and the sweep goes on with it', async () => {
  const { gateway, tenant, database } = on();
  const id = await filled();
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names.conversations }));
  const mine = Items.filter(({ conversation }) => conversation === `${tenant.projectId}#${id}`);
  await tenant.client.conversations.delete(id);
  expect(await places(id)).toEqual([]);
  // As if the function had died right after it had marked it.
  for (const item of mine) {
    const { conversation, place } = item;
    const deleted = {
      state: 'deleted',
      erasureShard: '3',
      eraseAfter: new Date(gateway.clock.nowMs).toISOString().slice(0, 10),
    };
    const Item = place === '#' ? { ...item, ...deleted } : { ...item, conversation };
    await database.db.send(new PutCommand({ TableName: database.names.conversations, Item }));
  }
  await expect(tenant.client.conversations.items.list(id)).rejects.toMatchObject({ status: 404 });
  await gateway.runSchedule('sweep');
  expect(await places(id)).toEqual([]);
});

test('a conversation of more than a thousand items is deleted with all of them', async () => {
  const { tenant } = on();
  const { conversations } = tenant.client;
  const { id } = await conversations.create();
  for (let batch = 0; batch < 51; batch += 1) {
    await conversations.items.create(id, {
      items: Array.from({ length: 20 }, (_, index) => message(`${batch} ${index}`)),
    });
  }
  expect((await places(id)).length).toBeGreaterThan(1_020);
  await conversations.delete(id);
  expect(await places(id)).toEqual([]);
});

test('without a setting conversations stay, and responses are kept for 30 days and no longer', () => {
  const { conversations } = resolveConfig(oneProvider('http://127.0.0.1'), { now: new Date() });
  expect(conversations).toEqual({ responseExpireDays: 30 });
  const longer = { ...oneProvider('http://127.0.0.1'), conversations: { responseExpireDays: 31 } };
  expect(() => resolveConfig(longer, { now: new Date() })).toThrow();
});
