/** What a project wants when providers fail or its callers leave, as the control plane shows and changes it. */
import { ConflictError, NotFoundError } from 'openai';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const projects = () => here().gateway.admin().admin.organization.projects;
const pathOf = (projectId: string) => `/organization/projects/${projectId}/resilience_policy`;
const retrieve = (projectId: string): Promise<object> => here().gateway.withKey(adminKey).get(pathOf(projectId));
const update = (projectId: string, body: object): Promise<object> =>
  here().gateway.withKey(adminKey).post(pathOf(projectId), { body });

const untouched = {
  object: 'project.resilience_policy',
  cache: 'off',
  cache_ttl_seconds: null,
  on_disconnect: 'drain',
  fallback_message: null,
};

async function newProject(): Promise<string> {
  return (await projects().create({ name: 'p' })).id;
}

describe('the resilience policy of a project', () => {
  test('is there from the first, with nothing of its own', async () => {
    expect(await retrieve(await newProject())).toEqual(untouched);
  });

  test('changes in what is given, keeps the rest, and loses what null takes away', async () => {
    const id = await newProject();
    const whole = { cache: 'on', cache_ttl_seconds: 60, on_disconnect: 'cancel', fallback_message: 'Back soon.' };
    expect(await update(id, whole)).toEqual({ ...untouched, ...whole });
    expect(await retrieve(id)).toEqual({ ...untouched, ...whole });
    expect(await update(id, { cache_ttl_seconds: null })).toEqual({ ...untouched, ...whole, cache_ttl_seconds: null });
    expect(await update(id, { fallback_message: null, cache: 'off', on_disconnect: 'drain' })).toEqual(untouched);
    expect(await update(id, {})).toEqual(untouched);
    expect(await retrieve(id)).toEqual(untouched);
  });

  test('loses no change of two administrators who set different members at once', async () => {
    const id = await newProject();
    await Promise.all([update(id, { cache: 'on' }), update(id, { fallback_message: 'Back soon.' })]);
    expect(await retrieve(id)).toEqual({ ...untouched, cache: 'on', fallback_message: 'Back soon.' });
  });

  test('is of one project alone (I5)', async () => {
    const [one, other] = [await newProject(), await newProject()];
    await update(one, { cache: 'on' });
    expect(await retrieve(other)).toEqual(untouched);
  });

  test('of a missing project is a 404', async () => {
    await expect(retrieve('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(update('proj_missing', {})).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of an archived project can be read, and does not change', async () => {
    const id = await newProject();
    await update(id, { cache: 'on' });
    await projects().archive(id);
    await expect(update(id, { cache: 'off' })).rejects.toBeInstanceOf(ConflictError);
    expect(await retrieve(id)).toEqual({ ...untouched, cache: 'on' });
  });

  test.each<[string, object]>([
    ['cache', { cache: 'maybe' }],
    ['cache', { cache: null }],
    ['cache_ttl_seconds', { cache_ttl_seconds: 0 }],
    ['cache_ttl_seconds', { cache_ttl_seconds: 86_401 }],
    ['cache_ttl_seconds', { cache_ttl_seconds: 1.5 }],
    ['on_disconnect', { on_disconnect: 'wait' }],
    ['on_disconnect', { on_disconnect: null }],
    ['fallback_message', { fallback_message: '' }],
    ['fallback_message', { fallback_message: 'x'.repeat(2_001) }],
    ['fallback_message', { fallback_message: 7 }],
    ['shards', { shards: 16 }],
  ])('is refused by the name of %s where it is wrong: %j', async (param, body) => {
    const id = await newProject();
    await expect(update(id, body)).rejects.toMatchObject({ status: 400, param });
    expect(await retrieve(id)).toEqual(untouched);
  });

  test('takes a message of 2,000 characters and a day of cache', async () => {
    const longest = { cache_ttl_seconds: 86_400, fallback_message: 'x'.repeat(2_000) };
    expect(await update(await newProject(), longest)).toEqual({ ...untouched, ...longest });
  });
});
