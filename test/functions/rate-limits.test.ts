/** `client.admin.organization.projects.rateLimits` of the official package, against the real function. */
import { BadRequestError, ConflictError, NotFoundError } from 'openai';
import type { ProjectRateLimit, RateLimitUpdateRateLimitParams } from 'openai/resources/admin/organization/projects';
import { unlimited } from '../../shared/limits/limits.ts';
import { dynamoProjectStore } from '../../shared/projects/project-store.ts';
import { moreOf, walk } from '../support/pages.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const projects = () => here().gateway.admin().admin.organization.projects;
const newProject = async () => (await projects().create({ name: 'limited' })).id;

/** With the extensions of ours. */
type Wishes = Omit<RateLimitUpdateRateLimitParams, 'project_id'> & { burst?: number; max_concurrent_streams?: number };
const update = (project_id: string, id: string, wishes: Wishes) =>
  projects().rateLimits.updateRateLimit(id, { project_id, ...wishes });
const limitsOf = async (projectId: string) => (await projects().rateLimits.listRateLimits(projectId)).data;
const limitOf = async (projectId: string, id: string) => (await limitsOf(projectId)).find((limit) => limit.id === id);

const nothing = {
  max_requests_per_1_minute: unlimited,
  max_tokens_per_1_minute: unlimited,
  max_requests_per_1_day: unlimited,
  burst: unlimited,
};
const ofModel = (model: string): ProjectRateLimit & { burst: number } => ({
  object: 'project.rate_limit',
  id: `rl-${model}`,
  model,
  ...nothing,
});
const ofProject = { ...ofModel('*'), id: 'rl_project', max_concurrent_streams: unlimited };

describe('listing rate limits', () => {
  test('shows that of the project and one for every model that is served, in the SDK’s shape', async () => {
    expect(await limitsOf(await newProject())).toEqual([
      ofProject,
      ofModel('omni-moderation-latest'),
      ofModel('test-model'),
    ]);
  });

  test.each([1, 2, 3, 100])('in pages of %i walks over all of them once', async (limit) => {
    const project = await newProject();
    expect(await walk(projects().rateLimits.listRateLimits(project, { limit }))).toEqual({
      ids: ['rl_project', 'rl-omni-moderation-latest', 'rl-test-model'],
      more: moreOf(3, limit),
    });
  });

  test('goes back from a cursor', async () => {
    const project = await newProject();
    const page = await projects().rateLimits.listRateLimits(project, { before: 'rl-test-model', limit: 1 });
    expect(page).toMatchObject({ data: [{ model: 'omni-moderation-latest' }], has_more: true });
  });

  test.each([
    ['after', { after: 'test-model' }],
    ['before', { before: '..' }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
  ])('refuses a wrong %s by name', async (param, query) => {
    const refused = projects().rateLimits.listRateLimits(await newProject(), query);
    await expect(refused).rejects.toMatchObject({ status: 400, param });
  });

  test('of a missing project is a 404', async () => {
    await expect(limitsOf('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('updating a rate limit', () => {
  test('of a model changes what is given, of that model and that project alone (I5)', async () => {
    const [project, other] = [await newProject(), await newProject()];
    const updated = await update(project, 'rl-test-model', {
      max_requests_per_1_minute: 60,
      max_tokens_per_1_minute: 9_000,
    });
    const expected = { ...ofModel('test-model'), max_requests_per_1_minute: 60, max_tokens_per_1_minute: 9_000 };
    expect(updated).toEqual({ ...expected, burst: 10 });
    expect(await limitsOf(project)).toEqual([ofProject, ofModel('omni-moderation-latest'), updated]);
    expect(await limitsOf(other)).toEqual([ofProject, ofModel('omni-moderation-latest'), ofModel('test-model')]);
    expect(await update(project, 'rl-test-model', { max_requests_per_1_day: 5 })).toEqual({
      ...updated,
      max_requests_per_1_day: 5,
    });
  });

  test('of the project as a whole takes the streams that may be under way, too', async () => {
    const project = await newProject();
    const updated = await update(project, 'rl_project', { max_requests_per_1_minute: 600, max_concurrent_streams: 3 });
    expect(updated).toEqual({ ...ofProject, max_requests_per_1_minute: 600, burst: 100, max_concurrent_streams: 3 });
    expect(await limitOf(project, 'rl_project')).toEqual(updated);
    expect(await update(project, 'rl_project', { max_concurrent_streams: unlimited })).toMatchObject({
      max_requests_per_1_minute: 600,
      max_concurrent_streams: unlimited,
    });
  });

  test('to a number that limits nothing takes the limit away', async () => {
    const project = await newProject();
    await update(project, 'rl-test-model', { max_requests_per_1_minute: 60, burst: 20 });
    expect(await update(project, 'rl-test-model', { max_requests_per_1_minute: unlimited })).toEqual(
      ofModel('test-model'),
    );
  });

  test('with what was read changes nothing', async () => {
    const project = await newProject();
    for (const { id } of await limitsOf(project)) {
      await update(project, id, { max_requests_per_1_minute: 60, max_tokens_per_1_minute: 7 });
    }
    const before = await limitsOf(project);
    for (const { object: _object, id, model: _model, ...numbers } of before) await update(project, id, numbers);
    expect(await limitsOf(project)).toEqual(before);
  });

  test('with nothing changes nothing', async () => {
    expect(await update(await newProject(), 'rl-test-model', {})).toEqual(ofModel('test-model'));
  });

  test('by several at once loses nobody’s change', async () => {
    const project = await newProject();
    await Promise.all([
      update(project, 'rl-test-model', { max_requests_per_1_minute: 60 }),
      update(project, 'rl-test-model', { max_requests_per_1_day: 70 }),
      update(project, 'rl-test-model', { max_tokens_per_1_minute: 80 }),
      update(project, 'rl-omni-moderation-latest', { max_requests_per_1_minute: 120 }),
      update(project, 'rl_project', { max_requests_per_1_minute: 240 }),
    ]);
    expect(await limitsOf(project)).toMatchObject([
      { max_requests_per_1_minute: 240 },
      { max_requests_per_1_minute: 120 },
      { max_requests_per_1_minute: 60, max_requests_per_1_day: 70, max_tokens_per_1_minute: 80 },
    ]);
  });

  test('of a model that has left the catalogue is possible for as long as it has limits', async () => {
    const { database } = here();
    const store = dynamoProjectStore(database.db, database.names.projects);
    const id = await newProject();
    const project = await store.get(id);
    if (!project) throw new Error('the project is not there');
    await store.changePolicy(project, { modelLimits: { 'gone-model': { requestsPerDay: 5 } } });
    expect((await limitsOf(id)).map(({ model }) => model)).toEqual([
      '*',
      'gone-model',
      'omni-moderation-latest',
      'test-model',
    ]);
    await update(id, 'rl-gone-model', { max_requests_per_1_day: unlimited });
    expect(await limitOf(id, 'rl-gone-model')).toBeUndefined();
    const refused = update(id, 'rl-gone-model', { max_requests_per_1_day: 5 });
    await expect(refused).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('a burst', () => {
  test('is a sixth where none is set, what was set otherwise, and a sixth again when that is taken away', async () => {
    const project = await newProject();
    const wish = { max_requests_per_1_minute: 600 };
    expect(await update(project, 'rl_project', wish)).toMatchObject({ burst: 100 });
    expect(await update(project, 'rl_project', { burst: 7 })).toMatchObject({ ...wish, burst: 7 });
    expect(await update(project, 'rl_project', { burst: unlimited })).toMatchObject({ ...wish, burst: 100 });
  });

  test('that clocks may overrun is refused, and the error says why', async () => {
    const project = await newProject();
    const refused = update(project, 'rl_project', { max_requests_per_1_minute: 600, burst: 4 });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'burst', code: null });
    await expect(refused).rejects.toThrow(/at least 5, because the clocks of .* may differ by ±200 ms\./);
    expect(await limitOf(project, 'rl_project')).toEqual(ofProject);
    await update(project, 'rl_project', { max_requests_per_1_minute: 600, burst: 5 });
  });

  test('is a sixth of the limit again whenever a limit is set without one', async () => {
    const project = await newProject();
    await update(project, 'rl_project', { max_requests_per_1_minute: 600, burst: 5 });
    const tokens = await update(project, 'rl_project', { max_tokens_per_1_minute: 1_000 });
    expect(tokens).toMatchObject({ max_requests_per_1_minute: 600, burst: 5 });
    const more = await update(project, 'rl_project', { max_requests_per_1_minute: 6_000 });
    expect(more).toMatchObject({ max_requests_per_1_minute: 6_000, burst: 1_000 });
  });

  test('without a limit by the minute is refused', async () => {
    const refused = update(await newProject(), 'rl_project', { burst: 5 });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'burst' });
  });
});

describe('an update that is refused', () => {
  test.each(['batch_1_day_max_input_tokens', 'max_audio_megabytes_per_1_minute', 'max_images_per_1_minute'])(
    'names %s, and says that there is no such limit here; null is let pass',
    async (param) => {
      const project = await newProject();
      const refused = update(project, 'rl-test-model', { [param]: 5 });
      await expect(refused).rejects.toBeInstanceOf(BadRequestError);
      await expect(refused).rejects.toMatchObject({ param });
      await expect(refused).rejects.toThrow('this gateway has no such limit');
      await update(project, 'rl-test-model', { [param]: null });
    },
  );

  test.each([
    ['zero', 'max_requests_per_1_minute', 0],
    ['less than nothing', 'max_tokens_per_1_minute', -1],
    ['a fraction', 'max_requests_per_1_day', 1.5],
    ['no number', 'burst', '5'],
    ['null', 'max_requests_per_1_minute', null],
    ['zero', 'max_concurrent_streams', 0],
    ['unknown', 'shards', 2],
  ])('because a value is %s names %s', async (_what, param, value) => {
    const refused = update(await newProject(), 'rl_project', { [param]: value });
    await expect(refused).rejects.toMatchObject({ status: 400, param });
  });

  test('of a model’s streams under way says where they are limited', async () => {
    const refused = update(await newProject(), 'rl-test-model', { max_concurrent_streams: 5 });
    await expect(refused).rejects.toMatchObject({ status: 400, param: 'max_concurrent_streams' });
    await expect(refused).rejects.toThrow('rl_project');
  });

  test.each(['rl-unknown-model', 'rl-unpriced', 'rl-*', 'rl_other', 'test-model', 'rl-constructor'])(
    'of %s is a 404, for there is no such model',
    async (id) => {
      const refused = update(await newProject(), id, { max_requests_per_1_minute: 5 });
      await expect(refused).rejects.toMatchObject({ status: 404, code: 'not_found' });
    },
  );

  test('of a missing project is a 404', async () => {
    await expect(update('proj_missing', 'rl_project', {})).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of an archived project is a conflict, and its limits can still be read', async () => {
    const project = await newProject();
    await update(project, 'rl_project', { max_requests_per_1_minute: 60 });
    await projects().archive(project);
    await expect(update(project, 'rl_project', {})).rejects.toBeInstanceOf(ConflictError);
    await expect(update(project, 'rl-test-model', { burst: 1 })).rejects.toBeInstanceOf(ConflictError);
    expect(await limitOf(project, 'rl_project')).toMatchObject({ max_requests_per_1_minute: 60 });
  });
});
