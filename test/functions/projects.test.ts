/** `client.admin.organization.projects` of the official package, against the real function. */
import OpenAI, { AuthenticationError, BadRequestError, ConflictError, NotFoundError } from 'openai';
import type { Project } from 'openai/resources/admin/organization/projects';
import { baseURL } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const projects = () => here().gateway.admin().admin.organization.projects;
const seconds = () => Math.floor(here().gateway.clock.nowMs / 1000);

/** Everything that the SDK's type knows and that a gateway in one account has. */
type Shown = Required<Pick<Project, 'id' | 'object' | 'name' | 'created_at' | 'archived_at' | 'status'>> & {
  admission_shards: number;
};

describe('creating a project', () => {
  test("answers with the SDK's object, and over how many items its counters are spread", async () => {
    const project = await projects().create({ name: 'Search' });
    const expected: Shown = {
      object: 'organization.project',
      id: expect.stringMatching(/^proj_[0-9A-Za-z]{20}$/) as unknown as string,
      name: 'Search',
      created_at: seconds(),
      archived_at: null,
      status: 'active',
      admission_shards: 1,
    };
    expect(project).toEqual(expected);
    expect(await projects().retrieve(project.id)).toEqual(expected);
  });

  test('takes null for what this gateway does not offer, as the SDK types it', async () => {
    const project = await projects().create({ name: 'n', external_key_id: null, geography: null, residency: null });
    expect(project.name).toBe('n');
  });

  test.each([1, 2, 16])('spreads its counters over %i items where that is asked for, for good', async (shards) => {
    const project = await projects().create({ name: 'busy', ...{ admission_shards: shards } });
    expect(project).toMatchObject({ admission_shards: shards });
    expect(await projects().retrieve(project.id)).toEqual(project);
    const refused = projects().update(project.id, { name: 'busy', ...{ admission_shards: 3 } });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'admission_shards' });
  });

  test.each([0, 17, 1.5, '2', null])('cannot spread them over %j items', async (shards) => {
    const refused = projects().create({ name: 'busy', ...{ admission_shards: shards } });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'admission_shards' });
  });

  test.each([
    ['external_key_id', { external_key_id: 'key_1' }],
    ['geography', { geography: 'EU' }],
    ['residency', { residency: 'EU_STORAGE_PROCESSING' as const }],
  ])('refuses a value for %s and names it', async (param, extra) => {
    const refused = projects().create({ name: 'n', ...extra });
    await expect(refused).rejects.toMatchObject({ status: 400, param, type: 'invalid_request_error' });
    await expect(refused).rejects.toBeInstanceOf(BadRequestError);
  });

  test.each([
    ['empty', ''],
    ['257 characters long', 'n'.repeat(257)],
    ['with a line break', 'a\nb'],
    ['with a NUL', 'a\0b'],
    ['with a C1 control', 'a\u0085b'],
  ])('refuses a name that is %s', async (_what, name) => {
    await expect(projects().create({ name })).rejects.toMatchObject({ status: 400, param: 'name', code: null });
  });

  test.each([
    ['one letter', 'x'],
    ['256 characters', 'n'.repeat(256)],
    ['letters of any script', 'Größe 寸法 🚰'],
    ['markup', '<b>"quoted" & \'so\'</b>'],
  ])('keeps a name of %s as it is', async (_what, name) => {
    const { id } = await projects().create({ name });
    expect((await projects().retrieve(id)).name).toBe(name);
  });

  test('gives two projects of one name two ids', async () => {
    const [one, other] = await Promise.all([projects().create({ name: 'same' }), projects().create({ name: 'same' })]);
    expect(one.id).not.toBe(other.id);
  });
});

describe('retrieving a project', () => {
  test('that is missing is a 404', async () => {
    const missing = projects().retrieve('proj_missing');
    await expect(missing).rejects.toBeInstanceOf(NotFoundError);
    await expect(missing).rejects.toMatchObject({ code: 'not_found', param: null, type: 'invalid_request_error' });
  });

  test('with a wrong admin key is a 401', async () => {
    const { fetch } = here().gateway;
    const stranger = new OpenAI({ baseURL, apiKey: 'x', adminAPIKey: 'wrong', maxRetries: 0, fetch });
    await expect(stranger.admin.organization.projects.retrieve('proj_1')).rejects.toBeInstanceOf(AuthenticationError);
  });
});

describe('renaming a project', () => {
  test('changes its name and nothing else', async () => {
    const before = await projects().create({ name: 'before' });
    here().gateway.clock.nowMs += 5_000;
    expect(await projects().update(before.id, { name: 'after' })).toEqual({ ...before, name: 'after' });
    expect(await projects().retrieve(before.id)).toEqual({ ...before, name: 'after' });
  });

  test('twice to the same name is the same as once', async () => {
    const { id } = await projects().create({ name: 'a' });
    const once = await projects().update(id, { name: 'b' });
    expect(await projects().update(id, { name: 'b' })).toEqual(once);
  });

  test.each([{}, { name: null }])('with %j changes nothing', async (changes) => {
    const before = await projects().create({ name: 'stays' });
    expect(await projects().update(before.id, changes)).toEqual(before);
  });

  test('of one that is missing is a 404, and makes none', async () => {
    await expect(projects().update('proj_missing', { name: 'x' })).rejects.toBeInstanceOf(NotFoundError);
    await expect(projects().update('proj_missing', {})).rejects.toBeInstanceOf(NotFoundError);
    await expect(projects().retrieve('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of one that is archived is a conflict that the SDK does not retry', async () => {
    const { id } = await projects().create({ name: 'old' });
    await projects().archive(id);
    const refused = projects().update(id, { name: 'new' });
    await expect(refused).rejects.toBeInstanceOf(ConflictError);
    await expect(refused).rejects.toMatchObject({ code: 'conflict' });
    const error = await refused.catch((thrown: InstanceType<typeof ConflictError>) => thrown);
    expect('headers' in error && error.headers?.get('x-should-retry')).toBe('false');
    expect((await projects().retrieve(id)).name).toBe('old');
  });
});

describe('archiving a project', () => {
  test('says when, and says the same when asked again', async () => {
    const project = await projects().create({ name: 'done' });
    here().gateway.clock.nowMs += 10_000;
    const archived = await projects().archive(project.id);
    expect(archived).toEqual({ ...project, archived_at: seconds(), status: 'archived' });
    here().gateway.clock.nowMs += 10_000;
    expect(await projects().archive(project.id)).toEqual(archived);
    expect(await projects().retrieve(project.id)).toEqual(archived);
  });

  test('that is missing is a 404', async () => {
    await expect(projects().archive('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
  });

  test('stops its keys within 30 seconds on a warm instance, and those of no other project', async () => {
    const { gateway, tenant } = here();
    const doomed = await gateway.tenant('doomed');
    await doomed.client.models.list();
    await projects().archive(doomed.projectId);
    gateway.clock.nowMs += 30_000;
    await expect(doomed.client.models.list()).rejects.toBeInstanceOf(AuthenticationError);
    await tenant.client.models.list();
  });

  test('stops a key that no instance has seen at once', async () => {
    const doomed = await here().gateway.tenant('doomed');
    await projects().archive(doomed.projectId);
    await expect(doomed.client.models.list()).rejects.toBeInstanceOf(AuthenticationError);
  });

  test('leaves what it has to be read, and takes nothing more', async () => {
    const { gateway } = here();
    const { projectId: project_id, accountId } = await gateway.tenant('kept');
    const { serviceAccounts, apiKeys } = projects();
    await projects().archive(project_id);
    expect((await serviceAccounts.list(project_id)).data.length).toBe(1);
    expect((await apiKeys.list(project_id)).data.length).toBe(1);
    for (const change of [
      () => serviceAccounts.create(project_id, { name: 'late' }),
      () => serviceAccounts.apiKeys.create(accountId, { project_id }),
      () => serviceAccounts.update(accountId, { project_id, name: 'late' }),
      () => serviceAccounts.delete(accountId, { project_id }),
    ]) {
      await expect(change()).rejects.toBeInstanceOf(ConflictError);
    }
  });
});
