/** Tools in a real engine, and what an instance remembers of them. */
import { rememberedMs, rememberedTools } from '../../../shared/tools/find-tools.ts';
import { toolIdOf } from '../../../shared/tools/tool.ts';
import { dynamoToolStore, type ToolStore } from '../../../shared/tools/tool-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { sampleTool } from './sample-tool.ts';

let database: TestDatabase;
let store: ToolStore;
beforeAll(async () => {
  database = await testDatabase();
  store = dynamoToolStore(database.db, database.names.tools);
});
afterAll(() => database.stop());

const newName = () => `t_${crypto.randomUUID().slice(0, 8)}`;

test('of several who create a tool of one name at once, one does', async () => {
  const tool = sampleTool({ name: newName() });
  const ended = await Promise.all(Array.from({ length: 8 }, () => store.create(tool)));
  expect(ended.filter((outcome) => outcome === 'created')).toHaveLength(1);
  expect(ended.filter((outcome) => outcome === 'taken')).toHaveLength(7);
  expect(await store.get(tool.id)).toEqual(tool);
});

test('a schema comes back as it was, however deep and with whatever numbers', async () => {
  let deep: object = { type: 'string', default: '' };
  for (let depth = 0; depth < 60; depth += 1) deep = { type: 'object', properties: { '': deep } };
  const tool = sampleTool({ name: newName(), parameters: { type: 'object', maximum: 1e300, properties: { deep } } });
  await store.create(tool);
  expect(await store.get(tool.id)).toEqual(tool);
});

test('a change leaves alone what it does not name, and makes no tool', async () => {
  const tool = sampleTool({ name: newName(), projects: ['proj_a'] });
  await store.create(tool);
  const changed = { ...tool, parameters: { type: 'object' }, timeoutMs: 5 };
  expect(await store.update(tool.id, { parameters: changed.parameters, timeoutMs: 5, secret: undefined })).toEqual(
    changed,
  );
  expect(await store.update(tool.id, { projects: null })).toEqual({ ...changed, projects: null });
  expect(await store.update('tool_none', { timeoutMs: 5 })).toBeUndefined();
  expect(await store.get('tool_none')).toBeUndefined();
});

test('is deleted once', async () => {
  const tool = sampleTool({ name: newName() });
  await store.create(tool);
  expect([await store.delete(tool.id), await store.delete(tool.id)]).toEqual(['deleted', 'missing']);
});

test('one that is put there once does not come back when it was deleted', async () => {
  const tool = sampleTool({ name: newName() });
  await Promise.all([store.createOnce(tool), store.createOnce(tool)]);
  expect(await store.get(tool.id)).toEqual(tool);
  await store.delete(tool.id);
  await store.createOnce(tool);
  expect(await store.get(tool.id)).toBeUndefined();
});

test('one that is put there once leaves alone what an admin has made of that name', async () => {
  const tool = sampleTool({ name: newName(), description: "an admin's" });
  await store.create(tool);
  await store.createOnce({ ...tool, description: 'a sample' });
  expect(await store.get(tool.id)).toEqual(tool);
});

test('a listing has tools alone, in the order of their names', async () => {
  const names = Array.from({ length: 5 }, newName).sort();
  for (const name of names) await store.createOnce(sampleTool({ name }));
  const seen: string[] = [];
  let after: string | undefined;
  for (;;) {
    const { items, hasMore } = await store.list({ limit: 2, ...(after && { after }) });
    seen.push(...items.map(({ id }) => id));
    after = items.at(-1)?.id;
    if (!hasMore) break;
  }
  expect(seen).toEqual(expect.arrayContaining(names.map(toolIdOf)));
  expect(seen).toEqual([...seen].sort());
  expect(seen.filter((id) => !id.startsWith('tool_'))).toEqual([]);
});

describe('an instance', () => {
  const remembering = () => {
    const clock = { nowMs: 1_000 };
    const asked: string[] = [];
    const get: ToolStore['get'] = (id) => {
      asked.push(id);
      return store.get(id);
    };
    return { clock, asked, find: rememberedTools({ get }, () => clock.nowMs) };
  };

  test('reads what is named once in a while, and a change takes effect within that', async () => {
    const { clock, asked, find } = remembering();
    const tool = sampleTool({ name: newName() });
    await store.create(tool);
    expect((await find([tool.name])).get(tool.name)).toEqual(tool);
    await store.update(tool.id, { timeoutMs: 7 });
    clock.nowMs += rememberedMs - 1;
    expect((await find([tool.name])).get(tool.name)).toEqual(tool);
    expect(asked).toHaveLength(1);
    clock.nowMs += 1;
    expect((await find([tool.name])).get(tool.name)?.timeoutMs).toBe(7);
  });

  test('does not remember that a tool was not there', async () => {
    const { find } = remembering();
    const tool = sampleTool({ name: newName() });
    expect(await find([tool.name])).toEqual(new Map());
    await store.create(tool);
    expect([...(await find([tool.name])).keys()]).toEqual([tool.name]);
  });
});
