/** What becomes of a project's conversations that do not fit, as the control plane shows and changes it. */
import { ConflictError, NotFoundError } from 'openai';
import type { Config } from '../../shared/config/schema.ts';
import { adminKey, oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const withDefaults = scene(
  {},
  (baseURL): Config => ({
    ...oneProvider(baseURL),
    defaults: { context: { truncation: 'auto', summary_model: 'test-model' } },
  }),
);

const pathOf = (projectId: string) => `/organization/projects/${projectId}/context_policy`;
const admin = (of = here) => of().gateway.withKey(adminKey);
const retrieve = (projectId: string, of = here): Promise<object> => admin(of).get(pathOf(projectId));
const update = (projectId: string, body: object, of = here): Promise<object> =>
  admin(of).post(pathOf(projectId), { body });

const policy = (truncation: string, summary_model: string | null, overrides: object = {}) => ({
  object: 'project.context_policy',
  truncation,
  summary_model,
  overrides: { truncation: null, summary_model: null, ...overrides },
});
const untouched = policy('disabled', null);

const newProject = async (of = here): Promise<string> =>
  (await of().gateway.admin().admin.organization.projects.create({ name: 'p' })).id;

describe('the context policy of a project', () => {
  test('is there from the first: what does not fit is refused', async () => {
    expect(await retrieve(await newProject())).toEqual(untouched);
  });

  test('changes in what is given, keeps the rest, and loses what null takes away', async () => {
    const id = await newProject();
    const auto = { truncation: 'auto' };
    expect(await update(id, auto)).toEqual(policy('auto', null, auto));
    const both = { ...auto, summary_model: 'test-model' };
    expect(await update(id, { summary_model: 'test-model' })).toEqual(policy('auto', 'test-model', both));
    expect(await retrieve(id)).toEqual(policy('auto', 'test-model', both));
    expect(await update(id, { summary_model: null })).toEqual(policy('auto', null, auto));
    expect(await update(id, { truncation: null })).toEqual(untouched);
    expect(await update(id, {})).toEqual(untouched);
  });

  test('is as sluice.json has it where it has nothing of its own', async () => {
    const id = await newProject(withDefaults);
    expect(await retrieve(id, withDefaults)).toEqual(policy('auto', 'test-model'));
    const disabled = { truncation: 'disabled' };
    expect(await update(id, disabled, withDefaults)).toEqual(policy('disabled', null, disabled));
    expect(await update(id, { truncation: null }, withDefaults)).toEqual(policy('auto', 'test-model'));
  });

  test('that says what is done also says with which model: the one of sluice.json does not come with it', async () => {
    const id = await newProject(withDefaults);
    const auto = { truncation: 'auto' };
    expect(await update(id, auto, withDefaults)).toEqual(policy('auto', null, auto));
  });

  test('loses no change of two administrators who set different members at once', async () => {
    const id = await newProject();
    const both = { truncation: 'auto', summary_model: 'test-model' };
    await Promise.all([update(id, { truncation: 'auto' }), update(id, { summary_model: 'test-model' })]);
    expect(await retrieve(id)).toEqual(policy('auto', 'test-model', both));
  });

  test('is of one project alone (I5)', async () => {
    const [one, other] = [await newProject(), await newProject()];
    await update(one, { truncation: 'auto' });
    expect(await retrieve(other)).toEqual(untouched);
  });

  test('of a missing project is a 404', async () => {
    await expect(retrieve('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(update('proj_missing', {})).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of an archived project can be read, and does not change', async () => {
    const id = await newProject();
    await here().gateway.admin().admin.organization.projects.archive(id);
    await expect(update(id, { truncation: 'auto' })).rejects.toBeInstanceOf(ConflictError);
    expect(await retrieve(id)).toEqual(untouched);
  });

  test.each<[string, object]>([
    ['truncation', { truncation: 'maybe' }],
    ['summary_model', { summary_model: '' }],
    ['summary_model', { summary_model: 7 }],
    ['summary_model', { summary_model: '../etc' }],
    // It would never be asked, and nobody would know.
    ['summary_model', { summary_model: 'nobody' }],
    ['summary_model', { summary_model: 'unpriced' }],
    ['shards', { shards: 16 }],
  ])('is refused by the name of %s where it is wrong: %j', async (param, body) => {
    const id = await newProject();
    await expect(update(id, body)).rejects.toMatchObject({ status: 400, param });
    expect(await retrieve(id)).toEqual(untouched);
  });
});
