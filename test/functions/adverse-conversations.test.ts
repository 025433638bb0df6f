/** Conversations as a demanding caller has them: odd names and texts, and deletions that were cut short. */
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scene } from '../support/scene.ts';

const on = scene();
const conversations = () => on().tenant.client.conversations;

test('metadata may be called like what every object of JavaScript has', async () => {
  const metadata = { constructor: 'a', toString: 'b', hasOwnProperty: '' };
  const { id } = await conversations().create({ metadata });
  expect((await conversations().retrieve(id)).metadata).toEqual(metadata);
  await conversations().update(id, { metadata: { constructor: 'c' } });
  expect((await conversations().retrieve(id)).metadata).toEqual({ constructor: 'c' });
});

test.each([
  ['value', { topic: 'cut \ud83d' }],
  ['name', { '\ud83d': 'cut' }],
])("half of an emoji in a %s of metadata is the caller's mistake, and not an outage", async (_, metadata) => {
  await expect(conversations().create({ metadata })).rejects.toMatchObject({ status: 400 });
});

test('a text with half of an emoji is kept as it is', async () => {
  const { id } = await conversations().create({ items: [{ role: 'user', content: 'cut \ud83d' }] });
  const { data } = await conversations().items.list(id);
  expect(data).toMatchObject([{ content: [{ text: 'cut \ud83d' }] }]);
});

test('an item whose deletion was cut short ends no listing', async () => {
  const large = { role: 'user' as const, content: 'x'.repeat(400_000) };
  const small = (content: string) => ({ role: 'user' as const, content });
  const { id } = await conversations().create({ items: [small('1'), large, small('3'), small('4')] });
  const folder = on().gateway.live.env.bodies.folder ?? '';
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile() && entry.parentPath.includes(id)) rmSync(join(entry.parentPath, entry.name));
  }
  const seen: string[] = [];
  for await (const item of conversations().items.list(id, { order: 'asc', limit: 1 })) {
    seen.push((item as { content: { text: string }[] }).content[0]?.text ?? '');
  }
  expect(seen).toEqual(['1', '3', '4']);
});

test('a page of large items ends where a function could not answer with more, and the next goes on from there', async () => {
  const { id } = await conversations().create();
  for (const name of ['1', '2', '3', '4', '5']) {
    await conversations().items.create(id, { items: [{ role: 'user', content: name.repeat(1_500_000) }] });
  }
  const first = await conversations().items.list(id, { order: 'asc' });
  expect([first.data.length, first.has_more]).toEqual([2, true]);
  const seen: string[] = [];
  for await (const item of first) seen.push((item as { content: { text: string }[] }).content[0]?.text[0] ?? '');
  expect(seen).toEqual(['1', '2', '3', '4', '5']);
  const large = await conversations().create();
  await conversations().items.create(large.id, { items: [{ role: 'user', content: 'x'.repeat(4_500_000) }] });
  expect(await conversations().items.list(large.id)).toMatchObject({ data: [{ role: 'user' }], has_more: false });
});

test.each([1, 2, 3, 4, 5])('a listing of four items by %i has each once', async (limit) => {
  const items = ['1', '2', '3', '4'].map((content) => ({ role: 'user' as const, content }));
  const { id } = await conversations().create({ items });
  for (const order of ['asc', 'desc'] as const) {
    const seen: string[] = [];
    const pages: boolean[] = [];
    for await (const page of (await conversations().items.list(id, { order, limit })).iterPages()) {
      pages.push(page.has_more);
      for (const item of page.data) seen.push((item as { content: { text: string }[] }).content[0]?.text ?? '');
    }
    expect(seen).toEqual(order === 'asc' ? ['1', '2', '3', '4'] : ['4', '3', '2', '1']);
    expect(pages).toEqual(Array.from({ length: Math.ceil(4 / limit) }, (_, index) => index < Math.ceil(4 / limit) - 1));
  }
});
