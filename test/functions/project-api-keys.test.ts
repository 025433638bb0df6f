/** `client.admin.organization.projects.apiKeys` and `.serviceAccounts.apiKeys` of the official package. */
import { AuthenticationError, ConflictError, NotFoundError, PermissionDeniedError } from 'openai';
import type { ProjectAPIKey } from 'openai/resources/admin/organization/projects/api-keys';
import type { APIKeyCreateResponse } from 'openai/resources/admin/organization/projects/service-accounts/api-keys';
import { moreOf, walk } from '../support/pages.ts';
import { question, scene } from '../support/scene.ts';

const here = scene();
const api = () => here().gateway.admin().admin.organization.projects;
const keys = () => api().apiKeys;
const seconds = () => Math.floor(here().gateway.clock.nowMs / 1000);
const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as unknown as string;
const inProject = () => ({ project_id: here().tenant.projectId });

type Wishes = { name?: string; scopes?: string[]; expires_in_seconds?: number | null };
const create = (wishes: Wishes = {}) =>
  api().serviceAccounts.apiKeys.create(here().tenant.accountId, { ...inProject(), ...wishes });

describe('creating a key for a service account', () => {
  test("answers with the SDK's object, the value in it", async () => {
    const expected: APIKeyCreateResponse = {
      object: 'organization.project.service_account.api_key',
      id: matching(/^key_[0-9A-Za-z]{16}$/),
      name: 'nightly',
      value: matching(/^sk-sluice-test_[0-9A-Za-z]{54}$/),
      created_at: seconds(),
      expires_at: seconds() + 3_600,
    };
    expect(await create({ name: 'nightly', expires_in_seconds: 3_600 })).toEqual(expected);
  });

  test('without wishes is named after the account, and never expires', async () => {
    expect(await create()).toMatchObject({ name: 'app', expires_at: null });
  });

  test('gives a key with the scopes that were asked for, and no others', async () => {
    const { gateway } = here();
    const reader = gateway.withKey((await create({ scopes: ['api.model.read'] })).value);
    await reader.models.list();
    await expect(reader.chat.completions.create(question)).rejects.toBeInstanceOf(PermissionDeniedError);
    const asker = gateway.withKey((await create({ scopes: ['api.model.request'] })).value);
    await asker.chat.completions.create(question);
    await expect(asker.models.list()).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions' });
  });

  test('for a missing account is a 404', async () => {
    const refused = api().serviceAccounts.apiKeys.create('svc_acct_missing', inProject());
    await expect(refused).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('a key as it is shown', () => {
  test("is the SDK's object with its owner, and not the key", async () => {
    const { id, value } = await create({ name: 'shown', scopes: ['api.model.read'] });
    const { tenant } = here();
    const key = await keys().retrieve(id, inProject());
    const expected: ProjectAPIKey & { scopes: string[]; rate_limit: null; spend_limit: null } = {
      object: 'organization.project.api_key',
      id,
      name: 'shown',
      redacted_value: matching(/^sk-sluice-test_[0-9A-Za-z]{4}…[0-9A-Za-z]{4}$/),
      created_at: seconds(),
      last_used_at: null,
      expires_at: null,
      scopes: ['api.model.read'],
      rate_limit: null,
      spend_limit: null,
      owner: {
        type: 'service_account',
        service_account: {
          id: tenant.accountId,
          name: 'app',
          created_at: expect.any(Number) as unknown as number,
          role: 'member',
        },
      },
      owner_project_access: 'active',
    };
    expect(key).toEqual(expected);
    expect(value.startsWith(key.redacted_value.slice(0, -5))).toBe(true);
    expect(value.endsWith(key.redacted_value.slice(-4))).toBe(true);
  });

  test('says when it was last used, to the hour', async () => {
    const { gateway } = here();
    const { id, value } = await create();
    const lastUsed = async () => (await keys().retrieve(id, inProject())).last_used_at;
    const firstUse = seconds();
    await gateway.withKey(value).models.list();
    await gateway.idle();
    expect(await lastUsed()).toBe(firstUse);
    gateway.clock.nowMs += 3_599_000;
    await gateway.withKey(value).models.list();
    expect(await lastUsed()).toBe(firstUse);
    gateway.clock.nowMs += 31_000;
    await gateway.withKey(value).models.list();
    expect(await lastUsed()).toBe(seconds());
  });

  test('is the same in a listing', async () => {
    const { id } = await create({ name: 'listed', expires_in_seconds: 1_000 });
    const { data } = await keys().list(here().tenant.projectId, { limit: 100 });
    expect(data.find((key) => key.id === id)).toEqual(await keys().retrieve(id, inProject()));
  });

  test('that is missing is a 404', async () => {
    await expect(keys().retrieve('key_missing', inProject())).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('updating a key', () => {
  test('narrows its scopes within 30 seconds on a warm instance, and widens them again', async () => {
    const { gateway } = here();
    const { id, value } = await create();
    const client = gateway.withKey(value);
    await client.chat.completions.create(question);
    expect(await keys().update(id, { ...inProject(), scopes: ['api.all.read'] })).toMatchObject({
      scopes: ['api.all.read'],
    });
    gateway.clock.nowMs += 30_000;
    await expect(client.chat.completions.create(question)).rejects.toBeInstanceOf(PermissionDeniedError);
    await client.models.list();
    await keys().update(id, { ...inProject(), scopes: [] });
    gateway.clock.nowMs += 30_000;
    await client.chat.completions.create(question);
  });

  test('sets the expiry anew, from now on', async () => {
    const { gateway } = here();
    const { id, value } = await create({ expires_in_seconds: 100, scopes: ['api.model.read'] });
    gateway.clock.nowMs += 50_000;
    const updated = await keys().update(id, { ...inProject(), expires_in_seconds: 100 });
    expect(updated).toMatchObject({ expires_at: seconds() + 100, scopes: ['api.model.read'] });
    gateway.clock.nowMs += 99_000;
    await gateway.withKey(value).models.list();
    gateway.clock.nowMs += 1_000;
    await expect(gateway.withKey(value).models.list()).rejects.toBeInstanceOf(AuthenticationError);
  });

  test('changes both at once', async () => {
    const { id } = await create();
    const updated = await keys().update(id, { ...inProject(), scopes: ['api.model.read'], expires_in_seconds: 10 });
    expect(updated).toMatchObject({ scopes: ['api.model.read'], expires_at: seconds() + 10 });
    expect(await keys().retrieve(id, inProject())).toEqual(updated);
  });

  test('of one that has expired is a conflict', async () => {
    const { id } = await create({ expires_in_seconds: 1 });
    here().gateway.clock.nowMs += 1_000;
    const refused = keys().update(id, { ...inProject(), expires_in_seconds: 1_000 });
    await expect(refused).rejects.toBeInstanceOf(ConflictError);
  });

  test('to nothing is refused', async () => {
    const { id } = await create();
    await expect(keys().update(id, inProject())).rejects.toMatchObject({ status: 400, param: null });
  });

  test.each(['scopes', 'expires_in_seconds'])('does not take null for %s, and says so', async (param) => {
    const { id } = await create();
    const refused = keys().update(id, { ...inProject(), [param]: null });
    await expect(refused).rejects.toMatchObject({ status: 400, param });
  });

  test('that is missing is a 404', async () => {
    const refused = keys().update('key_missing', { ...inProject(), scopes: [] });
    await expect(refused).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('deleting a key', () => {
  test('says so and stops it within 30 seconds, and no other key', async () => {
    const { gateway, tenant } = here();
    const { id, value } = await create();
    await gateway.withKey(value).models.list();
    expect(await keys().delete(id, inProject())).toEqual({
      object: 'organization.project.api_key.deleted',
      id,
      deleted: true,
    });
    gateway.clock.nowMs += 30_000;
    await expect(gateway.withKey(value).models.list()).rejects.toBeInstanceOf(AuthenticationError);
    await tenant.client.models.list();
  });

  test('twice is a 404 the second time', async () => {
    const { id } = await create();
    await keys().delete(id, inProject());
    await expect(keys().delete(id, inProject())).rejects.toBeInstanceOf(NotFoundError);
    await expect(keys().retrieve(id, inProject())).rejects.toBeInstanceOf(NotFoundError);
  });

  test('makes room for another', async () => {
    const { projectId: project_id, accountId } = await here().gateway.tenant('full');
    const { apiKeys } = api().serviceAccounts;
    let last = '';
    for (let made = 1; made < 50; made++) last = (await apiKeys.create(accountId, { project_id })).id;
    await expect(apiKeys.create(accountId, { project_id })).rejects.toBeInstanceOf(ConflictError);
    await keys().delete(last, { project_id });
    await apiKeys.create(accountId, { project_id });
  });
});

describe('listing keys', () => {
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
      ids.push((await api().serviceAccounts.create(id, { name: `a${index}` })).api_key?.id ?? '');
    }
    expect(await walk(keys().list(id, { limit }))).toEqual({ ids, more: moreOf(count, limit) });
  });

  test.each([
    ['active', true],
    ['any', true],
    ['inactive', false],
  ] as const)('with owners that are %s shows them: %s', async (owner_project_access, shown) => {
    const { data } = await keys().list(here().tenant.projectId, { owner_project_access });
    expect(data.length > 0).toBe(shown);
  });

  test('never shows a value or a digest', async () => {
    const { value } = await create();
    const page = await keys().list(here().tenant.projectId, { limit: 100 }).asResponse();
    const text = await page.text();
    expect(text).toContain('…');
    expect(text).not.toContain(value.slice(31, -6));
    expect(text).not.toMatch(/digest|pepper/i);
  });
});
