/** `client.admin.organization.projects.modelPermissions` of the official package, and what callers then see of models. */
import { ConflictError, NotFoundError } from 'openai';
import { scene } from '../support/scene.ts';

const here = scene();
const projects = () => here().gateway.admin().admin.organization.projects;
const permissions = () => projects().modelPermissions;

/** A tenant whose permissions are these by the time a call is made. */
async function permitted(mode: 'allow_list' | 'deny_list', model_ids: string[]) {
  const tenant = await here().gateway.tenant('permitted');
  await permissions().update(tenant.projectId, { mode, model_ids });
  return tenant;
}
const seen = async ({ client }: Awaited<ReturnType<typeof permitted>>) =>
  (await client.models.list()).data.map(({ id }) => id);

describe('the permissions of a project', () => {
  test('are what they were set to, and gone once they are deleted', async () => {
    const { id } = await projects().create({ name: 'p' });
    const set = { object: 'project.model_permissions', mode: 'allow_list', model_ids: ['test-model', 'gpt-*'] };
    expect(await permissions().update(id, { mode: 'allow_list', model_ids: ['test-model', 'gpt-*'] })).toEqual(set);
    expect(await permissions().retrieve(id)).toEqual(set);
    const replaced = { object: 'project.model_permissions', mode: 'deny_list', model_ids: [] };
    expect(await permissions().update(id, { mode: 'deny_list', model_ids: [] })).toEqual(replaced);
    expect(await permissions().retrieve(id)).toEqual(replaced);
    expect(await permissions().delete(id)).toEqual({ object: 'project.model_permissions.deleted', deleted: true });
    await expect(permissions().retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('that are not set are a 404, to read as to delete', async () => {
    const { id } = await projects().create({ name: 'p' });
    await expect(permissions().retrieve(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
    await expect(permissions().delete(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });

  test('are of one project alone (I5)', async () => {
    const [one, other] = [await projects().create({ name: 'one' }), await projects().create({ name: 'other' })];
    await permissions().update(one.id, { mode: 'deny_list', model_ids: ['*'] });
    await expect(permissions().retrieve(other.id)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of a missing project are a 404', async () => {
    await expect(permissions().retrieve('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(permissions().delete('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    const refused = permissions().update('proj_missing', { mode: 'deny_list', model_ids: [] });
    await expect(refused).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of an archived project can be read, and do not change', async () => {
    const { id } = await projects().create({ name: 'old' });
    const set = await permissions().update(id, { mode: 'deny_list', model_ids: ['x'] });
    await projects().archive(id);
    await expect(permissions().update(id, { mode: 'allow_list', model_ids: [] })).rejects.toBeInstanceOf(ConflictError);
    await expect(permissions().delete(id)).rejects.toBeInstanceOf(ConflictError);
    expect(await permissions().retrieve(id)).toEqual(set);
  });

  test.each<[string, object]>([
    ['mode', { mode: 'some', model_ids: [] }],
    ['mode', { model_ids: [] }],
    ['model_ids', { mode: 'allow_list' }],
    ['model_ids', { mode: 'allow_list', model_ids: Array.from({ length: 201 }, (_, n) => `m${n}`) }],
    ['model_ids[1]', { mode: 'allow_list', model_ids: ['fine', 'a/b'] }],
    ['model_ids[0]', { mode: 'allow_list', model_ids: ['a*b'] }],
    ['model_ids[0]', { mode: 'allow_list', model_ids: ['a**'] }],
    ['model_ids[0]', { mode: 'allow_list', model_ids: [''] }],
    ['model_ids[0]', { mode: 'allow_list', model_ids: [7] }],
    ['more', { mode: 'allow_list', model_ids: [], more: true }],
  ])('are refused by the name of %s where it is wrong', async (param, body) => {
    const { id } = await projects().create({ name: 'p' });
    const refused = permissions().update(id, body as { mode: 'allow_list'; model_ids: string[] });
    await expect(refused).rejects.toMatchObject({ status: 400, param });
  });
});

describe('a caller sees', () => {
  test('every model where nothing is set', async () => {
    expect(await seen(here().tenant)).toEqual(['omni-moderation-latest', 'test-model']);
  });

  test.each<['allow_list' | 'deny_list', string[], string[]]>([
    ['allow_list', ['test-model'], ['test-model']],
    ['allow_list', ['test-*', 'omni*'], ['omni-moderation-latest', 'test-model']],
    ['allow_list', [], []],
    ['deny_list', ['test-model'], ['omni-moderation-latest']],
    ['deny_list', ['*'], []],
    ['deny_list', [], ['omni-moderation-latest', 'test-model']],
  ])('by an %s of %j: %j', async (mode, modelIds, expected) => {
    const tenant = await permitted(mode, modelIds);
    expect(await seen(tenant)).toEqual(expected);
    for (const model of ['test-model', 'omni-moderation-latest']) {
      const retrieved = tenant.client.models.retrieve(model);
      if (expected.includes(model)) expect((await retrieved).id).toBe(model);
      else await expect(retrieved).rejects.toMatchObject({ status: 404, code: 'model_not_found', param: 'model' });
    }
  });

  test('the change within 30 seconds on a warm instance', async () => {
    const { gateway } = here();
    const tenant = await gateway.tenant('warm');
    await tenant.client.models.retrieve('test-model');
    await permissions().update(tenant.projectId, { mode: 'deny_list', model_ids: ['test-model'] });
    gateway.clock.nowMs += 30_000;
    await expect(tenant.client.models.retrieve('test-model')).rejects.toBeInstanceOf(NotFoundError);
  });
});
