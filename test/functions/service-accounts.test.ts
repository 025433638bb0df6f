/** `client.admin.organization.projects.serviceAccounts` of the official package, against the real function. */
import { AuthenticationError, ConflictError, NotFoundError } from 'openai';
import type {
  ProjectServiceAccount,
  ServiceAccountCreateResponse,
} from 'openai/resources/admin/organization/projects/service-accounts/service-accounts';
import { moreOf, walk } from '../support/pages.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const api = () => here().gateway.admin().admin.organization.projects;
const accounts = () => api().serviceAccounts;
const project = () => here().tenant.projectId;
const seconds = () => Math.floor(here().gateway.clock.nowMs / 1000);
/** A matcher where a value's type is asked for. */
const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as unknown as string;

describe('creating a service account', () => {
  test("answers with the SDK's object, the account's first key in it", async () => {
    const expected: ServiceAccountCreateResponse = {
      object: 'organization.project.service_account',
      id: matching(/^svc_acct_[0-9A-Za-z]{20}$/),
      name: 'crawler',
      role: 'member',
      created_at: seconds(),
      api_key: {
        object: 'organization.project.service_account.api_key',
        id: matching(/^key_[0-9A-Za-z]{16}$/),
        name: 'crawler',
        value: matching(/^sk-sluice-test_[0-9A-Za-z]{54}$/),
        created_at: seconds(),
        expires_at: null,
      },
    };
    const account = await accounts().create(project(), { name: 'crawler' });
    expect(account).toEqual(expected);
    const { api_key: _, ...rest } = account;
    expect(await accounts().retrieve(account.id, { project_id: project() })).toEqual(rest);
  });

  test('gives a key that works at once', async () => {
    const account = await accounts().create(project(), { name: 'quick' });
    const { data } = await here()
      .gateway.withKey(account.api_key?.value ?? '')
      .models.list();
    expect(data.length).toBeGreaterThan(0);
  });

  test('gives a key that expires when that is asked for', async () => {
    const { gateway } = here();
    const { api_key } = await accounts().create(project(), { name: 'short', expires_in_seconds: 60 });
    expect(api_key?.expires_at).toBe(seconds() + 60);
    const client = gateway.withKey(api_key?.value ?? '');
    gateway.clock.nowMs += 59_000;
    await client.models.list();
    gateway.clock.nowMs += 1_000;
    await expect(client.models.list()).rejects.toBeInstanceOf(AuthenticationError);
  });

  test('without a key makes none, and the account has the role "none"', async () => {
    const { projectId } = await here().gateway.tenant();
    const account = await accounts().create(projectId, { name: 'alone', create_service_account_only: true });
    expect(account).toMatchObject({ api_key: null, role: 'none' });
    expect((await api().apiKeys.list(projectId)).data.length).toBe(1);
  });

  test.each([{ create_service_account_only: null }, { create_service_account_only: false, expires_in_seconds: null }])(
    'makes a key with %j as with nothing',
    async (extra) => {
      const account = await accounts().create(project(), { name: 'usual', ...extra });
      expect(account).toMatchObject({ role: 'member', api_key: { expires_at: null } });
    },
  );

  test('refuses an expiry for the key that is not made', async () => {
    const wishes = { name: 'odd', create_service_account_only: true, expires_in_seconds: 60 };
    await expect(accounts().create(project(), wishes)).rejects.toMatchObject({
      status: 400,
      param: 'expires_in_seconds',
    });
  });

  test.each([0, -1, 0.5, 315_360_001])('refuses an expiry in %d seconds and names it', async (expires_in_seconds) => {
    const refused = accounts().create(project(), { name: 'odd', expires_in_seconds });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'expires_in_seconds' });
  });

  test.each([1, 315_360_000])('takes an expiry in %d seconds', async (expires_in_seconds) => {
    const { api_key } = await accounts().create(project(), { name: 'bounds', expires_in_seconds });
    expect(api_key?.expires_at).toBe(seconds() + expires_in_seconds);
  });

  test('in a missing project is a 404', async () => {
    await expect(accounts().create('proj_missing', { name: 'x' })).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('updating a service account', () => {
  test.each([[{ name: 'renamed' }], [{ role: 'owner' as const }], [{ name: 'both', role: 'owner' as const }], [{}]])(
    'with %j changes that and nothing else',
    async (changes) => {
      const { api_key: _, ...before } = await accounts().create(project(), { name: 'before' });
      const expected: ProjectServiceAccount = { ...before, ...changes };
      expect(await accounts().update(before.id, { project_id: project(), ...changes })).toEqual(expected);
      expect(await accounts().retrieve(before.id, { project_id: project() })).toEqual(expected);
    },
  );

  test('shows in the keys that it owns', async () => {
    const { id, api_key } = await accounts().create(project(), { name: 'before' });
    await accounts().update(id, { project_id: project(), name: 'after' });
    const key = await api().apiKeys.retrieve(api_key?.id ?? '', { project_id: project() });
    expect(key.owner.service_account?.name).toBe('after');
  });

  test.each(['none', 'admin', null])('refuses the role %j and names it', async (role) => {
    const { id } = await accounts().create(project(), { name: 'x' });
    const refused = accounts().update(id, { project_id: project(), role: role as 'owner' });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'role' });
  });

  test('that is missing is a 404, and makes none', async () => {
    const before = (await walk(accounts().list(project()))).ids;
    for (const changes of [{ name: 'x' }, {}]) {
      const refused = accounts().update('svc_acct_missing', { project_id: project(), ...changes });
      await expect(refused).rejects.toBeInstanceOf(NotFoundError);
    }
    expect((await walk(accounts().list(project()))).ids).toEqual(before);
  });
});

describe('deleting a service account', () => {
  test('says so, takes its keys along and stops them within 30 seconds', async () => {
    const { gateway } = here();
    const { id, api_key } = await accounts().create(project(), { name: 'gone' });
    const second = await accounts().apiKeys.create(id, { project_id: project() });
    const clients = [api_key?.value ?? '', second.value].map((key) => gateway.withKey(key));
    for (const client of clients) await client.models.list();

    expect(await accounts().delete(id, { project_id: project() })).toEqual({
      object: 'organization.project.service_account.deleted',
      id,
      deleted: true,
    });
    gateway.clock.nowMs += 30_000;
    for (const client of clients) await expect(client.models.list()).rejects.toBeInstanceOf(AuthenticationError);
    await expect(accounts().retrieve(id, { project_id: project() })).rejects.toBeInstanceOf(NotFoundError);
    for (const keyId of [api_key?.id ?? '', second.id]) {
      await expect(api().apiKeys.retrieve(keyId, { project_id: project() })).rejects.toBeInstanceOf(NotFoundError);
    }
  });

  test('twice is a 404 the second time', async () => {
    const { id } = await accounts().create(project(), { name: 'gone' });
    await accounts().delete(id, { project_id: project() });
    await expect(accounts().delete(id, { project_id: project() })).rejects.toBeInstanceOf(NotFoundError);
  });

  test('leaves the other accounts and their keys alone', async () => {
    const { id } = await accounts().create(project(), { name: 'gone' });
    await accounts().delete(id, { project_id: project() });
    await here().tenant.client.models.list();
  });

  test('with fifty keys works, and the fifty-first key is a conflict', async () => {
    const { projectId: project_id, accountId } = await here().gateway.tenant('full');
    for (let made = 1; made < 50; made++) await accounts().apiKeys.create(accountId, { project_id });
    await expect(accounts().apiKeys.create(accountId, { project_id })).rejects.toBeInstanceOf(ConflictError);
    expect((await walk(api().apiKeys.list(project_id, { limit: 100 }))).ids.length).toBe(50);
    await accounts().delete(accountId, { project_id });
    expect((await walk(api().apiKeys.list(project_id))).ids).toEqual([]);
  });
});

describe('listing service accounts', () => {
  test.each([
    [1, 3],
    [2, 3],
    [2, 4],
    [4, 4],
    [20, 20],
    [20, 21],
  ])('in pages of %i walks over all %i once, oldest first', async (limit, count) => {
    const { id } = await api().create({ name: 'listing' });
    const ids: string[] = [];
    for (let index = 0; index < count; index++) {
      here().gateway.clock.nowMs += 1;
      ids.push((await accounts().create(id, { name: `a${index}` })).id);
    }
    expect(await walk(accounts().list(id, { limit }))).toEqual({ ids, more: moreOf(count, limit) });
  });

  test('of a project without any is empty', async () => {
    const { id } = await api().create({ name: 'empty' });
    expect(await walk(accounts().list(id))).toEqual({ ids: [], more: [false] });
  });

  test("never shows a key or another project's accounts (I5)", async () => {
    const other = await here().gateway.tenant('other');
    const { data } = await accounts().list(project(), { limit: 100 });
    expect(data.map(({ id }) => id)).not.toContain(other.accountId);
    expect(data.length).toBeGreaterThan(0);
    expect(JSON.stringify(data)).not.toMatch(/sk-|digest|keyIds|projectId/);
  });

  test('of a missing project is a 404', async () => {
    await expect(accounts().list('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
  });
});
