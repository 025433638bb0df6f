/** What guardrails look for in a project's calls, as the control plane shows and changes it. */
import { GetCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import { ConflictError, NotFoundError } from 'openai';
import { entityKinds } from '../../shared/redaction/entity.ts';
import { categoryNames } from '../../shared/safety/categories.ts';
import { type SafetyWishes, safetyOf, safetyOff } from '../../shared/safety/policy.ts';
import { adminKey, oneProvider } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';

const defaults: SafetyWishes = {
  injection: { mode: 'flag' },
  moderation: { input: 'block', alongside: true, threshold: 0.7 },
  redaction: { input: ['secrets'] },
};

const here = scene({}, (baseURL) => ({
  ...oneProvider(baseURL),
  defaults: { safety: defaults },
}));
const unchecked = scene({}, (baseURL) => {
  const { models, ...config } = oneProvider(baseURL);
  return { ...config, models: Object.fromEntries(Object.entries(models).filter(([name]) => name === 'test-model')) };
});

type Shown = Readonly<Record<string, unknown>> & { readonly version: number };
const projects = () => here().gateway.admin().admin.organization.projects;
const pathOf = (projectId: string) => `/organization/projects/${projectId}/safety_policy`;
const retrieve = (projectId: string): Promise<Shown> => here().gateway.withKey(adminKey).get(pathOf(projectId));
const update = (projectId: string, body: object, at = here): Promise<Shown> =>
  at().gateway.withKey(adminKey).post(pathOf(projectId), { body });
const newProject = async (): Promise<string> => (await projects().create({ name: 'p' })).id;

const inForce = (version: number, overrides: SafetyWishes) => ({
  object: 'project.safety_policy',
  version,
  ...safetyOf(defaults, overrides),
  overrides,
});

describe('the safety policy of a project', () => {
  test('is there from the first: what the document says, what that leaves out is off, and nothing of its own', async () => {
    expect(await retrieve(await newProject())).toEqual({
      object: 'project.safety_policy',
      version: 0,
      ...safetyOff,
      injection: { mode: 'flag', threshold: 0.5 },
      moderation: { ...safetyOff.moderation, input: 'block', alongside: true, threshold: 0.7 },
      redaction: { input: ['secrets'], output: [], restore: false },
      overrides: {},
    });
  });

  test('changes in what is given, keeps the rest, and counts its changes', async () => {
    const id = await newProject();
    const first = { injection: { mode: 'block' }, moderation: { thresholds: { violence: 0.8 } } } as const;
    expect(await update(id, first)).toEqual(inForce(1, first));
    const second = { injection: { threshold: 0.9 }, log_content: true, messages: { blocked: 'No.' } };
    const both = { ...second, injection: { mode: 'block', threshold: 0.9 }, moderation: first.moderation } as const;
    expect(await update(id, second)).toEqual(inForce(2, both));
    expect(await retrieve(id)).toEqual(inForce(2, both));
  });

  test('replaces lists and thresholds as a whole', async () => {
    const id = await newProject();
    await update(id, { moderation: { thresholds: { violence: 0.8, hate: 0.1 }, categories: ['hate', 'violence'] } });
    const moderation = {
      thresholds: { hate: 0.2 },
      categories: ['hate'],
    } as const satisfies SafetyWishes['moderation'];
    expect(await update(id, { moderation })).toEqual(inForce(2, { moderation }));
  });

  test('loses what null takes away, a member or a section, and is as the document has it again', async () => {
    const id = await newProject();
    await update(id, { injection: { mode: 'off', threshold: 0.1 }, redaction: { input: [] }, retry_safely: 3 });
    expect(await update(id, { injection: { mode: null } })).toMatchObject({
      injection: { mode: 'flag', threshold: 0.1 },
      overrides: { injection: { threshold: 0.1 }, redaction: { input: [] }, retry_safely: 3 },
    });
    expect(await update(id, { injection: { threshold: null }, redaction: null, retry_safely: null })).toEqual(
      inForce(3, {}),
    );
  });

  test('is no new version where nothing changes', async () => {
    const id = await newProject();
    expect(await update(id, {})).toEqual(inForce(0, {}));
    expect(await update(id, { injection: {}, messages: null, moderation: { input: null } })).toEqual(inForce(0, {}));
    const thresholds = { hate: 0.2, violence: 0.3 };
    await update(id, { moderation: { thresholds } });
    const again = { moderation: { thresholds: { violence: 0.3, hate: 0.2 } } };
    expect(await update(id, again)).toEqual(inForce(1, { moderation: { thresholds } }));
  });

  test('loses no change of administrators who set different members at once', async () => {
    const id = await newProject();
    await Promise.all([
      update(id, { injection: { mode: 'block' } }),
      update(id, { injection: { threshold: 0.9 } }),
      update(id, { log_content: true }),
    ]);
    const overrides = { injection: { mode: 'block', threshold: 0.9 }, log_content: true } as const;
    expect(await retrieve(id)).toEqual(inForce(3, overrides));
  });

  test('is of one project alone (I5)', async () => {
    const [one, other] = [await newProject(), await newProject()];
    await update(one, { injection: { mode: 'block' } });
    expect(await retrieve(other)).toEqual(inForce(0, {}));
  });

  test('of a missing project is a 404', async () => {
    await expect(retrieve('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(update('proj_missing', {})).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of an archived project can be read, and does not change', async () => {
    const id = await newProject();
    await update(id, { injection: { mode: 'block' } });
    await projects().archive(id);
    await expect(update(id, { injection: null })).rejects.toBeInstanceOf(ConflictError);
    expect(await retrieve(id)).toEqual(inForce(1, { injection: { mode: 'block' } }));
  });

  test.each<[string, object]>([
    ['injection', { injection: 'block' }],
    ['injection', { injection: [] }],
    ['injection.mode', { injection: { mode: 'maybe' } }],
    ['injection.threshold', { injection: { threshold: 1.1 } }],
    ['injection.threshold', { injection: { threshold: -0.1 } }],
    ['injection.threshold', { injection: { threshold: '0.5' } }],
    ['injection.window', { injection: { window: 200 } }],
    ['moderation.input', { moderation: { input: 'sanitize' } }],
    ['moderation.categories', { moderation: { categories: [] } }],
    ['moderation.categories[1]', { moderation: { categories: ['hate', 'rude'] } }],
    ['moderation.thresholds.violence', { moderation: { thresholds: { violence: 2 } } }],
    ['moderation.thresholds.violence', { moderation: { thresholds: { violence: null } } }],
    ['moderation.thresholds.violenc', { moderation: { thresholds: { violenc: 0.5 } } }],
    ['moderation.on_unavailable', { moderation: { on_unavailable: 'ask' } }],
    ['moderation.alongside', { moderation: { alongside: 1 } }],
    ['moderation.timeout_ms', { moderation: { timeout_ms: 49 } }],
    ['moderation.timeout_ms', { moderation: { timeout_ms: 60_001 } }],
    ['moderation.window', { moderation: { window: 19 } }],
    ['moderation.window', { moderation: { window: 8_001 } }],
    ['redaction.input[0]', { redaction: { input: ['names'] } }],
    ['redaction.output', { redaction: { output: 'secrets' } }],
    ['redaction.restore', { redaction: { restore: 'yes' } }],
    ['retry_safely', { retry_safely: 4 }],
    ['retry_safely', { retry_safely: 0.5 }],
    ['log_content', { log_content: 'true' }],
    ['messages.blocked', { messages: { blocked: '' } }],
    ['messages.blocked', { messages: { blocked: 'x'.repeat(2_001) } }],
    ['messages.flagged', { messages: { flagged: 'x' } }],
    ['version', { version: 7 }],
    ['overrides', { overrides: {} }],
    ['contentSecret', { contentSecret: 'mine' }],
  ])('is refused by the name of %s where it is wrong: %j', async (param, body) => {
    const id = await newProject();
    await expect(update(id, body)).rejects.toMatchObject({ status: 400, param });
    expect(await retrieve(id)).toEqual(inForce(0, {}));
  });

  test('cannot ask for moderation where no model moderates: all calls would be refused', async () => {
    const { id } = await unchecked().gateway.admin().admin.organization.projects.create({ name: 'p' });
    for (const stage of ['input', 'output']) {
      const body = { moderation: { [stage]: 'block' } };
      await expect(update(id, body, unchecked)).rejects.toMatchObject({ status: 400, param: `moderation.${stage}` });
    }
    expect(await update(id, { moderation: { input: 'off' } }, unchecked)).toMatchObject({ version: 1 });
  });
});

const some = <Shape extends object>(shape: { [Name in keyof Shape]: fc.Arbitrary<Shape[Name]> }) =>
  fc.record(shape, { requiredKeys: [] });
const score = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => Math.round(value * 1e6) / 1e6);
const anyWishes: fc.Arbitrary<SafetyWishes> = some({
  injection: some({ mode: fc.constantFrom('off', 'flag', 'sanitize', 'block'), threshold: score }),
  moderation: some({
    output: fc.constantFrom('off', 'flag', 'block'),
    categories: fc.subarray([...categoryNames], { minLength: 1 }),
    thresholds: fc.dictionary(fc.constantFrom(...categoryNames), score),
    require_all: fc.boolean(),
    window: fc.integer({ min: 20, max: 8_000 }),
  }),
  redaction: some({ input: fc.subarray([...entityKinds]), restore: fc.boolean() }),
  retry_safely: fc.nat(3),
  log_content: fc.boolean(),
  messages: some({ blocked: fc.string({ minLength: 1, maxLength: 50 }) }),
});

describe('whatever is wished for', () => {
  test('is in force and stays so: what was wished twice is as what was wished once', async () => {
    await fc.assert(
      fc.asyncProperty(anyWishes, async (wishes) => {
        const id = await newProject();
        const first = await update(id, wishes);
        for (const [name, value] of Object.entries(wishes)) {
          expect(first[name]).toEqual(typeof value === 'object' ? expect.objectContaining(value) : value);
        }
        expect(await retrieve(id)).toEqual(first);
        expect(await update(id, wishes)).toEqual(first);
        expect(await update(id, first['overrides'] as object)).toEqual(first);
      }),
      { numRuns: 25 },
    );
  });

  test('is gone with null, one section after the other or all at once', async () => {
    const id = await newProject();
    const nothing = { injection: null, moderation: null, redaction: null, messages: null };
    const all = { ...nothing, retry_safely: null, log_content: null };
    await fc.assert(
      fc.asyncProperty(anyWishes, fc.boolean(), async (wishes, atOnce) => {
        await update(id, wishes);
        const steps = atOnce ? [all] : Object.keys(all).map((name) => ({ [name]: null }));
        for (const step of steps) await update(id, step);
        const { version: _, ...left } = await retrieve(id);
        const { version: __, ...untouched } = inForce(0, {});
        expect(left).toEqual(untouched);
      }),
      { numRuns: 15 },
    );
  });
});

describe('the secret that content is sealed with', () => {
  const secretOf = async (id: string): Promise<unknown> => {
    const { db, names } = here().database;
    const Key = { organization: 'organization', id };
    return (await db.send(new GetCommand({ TableName: names.projects, Key }))).Item?.['contentSecret'];
  };

  test('is made with the project, and stays the same', async () => {
    const id = await newProject();
    const secret = await secretOf(id);
    expect(secret).toMatch(/^[\w-]{43}$/);
    await update(id, { log_content: true });
    expect(await secretOf(id)).toBe(secret);
  });

  test('is made by the first change of the policy of a project that has none', async () => {
    const id = await newProject();
    await holdTo(here().database, id, { contentSecret: null });
    await retrieve(id);
    expect(await secretOf(id)).toBeNull();
    await update(id, {});
    expect(await secretOf(id)).toMatch(/^[\w-]{43}$/);
  });

  test('is another in every project, and in no answer of the control plane', async () => {
    const ids = [await newProject(), await newProject()];
    const answers = [
      ...(await Promise.all(ids.map((id) => update(id, { log_content: true })))),
      ...(await Promise.all(ids.map(retrieve))),
      await projects().list(),
      (await here().gateway.admin().admin.organization.auditLogs.list({ limit: 100 })).data,
    ];
    const { Items = [] } = await here().database.db.send(
      new ScanCommand({ TableName: here().database.names.projects }),
    );
    const secrets = Items.flatMap((item) => item['contentSecret'] ?? []);
    expect(secrets.length).toBeGreaterThan(1);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) expect(JSON.stringify(answers)).not.toContain(secret);
  });
});

test('a change is in the audit log, with what held before and after', async () => {
  const id = await newProject();
  await update(id, { injection: { mode: 'block' } });
  const { data } = await here()
    .gateway.admin()
    .admin.organization.auditLogs.list({ project_ids: [id], event_types: ['safety_policy.updated' as never] });
  expect(data).toMatchObject([
    {
      'safety_policy.updated': { id, changes_requested: { injection: { mode: 'block' } } },
      before: inForce(0, {}),
      after: inForce(1, { injection: { mode: 'block' } }),
    },
  ]);
});

test('what a later version has stored is read as far as it is known', async () => {
  const id = await newProject();
  const later = {
    moderation: { input: 'flag', languages: ['en'] },
    redaction: { names: true },
    topics: { mode: 'block' },
  };
  await holdTo(here().database, id, { safety: { version: 3, wishes: later as SafetyWishes } });
  expect(await retrieve(id)).toEqual(inForce(3, { moderation: { input: 'flag' }, redaction: {} }));
  await expect(update(id, later)).rejects.toMatchObject({ status: 400 });
});
