/** `client.admin.organization.adminAPIKeys` of the official package, against the real function. */
import { AuthenticationError, NotFoundError, PermissionDeniedError } from 'openai';
import type {
  AdminAPIKey,
  AdminAPIKeyCreateResponse,
  AdminAPIKeyListParams,
} from 'openai/resources/admin/organization/admin-api-keys';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const keys = (key?: string) => here().gateway.admin(key).admin.organization.adminAPIKeys;
const seconds = () => Math.floor(here().gateway.clock.nowMs / 1000);
/** A matcher where a value's type is asked for. */
const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as unknown as string;

type Wishes = { name?: string; scopes?: string[]; expires_in_seconds?: number };
const create = ({ name = 'ops', ...wishes }: Wishes = {}, as?: string) => keys(as).create({ name, ...wishes });
const projectsAs = (key: string) => here().gateway.admin(key).admin.organization.projects;

async function made(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let index = 0; index < count; index++) {
    here().gateway.clock.nowMs += 1;
    ids.push((await create()).id);
  }
  return ids;
}

describe('creating an admin key', () => {
  test("answers with the SDK's object, the value in it this once", async () => {
    const expected: AdminAPIKeyCreateResponse & { scopes: string[] } = {
      object: 'organization.admin_api_key',
      id: matching(/^key_[0-9A-Za-z]{16}$/),
      name: 'ops',
      value: matching(/^sk-sluice-admin-test_[0-9A-Za-z]{54}$/),
      redacted_value: matching(/^sk-sluice-admin-test_.{4}….{4}$/),
      created_at: seconds(),
      expires_at: seconds() + 3_600,
      last_used_at: null,
      scopes: ['api.usage.read'],
      owner: { object: 'organization.user', type: 'user', role: 'owner', id: 'key_root' },
    };
    const created = await create({ scopes: ['api.usage.read'], expires_in_seconds: 3_600 });
    expect(created).toEqual(expected);
    const { value, ...shown } = created;
    expect(await keys().retrieve(created.id)).toEqual(shown);
    expect(JSON.stringify(await keys().retrieve(created.id))).not.toContain(value);
  });

  test('gives a key that administers at once, and can make others in its own name', async () => {
    const first = await create();
    const second = await create({ name: 'second' }, first.value);
    expect(second).toMatchObject({ expires_at: null, owner: { id: first.id } });
    await projectsAs(second.value).create({ name: 'by the second' });
  });

  test('gives a key with the scopes that were asked for, and no others', async () => {
    const reader = projectsAs((await create({ scopes: ['api.management.read'] })).value);
    await reader.list();
    await expect(reader.create({ name: 'x' })).rejects.toBeInstanceOf(PermissionDeniedError);
  });

  test.each([[[]], [['api.usage.read']], [['api.management.write', 'api.all.read']]])(
    'a key that may only manage cannot give the scopes %j',
    async (scopes) => {
      const manager = await create({ scopes: ['api.management.write'] });
      const refused = create({ name: 'more', scopes }, manager.value);
      await expect(refused).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions' });
    },
  );

  test('a key that may only manage makes its like where nothing is said of scopes', async () => {
    const manager = await create({ scopes: ['api.management.write'] });
    expect(await create({}, manager.value)).toMatchObject({ scopes: ['api.management.write'] });
  });

  test('a key that may manage and read all can give what reads', async () => {
    const manager = await create({ scopes: ['api.management.write', 'api.all.read'] });
    const reader = await create({ scopes: ['api.usage.read', 'api.management.write'] }, manager.value);
    expect(reader).toMatchObject({ scopes: ['api.usage.read', 'api.management.write'] });
  });

  test.each([
    [{ scopes: ['api.model.request'] }, 'scopes[0]'],
    [{ expires_in_seconds: 0 }, 'expires_in_seconds'],
    [{ name: '' }, 'name'],
  ])('refuses %j and names what is wrong', async (wishes, param) => {
    await expect(create(wishes)).rejects.toMatchObject({ status: 400, param });
  });
});

describe('an admin key', () => {
  test('stops when it expires', async () => {
    const { value } = await create({ expires_in_seconds: 60 });
    here().gateway.clock.nowMs += 59_000;
    await projectsAs(value).list();
    here().gateway.clock.nowMs += 1_000;
    await expect(projectsAs(value).list()).rejects.toBeInstanceOf(AuthenticationError);
  });

  test('is told on a model route that it is the wrong kind, and is never served', async () => {
    const { value } = await create();
    const refused = here().gateway.withKey(value).models.list();
    await expect(refused).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions' });
  });

  test('shows when it was last used, to the hour', async () => {
    const { id, value } = await create();
    await projectsAs(value).list();
    const firstUse = seconds();
    expect((await keys().retrieve(id)).last_used_at).toBe(firstUse);
    here().gateway.clock.nowMs += 3_599_000;
    await projectsAs(value).list();
    expect((await keys().retrieve(id)).last_used_at).toBe(firstUse);
    here().gateway.clock.nowMs += 31_000;
    await projectsAs(value).list();
    expect((await keys().retrieve(id)).last_used_at).toBe(seconds());
  });

  test('is not marked as used where it is refused', async () => {
    const { id, value } = await create();
    await here()
      .gateway.withKey(value)
      .models.list()
      .catch(() => {});
    expect((await keys().retrieve(id)).last_used_at).toBeNull();
  });
});

describe('deleting an admin key', () => {
  test.each(['another', 'itself'])('says so, and stops it within 30 seconds, when it deletes %s', async (which) => {
    const { id, value } = await create();
    await projectsAs(value).list();
    const deleted = await keys(which === 'itself' ? value : adminKey).delete(id);
    expect(deleted).toEqual({ object: 'organization.admin_api_key.deleted', id, deleted: true });
    here().gateway.clock.nowMs += 30_000;
    await expect(projectsAs(value).list()).rejects.toBeInstanceOf(AuthenticationError);
    await expect(keys().retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(keys().delete(id)).rejects.toBeInstanceOf(NotFoundError);
  });

  test.each(['key_root', 'key_0000000000000000'])('of %s is a 404', async (id) => {
    await expect(keys().delete(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(keys().retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    await keys().list();
  });

  test("takes no project's key, and a project's route takes no admin key", async () => {
    const { projectId: project_id } = here().tenant;
    const { projects } = here().gateway.admin().admin.organization;
    const [projectKey] = (await projects.apiKeys.list(project_id)).data;
    await expect(keys().delete(projectKey?.id ?? '')).rejects.toBeInstanceOf(NotFoundError);
    const { id } = await create();
    for (const at of [project_id, 'organization']) {
      await expect(projects.apiKeys.retrieve(id, { project_id: at })).rejects.toBeInstanceOf(NotFoundError);
      await expect(projects.apiKeys.delete(id, { project_id: at })).rejects.toBeInstanceOf(NotFoundError);
    }
    await keys().retrieve(id);
  });
});

describe('listing admin keys', () => {
  const walked = async (query: AdminAPIKeyListParams): Promise<AdminAPIKey[]> => {
    const found: AdminAPIKey[] = [];
    for await (const key of keys().list(query)) found.push(key);
    return found;
  };

  test.each([1, 2, 3, 100])('in pages of %i walks over all, in either order', async (limit) => {
    const [after = '', ...ids] = await made(4);
    const ascending = await walked({ limit, after, order: 'asc' });
    expect(ascending.map(({ id }) => id)).toEqual(ids);
    const descending = await walked({ limit, order: 'desc' });
    expect(descending.slice(0, 4).map(({ id }) => id)).toEqual([...ids].reverse().concat(after));
  });

  test('is oldest first where no order is given, and 20 at a time', async () => {
    const [after = '', ...ids] = await made(22);
    const page = await keys().list({ after });
    expect(page.data.map(({ id }) => id)).toEqual(ids.slice(0, 20));
    expect(page.has_more).toBe(true);
  });

  test('shows neither the root key nor any value or digest', async () => {
    const { value } = await create();
    const text = JSON.stringify(await walked({ limit: 100 }));
    expect(text).not.toMatch(/key_root","|digest|pepper/);
    expect(text).not.toContain(value.slice(-38));
    expect(text).not.toContain(adminKey);
  });

  test.each([{ limit: 0 }, { limit: 101 }, { order: 'up' as 'asc' }])('refuses %j', async (query) => {
    await expect(keys().list(query)).rejects.toMatchObject({ status: 400, param: Object.keys(query)[0] });
  });
});
