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
