/** `client.admin.organization.projects.list`: in order, whole, and in pages of any size. */
import type { ProjectListParams } from 'openai/resources/admin/organization/projects';
import { moreOf, walk } from '../support/pages.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const projects = () => here().gateway.admin().admin.organization.projects;

const walked = (query: ProjectListParams) => walk(projects().list(query));

/** New projects, each a millisecond younger than the last, and the id of what was last before them. */
async function made(count: number): Promise<{ after: string; ids: string[] }> {
  const after = (await walked({ limit: 100, include_archived: true })).ids.at(-1) ?? '';
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    here().gateway.clock.nowMs += 1;
    ids.push((await projects().create({ name: `p${index}` })).id);
  }
  return { after, ids };
}

test.each([
  [1, 3],
  [2, 3],
  [2, 4],
  [3, 3],
  [100, 3],
])('in pages of %i it walks over all %i once, oldest first', async (limit, count) => {
  const { after, ids } = await made(count);
  expect(await walked({ after, limit })).toEqual({ ids, more: moreOf(count, limit) });
});

test('a project can be seen the moment it is created', async () => {
  const { after, ids } = await made(1);
  expect((await walked({ after })).ids).toEqual(ids);
});

test('it shows 20 where no limit is given', async () => {
  const { after, ids } = await made(21);
  const page = await projects().list({ after }).asResponse();
  const { data, ...rest } = (await page.json()) as { data: unknown[] };
  expect(data.length).toBe(20);
  expect(rest).toEqual({ object: 'list', has_more: true, first_id: ids[0], last_id: ids[19] });
});

test('after the last one comes an empty page', async () => {
  const { ids } = await made(1);
  const page = await projects()
    .list({ after: ids[0] ?? '' })
    .asResponse();
  expect(await page.json()).toEqual({ object: 'list', data: [], has_more: false, first_id: null, last_id: null });
});

test.each([
  ['every second one', (index: number) => index % 2 === 0],
  ['all', () => true],
  ['none', () => false],
  ['the first ones', (index: number) => index < 4],
  ['the last ones', (index: number) => index >= 2],
])('with %s archived, pages are full and say rightly whether there are more', async (_which, isArchived) => {
  const { after, ids } = await made(6);
  for (const [index, id] of ids.entries()) if (isArchived(index)) await projects().archive(id);
  const active = ids.filter((_, index) => !isArchived(index));
  for (const limit of [1, 2, 3, 6, 7]) {
    expect(await walked({ after, limit, include_archived: true })).toEqual({ ids, more: moreOf(6, limit) });
    expect(await walked({ after, limit })).toEqual({ ids: active, more: moreOf(active.length, limit) });
    expect(await walked({ after, limit, include_archived: false })).toEqual(await walked({ after, limit }));
  }
});

test.each([0, -1, 101, 1.5])('a limit of %d is refused by name', async (limit) => {
  await expect(projects().list({ limit })).rejects.toMatchObject({ status: 400, param: 'limit' });
});

test('a limit of 100 is the most there is', async () => {
  expect((await projects().list({ limit: 100 })).data.length).toBeGreaterThan(0);
});

test('a cursor that no page has given is refused by name', async () => {
  await expect(projects().list({ after: 'not a cursor' })).rejects.toMatchObject({ status: 400, param: 'after' });
});
