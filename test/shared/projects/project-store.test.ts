import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../../../shared/dynamo/client.ts';
import type { Project } from '../../../shared/projects/project.ts';
import { dynamoProjectStore, type ProjectStore } from '../../../shared/projects/project-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { newProject, nowSeconds } from '../stored-tenant.ts';

let database: TestDatabase;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const store = (): ProjectStore => dynamoProjectStore(database.db, database.names.projects);

async function stored(name = 'project'): Promise<Project> {
  const project = newProject(name);
  await store().create(project);
  return project;
}

describe('a project', () => {
  test('is found as it was created, at once', async () => {
    const project = await stored();
    expect(await store().get(project.id)).toEqual(project);
    expect(await store().get('proj_none')).toBeUndefined();
  });

  test('is renamed, and says what became of it', async () => {
    const project = await stored('before');
    expect(await store().rename(project.id, 'after')).toEqual({ ...project, name: 'after' });
    expect(await store().get(project.id)).toEqual({ ...project, name: 'after' });
  });

  test('that is missing is neither renamed nor archived into being', async () => {
    expect(await store().rename('proj_none', 'name')).toBe('missing');
    expect(await store().archive('proj_none', nowSeconds)).toBe('missing');
    expect(await store().get('proj_none')).toBeUndefined();
  });

  test('is archived once: later times do not replace the first', async () => {
    const project = await stored();
    const archived = { ...project, archivedAt: nowSeconds + 1 };
    expect(await store().archive(project.id, nowSeconds + 1)).toEqual(archived);
    expect(await store().archive(project.id, nowSeconds + 99)).toEqual(archived);
    expect(await store().get(project.id)).toEqual(archived);
  });

  test('that is archived keeps its name', async () => {
    const project = await stored('before');
    await store().archive(project.id, nowSeconds);
    expect(await store().rename(project.id, 'after')).toBe('archived');
    expect(await store().get(project.id)).toMatchObject({ name: 'before' });
  });

  test('archived by many at once has one time of archiving', async () => {
    const { id } = await stored();
    const times = Array.from({ length: 20 }, (_, index) => nowSeconds + index);
    const answers = await Promise.all(times.map((at) => store().archive(id, at)));
    const kept = await store().get(id);
    expect(answers).toEqual(times.map(() => kept));
  });
});

describe("a project's policy", () => {
  const limits = { requestsPerMinute: 60 };

  test('changes in what is given, and not in the rest', async () => {
    const project = await stored();
    const limited = { ...project, limits, spendLimitMicroUsd: 5 };
    expect(await store().changePolicy(project, { limits, spendLimitMicroUsd: 5 })).toEqual(limited);
    expect(await store().changePolicy(limited, { spendLimitMicroUsd: null })).toEqual({ ...project, limits });
    expect(await store().get(project.id)).toEqual({ ...project, limits });
  });

  test('does not change where what would change has done so since it was read', async () => {
    const project = await stored();
    await store().changePolicy(project, { limits });
    expect(await store().changePolicy(project, { limits: { requestsPerMinute: 7 } })).toBeUndefined();
    expect(await store().get(project.id)).toEqual({ ...project, limits });
    // Something else may.
    expect(await store().changePolicy(project, { concurrentStreams: 3 })).toMatchObject({
      limits,
      concurrentStreams: 3,
    });
  });

  test('does not change in an archived project, nor bring a missing one into being', async () => {
    const project = await stored();
    await store().archive(project.id, nowSeconds);
    expect(await store().changePolicy(project, { limits })).toBeUndefined();
    expect(await store().get(project.id)).toMatchObject({ limits: {} });
    const missing = newProject();
    expect(await store().changePolicy(missing, { limits })).toBeUndefined();
    expect(await store().get(missing.id)).toBeUndefined();
  });

  test('is nothing for a project of before there were policies, and can be given to it', async () => {
    const { id, name, createdAt, archivedAt } = newProject('old');
    const Item = { organization: 'organization', id, name, createdAt, archivedAt };
    await database.db.send(new PutCommand({ TableName: database.names.projects, Item }));
    const old = await store().get(id);
    if (!old) throw new Error('the project is not there');
    expect(old).toMatchObject({ limits: {}, modelLimits: {}, spendLimitMicroUsd: null, shards: 1 });
    const changes = { limits, modelLimits: { m: limits }, spendLimitMicroUsd: 1 };
    expect(await store().changePolicy(old, changes)).toEqual({ ...old, ...changes });
    const resilience = { ...old.resilience, cache: 'on' as const };
    expect(await store().changePolicy(old, { resilience })).toMatchObject({ ...changes, resilience });
  });

  test('of resilience changes also where it was stored before it had all of its members', async () => {
    const project = await stored();
    const Item = { organization: 'organization', ...project, resilience: { cache: 'on' } };
    await database.db.send(new PutCommand({ TableName: database.names.projects, Item }));
    const old = await store().get(project.id);
    if (!old) throw new Error('the project is not there');
    const resilience = { ...old.resilience, fallbackMessage: 'Later.' };
    expect(await store().changePolicy(old, { resilience })).toEqual({ ...old, resilience });
  });

  test.each([
    { cache: 'on' as const },
    { cacheTtlSeconds: 5 },
    { onDisconnect: 'cancel' as const },
    { fallbackMessage: 'Later.' },
  ])('of resilience does not change where somebody else has set %j since it was read', async (theirs) => {
    const project = await stored();
    const resilience = { ...project.resilience, ...theirs };
    expect(await store().changePolicy(project, { resilience })).toMatchObject({ resilience });
    expect(await store().changePolicy(project, { resilience: project.resilience })).toBeUndefined();
    expect(await store().get(project.id)).toMatchObject({ resilience });
  });
});

describe('a listing of projects', () => {
  let listed: TestDatabase;
  let all: Project[];

  // Every third is active, so that pages of active ones run across archived ones.
  beforeAll(async () => {
    listed = await testDatabase();
    const projects = dynamoProjectStore(listed.db, listed.names.projects);
    const made = Array.from({ length: 30 }, () => newProject());
    await Promise.all(made.map((project) => projects.create(project)));
    const sorted = made.toSorted((a, b) => (a.id < b.id ? -1 : 1));
    all = await Promise.all(
      sorted.map(async (project, index) => {
        if (index % 3 === 1) return project;
        await projects.archive(project.id, nowSeconds);
        return { ...project, archivedAt: nowSeconds };
      }),
    );
  });
  afterAll(() => listed.stop());

  test.each([
    [1, false],
    [3, false],
    [5, false],
    [9, false],
    [10, false],
    [11, false],
    [1, true],
    [7, true],
    [30, true],
    [31, true],
  ])('in pages of %d, archived ones included: %s, has each once and in order', async (limit, includeArchived) => {
    const projects = dynamoProjectStore(listed.db, listed.names.projects);
    const wanted = all.filter(({ archivedAt }) => includeArchived || archivedAt === null);
    const seen: Project[] = [];
    let pages = 0;
    for (let more = true; more; pages++) {
      const { items, hasMore } = await projects.list({ after: seen.at(-1)?.id, limit }, includeArchived);
      expect(items.length).toBe(Math.min(limit, wanted.length - seen.length));
      seen.push(...items);
      more = hasMore;
    }
    expect(seen).toEqual(wanted);
    expect(pages).toBe(Math.ceil(wanted.length / limit));
  });

  test('goes on past a page of the database, whose end may be anywhere in ours', async () => {
    const large = await testDatabase();
    try {
      const projects = dynamoProjectStore(large.db, large.names.projects);
      // DynamoDB's page ends at 1 MB: after about 34 of these.
      const made = Array.from({ length: 40 }, () => newProject('x'.repeat(30_000)));
      await Promise.all(made.map((project) => projects.create(project)));
      for (let limit = 31; limit <= 40; limit++) {
        const { items, hasMore } = await projects.list({ limit }, true);
        expect([limit, items.length, hasMore]).toEqual([limit, limit, limit < 40]);
      }
    } finally {
      await large.stop();
    }
  });

  test('begins after a cursor that belongs to an archived project, or to none', async () => {
    const projects = dynamoProjectStore(listed.db, listed.names.projects);
    const [first, second] = all;
    expect((await projects.list({ after: first?.id, limit: 1 }, false)).items).toEqual([second]);
    expect(await projects.list({ after: 'zzz', limit: 5 }, false)).toEqual({ items: [], hasMore: false });
  });
});

describe('while the table cannot be reached (I12)', () => {
  const unreachable = dynamoProjectStore(
    documentClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      dynamodbEndpoint: 'http://127.0.0.1:9',
    }),
    'projects',
  );

  test.each<[string, () => Promise<unknown>]>([
    ['create', () => unreachable.create(newProject())],
    ['get', () => unreachable.get('proj')],
    ['list', () => unreachable.list({ limit: 1 }, false)],
    ['rename', () => unreachable.rename('proj', 'name')],
    ['archive', () => unreachable.archive('proj', nowSeconds)],
  ])('%s refuses as overloaded', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });
});
