/** What is kept of a project's calls, as the control plane shows and changes it. */
import { ConflictError, NotFoundError } from 'openai';
import type { Config } from '../../shared/config/schema.ts';
import { adminKey, oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const withDefaults = scene(
  {},
  (baseURL): Config => ({
    ...oneProvider(baseURL),
    defaults: { requestLog: { mode: 'metadata', retention_days: 7, sample: 0.5 } },
  }),
);
/** As a stack that was deployed without a key. */
const withoutKey = scene({ environment: { REQUEST_LOG_SECRET: undefined } });

const pathOf = (projectId: string) => `/organization/projects/${projectId}/request_log_policy`;
const admin = (of = here) => of().gateway.withKey(adminKey);
const retrieve = (projectId: string, of = here): Promise<object> => admin(of).get(pathOf(projectId));
const update = (projectId: string, body: object, of = here): Promise<object> =>
  admin(of).post(pathOf(projectId), { body });

const nothingOfItsOwn = { mode: null, retention_days: null, sample: null, include: null };
const untouched = {
  object: 'project.request_log_policy',
  mode: 'off',
  retention_days: 30,
  sample: 1,
  include: ['request', 'response'],
  overrides: nothingOfItsOwn,
};
const changed = (own: object) => ({ ...untouched, ...own, overrides: { ...nothingOfItsOwn, ...own } });

const newProject = async (of = here): Promise<string> =>
  (await of().gateway.admin().admin.organization.projects.create({ name: 'p' })).id;

describe('the request log policy of a project', () => {
  test('is off from the first', async () => {
    expect(await retrieve(await newProject())).toEqual(untouched);
  });

  test('changes in what is given, keeps the rest, and loses what null takes away', async () => {
    const id = await newProject();
    const content = { mode: 'content', retention_days: 365, sample: 0.25, include: ['response'] };
    expect(await update(id, content)).toEqual(changed(content));
    expect(await update(id, { sample: 0 })).toEqual(changed({ ...content, sample: 0 }));
    expect(await retrieve(id)).toEqual(changed({ ...content, sample: 0 }));
    const { include: _, ...rest } = { ...content, sample: 0 };
    expect(await update(id, { include: null })).toEqual(changed(rest));
    expect(await update(id, { mode: null, retention_days: null, sample: null })).toEqual(untouched);
    expect(await update(id, {})).toEqual(untouched);
  });

  test('is as sluice.json has it where it has nothing of its own', async () => {
    const id = await newProject(withDefaults);
    const usual = { ...untouched, mode: 'metadata', retention_days: 7, sample: 0.5 };
    expect(await retrieve(id, withDefaults)).toEqual(usual);
    expect(await update(id, { mode: 'off' }, withDefaults)).toMatchObject({ mode: 'off', retention_days: 7 });
    expect(await update(id, { mode: null }, withDefaults)).toEqual(usual);
  });

  test('with content is refused where there is no key to keep it under, and says how to deploy one', async () => {
    const id = await newProject(withoutKey);
    await expect(update(id, { mode: 'content' }, withoutKey)).rejects.toMatchObject({
      status: 400,
      param: 'mode',
      message: expect.stringContaining('cdk deploy -c requestLogKey=arn:aws:kms:'),
    });
    expect(await retrieve(id, withoutKey)).toEqual(untouched);
    expect(await update(id, { mode: 'metadata' }, withoutKey)).toMatchObject({ mode: 'metadata' });
  });

  test('loses no change of two administrators who set different members at once', async () => {
    const id = await newProject();
    await Promise.all([update(id, { mode: 'metadata' }), update(id, { sample: 0.5 })]);
    expect(await retrieve(id)).toEqual(changed({ mode: 'metadata', sample: 0.5 }));
  });

  test('is of one project alone (I5)', async () => {
    const [one, other] = [await newProject(), await newProject()];
    await update(one, { mode: 'metadata' });
    expect(await retrieve(other)).toEqual(untouched);
  });

  test('of a missing project is a 404', async () => {
    await expect(retrieve('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(update('proj_missing', {})).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of an archived project can be read, and does not change', async () => {
    const id = await newProject();
    await here().gateway.admin().admin.organization.projects.archive(id);
    await expect(update(id, { mode: 'metadata' })).rejects.toBeInstanceOf(ConflictError);
    expect(await retrieve(id)).toEqual(untouched);
  });

  test.each<[string, object]>([
    ['mode', { mode: 'everything' }],
    ['retention_days', { retention_days: 0 }],
    ['retention_days', { retention_days: 8 }],
    ['retention_days', { retention_days: 366 }],
    ['retention_days', { retention_days: '30' }],
    ['sample', { sample: 1.1 }],
    ['sample', { sample: -0.1 }],
    ['include', { include: [] }],
    ['include[0]', { include: ['headers'] }],
    ['include', { include: ['request', 'request', 'request'] }],
    ['redact', { redact: false }],
  ])('is refused by the name of %s where it is wrong: %j', async (param, body) => {
    const id = await newProject();
    await expect(update(id, body)).rejects.toMatchObject({ status: 400, param });
    expect(await retrieve(id)).toEqual(untouched);
  });
});
