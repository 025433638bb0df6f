/** `conversations` of the `openai` package, as it is. */
import { readdirSync } from 'node:fs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { OpenAI } from 'openai';
import { scene } from '../support/scene.ts';

const on = scene();
const client = (): OpenAI => on().tenant.client;

const message = (content: string, role: 'user' | 'assistant' = 'user') => ({ type: 'message' as const, role, content });
const textsOf = (items: readonly unknown[]): string[] =>
  items.map((item) => (item as { content: { text: string }[] }).content[0]?.text ?? '');
const rows = async () => {
  const { database } = on();
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names.conversations }));
  return Items;
};
const bodies = (): string[] =>
  readdirSync(on().gateway.live.env.bodies.folder ?? '', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.parentPath.includes('/conversations/'))
    .map(({ name }) => name);

test('a conversation is created, retrieved, given other metadata, and deleted', async () => {
  const created = await client().conversations.create({ metadata: { topic: 'colours' } });
  expect(created).toEqual({
    id: expect.stringMatching(/^conv_\w{20}$/),
    object: 'conversation',
    created_at: Math.floor(on().gateway.clock.nowMs / 1000),
    metadata: { topic: 'colours' },
  });
  expect(await client().conversations.retrieve(created.id)).toEqual(created);
  const updated = await client().conversations.update(created.id, { metadata: { topic: 'sounds' } });
  expect(updated).toEqual({ ...created, metadata: { topic: 'sounds' } });
  expect(await client().conversations.update(created.id, { metadata: null })).toMatchObject({ metadata: {} });
  expect(await client().conversations.delete(created.id)).toEqual({
    id: created.id,
    object: 'conversation.deleted',
    deleted: true,
  });
  await expect(client().conversations.retrieve(created.id)).rejects.toMatchObject({
    status: 404,
    code: 'not_found',
    error: { message: `Conversation with id '${created.id}' not found.` },
  });
});

test('items are added in their order, shown with ids and in parts, and listed newest first', async () => {
  const { id } = await client().conversations.create({ items: [message('one'), message('two', 'assistant')] });
  const added = await client().conversations.items.create(id, {
    items: [
      { type: 'function_call', call_id: 'call_1', name: 'weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'rain' },
      { role: 'user', content: [{ type: 'input_text', text: 'three' }] },
    ],
  });
  expect(added).toMatchObject({ object: 'list', has_more: false });
  expect(added.data).toEqual([
    {
      id: expect.stringMatching(/^fc_/),
      type: 'function_call',
      call_id: 'call_1',
      name: 'weather',
      arguments: '{"city":"Paris"}',
      status: 'completed',
    },
    {
      id: expect.stringMatching(/^fco_/),
      type: 'function_call_output',
      call_id: 'call_1',
      output: 'rain',
      status: 'completed',
    },
    {
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_text', text: 'three' }],
    },
  ]);
  const { data } = await client().conversations.items.list(id);
  expect(data.slice(0, 3)).toEqual(added.data.toReversed());
  expect(data.slice(3)).toEqual([
    {
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'two', annotations: [], logprobs: [] }],
    },
    {
      id: expect.stringMatching(/^msg_/),
      type: 'message',
      role: 'user',
      status: 'completed',
      content: [{ type: 'input_text', text: 'one' }],
    },
  ]);
});

test('a listing goes from page to page, in both directions', async () => {
  const { id } = await client().conversations.create();
  const contents = Array.from({ length: 25 }, (_, index) => `turn ${index}`);
  await client().conversations.items.create(id, { items: contents.slice(0, 20).map((content) => message(content)) });
  await client().conversations.items.create(id, { items: contents.slice(20).map((content) => message(content)) });
  const listed = { asc: [] as string[], desc: [] as string[] };
  for (const order of ['asc', 'desc'] as const) {
    for await (const item of client().conversations.items.list(id, { order, limit: 4 }))
      listed[order].push(...textsOf([item]));
  }
  expect(listed).toEqual({ asc: contents, desc: contents.toReversed() });
  const page = await client().conversations.items.list(id, { limit: 20, order: 'asc' });
  expect([page.data.length, page.has_more]).toEqual([20, true]);
  await expect(client().conversations.items.list(id, { after: 'msg_none' })).rejects.toMatchObject({
    status: 400,
    param: 'after',
  });
});

test('one item is retrieved by its id, and deleted; the others stay', async () => {
  const { id } = await client().conversations.create({ items: [message('one'), message('two'), message('three')] });
  const { data } = await client().conversations.items.list(id, { order: 'asc' });
  const second = data[1]?.id ?? '';
  expect(await client().conversations.items.retrieve(second, { conversation_id: id })).toEqual(data[1]);
  expect(await client().conversations.items.delete(second, { conversation_id: id })).toMatchObject({
    id,
    object: 'conversation',
  });
  for (const again of ['retrieve', 'delete'] as const) {
    await expect(client().conversations.items[again](second, { conversation_id: id })).rejects.toMatchObject({
      status: 404,
    });
  }
  expect(textsOf((await client().conversations.items.list(id, { order: 'asc' })).data)).toEqual(['one', 'three']);
});

test('ids that are given are kept, and no two items have the same', async () => {
  const { id } = await client().conversations.create();
  const items = [{ ...message('one'), id: 'msg_mine' }] as never;
  expect((await client().conversations.items.create(id, { items })).data[0]).toMatchObject({ id: 'msg_mine' });
  await expect(client().conversations.items.create(id, { items })).rejects.toMatchObject({
    status: 400,
    param: 'items[0].id',
  });
  const twice = [
    { ...message('a'), id: 'msg_twice' },
    { ...message('b'), id: 'msg_twice' },
  ] as never;
  await expect(client().conversations.items.create(id, { items: twice })).rejects.toMatchObject({
    param: 'items[1].id',
  });
});

test.each([
  ['more than 20 items', { items: Array.from({ length: 21 }, () => message('x')) }, 'items'],
  ['no items', { items: [] }, 'items'],
  ['an item of a type that nobody knows', { items: [{ type: 'surprise' }] }, 'items[0]'],
  ['a message without content', { items: [{ role: 'user' }] }, 'items[0]'],
  ['a call without its name', { items: [{ type: 'function_call', call_id: 'c', arguments: '' }] }, 'items[0]'],
  ['a reference to an item that is kept elsewhere', { items: [{ type: 'item_reference', id: 'msg_1' }] }, 'items[0]'],
  ['something else besides', { items: [message('x')], more: 1 }, 'more'],
])('%s: 400', async (_, body, param) => {
  const { id } = await client().conversations.create();
  await expect(client().conversations.items.create(id, body as never)).rejects.toMatchObject({
    status: 400,
    param: expect.stringContaining(param),
  });
  expect((await client().conversations.items.list(id)).data).toEqual([]);
});

test.each([
  ['17 pairs', Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, 'v']))],
  ['a long key', { ['k'.repeat(65)]: 'v' }],
  ['a long value', { k: 'v'.repeat(513) }],
  ['a number', { k: 1 }],
])('metadata with %s: 400', async (_, metadata) => {
  await expect(client().conversations.create({ metadata: metadata as never })).rejects.toMatchObject({ status: 400 });
});

test('an item of a megabyte is kept outside of the table, and goes with the conversation', async () => {
  const { projectId } = on().tenant;
  const content = 'canary '.repeat(150_000);
  const { id } = await client().conversations.create({ items: [message('small'), message(content)] });
  expect(bodies()).toHaveLength(1);
  expect(JSON.stringify(await rows())).not.toContain('canary canary');
  const [large] = (await client().conversations.items.list(id)).data;
  expect(textsOf([large])).toEqual([content]);
  await client().conversations.items.delete(large?.id ?? '', { conversation_id: id });
  expect(bodies()).toEqual([]);
  await client().conversations.items.create(id, { items: [message(content)] });
  expect(bodies()).toHaveLength(1);
  await client().conversations.delete(id);
  expect(bodies()).toEqual([]);
  expect((await rows()).filter(({ conversation }) => conversation === `${projectId}#${id}`)).toEqual([]);
  expect(JSON.stringify([on().gateway.logs, on().gateway.metrics])).not.toContain('canary');
});

test('several items that are too much for one transaction together are added together all the same', async () => {
  const { id } = await client().conversations.create();
  const contents = Array.from({ length: 19 }, (_, index) => `${index} `.repeat(80_000));
  await client().conversations.items.create(id, { items: contents.map((content) => message(content)) });
  const { data } = await client().conversations.items.list(id, { order: 'asc' });
  expect(textsOf(data).map((text) => text.length)).toEqual(contents.map(({ length }) => length));
  expect(bodies().length).toBeGreaterThan(2);
  await client().conversations.delete(id);
  expect(bodies()).toEqual([]);
});

describe('sent again', () => {
  const retry = { headers: { 'x-stainless-retry-count': '1' } };
  const contents = async (id: string) => textsOf((await client().conversations.items.list(id, { order: 'asc' })).data);

  test('by the SDK itself, what was added is added once, and the first answer is given again', async () => {
    const { id } = await client().conversations.create();
    const first = await client().conversations.items.create(id, { items: [message('yes')] });
    const again = await client().conversations.items.create(id, { items: [message('yes')] }, retry);
    expect(again.data).toEqual(first.data);
    expect(await contents(id)).toEqual(['yes']);
  });

  test('by somebody who means it, it is added twice', async () => {
    const { id } = await client().conversations.create();
    for (const _ of [1, 2]) await client().conversations.items.create(id, { items: [message('yes')] });
    expect(await contents(id)).toEqual(['yes', 'yes']);
  });

  test('by the SDK, while the first is still on its way and comes second', async () => {
    const { gateway } = on();
    const { id } = await client().conversations.create();
    const receivedAtMs = gateway.clock.nowMs;
    gateway.clock.nowMs += 2_000;
    await client().conversations.items.create(id, { items: [message('yes')] }, retry);
    // The clock of the first one stands where it was received.
    gateway.clock.nowMs = receivedAtMs;
    const late = await client().conversations.items.create(id, { items: [message('yes')] });
    expect(late.data).toHaveLength(1);
    expect(await contents(id)).toEqual(['yes']);
    gateway.clock.nowMs += 10_000;
    await client().conversations.items.create(id, { items: [message('yes')] });
    expect(await contents(id)).toEqual(['yes', 'yes']);
  });

  test('by the SDK after more than an hour, it is another', async () => {
    const { gateway } = on();
    const { id } = await client().conversations.create();
    await client().conversations.items.create(id, { items: [message('yes')] });
    gateway.clock.nowMs += 3_602_000;
    await client().conversations.items.create(id, { items: [message('yes')] }, retry);
    expect(await contents(id)).toEqual(['yes', 'yes']);
  });

  test('under an Idempotency-Key, once for a day; with another body it is refused', async () => {
    const { gateway } = on();
    const { id } = await client().conversations.create();
    const keyed = { headers: { 'Idempotency-Key': 'the-same' } };
    const first = await client().conversations.items.create(id, { items: [message('yes')] }, keyed);
    gateway.clock.nowMs += 3_602_000;
    expect((await client().conversations.items.create(id, { items: [message('yes')] }, keyed)).data).toEqual(
      first.data,
    );
    await expect(client().conversations.items.create(id, { items: [message('no')] }, keyed)).rejects.toMatchObject({
      status: 400,
      param: 'Idempotency-Key',
    });
    expect(await contents(id)).toEqual(['yes']);
  });

  test('under an Idempotency-Key a conversation is created once, with its items', async () => {
    const keyed = { headers: { 'Idempotency-Key': 'a-conversation' } };
    const [first, second] = [
      await client().conversations.create({ items: [message('one')] }, keyed),
      await client().conversations.create({ items: [message('one')] }, keyed),
    ];
    expect(second).toEqual(first);
    expect(await contents(first.id)).toEqual(['one']);
    const { client: other } = await on().gateway.tenant('other');
    expect((await other.conversations.create({}, keyed)).id).not.toBe(first.id);
  });
});

describe('another tenant (I5)', () => {
  test('finds nothing of it, in the words of what was never there', async () => {
    const { id } = await client().conversations.create({ items: [message('mine')] });
    const item = (await client().conversations.items.list(id)).data[0]?.id ?? '';
    const { client: other } = await on().gateway.tenant('other');
    const { conversations } = other;
    const attempts = (conversation: string) => [
      () => conversations.retrieve(conversation),
      () => conversations.update(conversation, { metadata: { a: 'b' } }),
      () => conversations.delete(conversation),
      () => conversations.items.list(conversation),
      () => conversations.items.create(conversation, { items: [message('theirs')] }),
      () => conversations.items.retrieve(item, { conversation_id: conversation }),
      () => conversations.items.delete(item, { conversation_id: conversation }),
    ];
    const missing = `${id.slice(0, -4)}0000`;
    for (const [index, attempt] of attempts(id).entries()) {
      const foreign = await Promise.resolve(attempt()).catch((error) => error);
      const absent = await Promise.resolve(attempts(missing)[index]?.()).catch((error) => error);
      expect([foreign.status, foreign.error.message]).toEqual([404, absent.error.message.replace(missing, id)]);
    }
    expect(textsOf((await client().conversations.items.list(id)).data)).toEqual(['mine']);
    const theirs = await other.conversations.create();
    await expect(other.conversations.items.retrieve(item, { conversation_id: theirs.id })).rejects.toMatchObject({
      status: 404,
    });
  });
});
