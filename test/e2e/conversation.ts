/** What the official SDK and the deployed gateway have to say to each other. */
import assert from 'node:assert/strict';
import OpenAI, {
  type APIError,
  AuthenticationError,
  BadRequestError,
  NotFoundError,
  PermissionDeniedError,
} from 'openai';
import type { ScriptedProvider } from '../support/scripted-provider.ts';
import type { Report } from './report.ts';

export type Scene = {
  readonly baseURL: string;
  readonly adminKey: string;
  readonly providerKey: string;
  readonly provider: ScriptedProvider;
  readonly report: Report;
};

const client = (baseURL: string, keys: { apiKey?: string; adminAPIKey?: string }, fetch?: typeof globalThis.fetch) =>
  new OpenAI({ baseURL, apiKey: 'unused', maxRetries: 0, ...keys, ...(fetch && { fetch }) });

const chat = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Say hello.' }] };
const embedding = { model: 'text-embedding-3-small', input: 'hello', encoding_format: 'float' as const };

type Expected = {
  readonly thrown: new (...args: never[]) => APIError;
  readonly type: string;
  readonly code: string | null;
};

/** The error as the SDK reads it: its class, and the shape that only the gateway's own words give it. */
async function refuses(call: PromiseLike<unknown>, { thrown, type, code }: Expected): Promise<void> {
  const error = await call.then(
    () => assert.fail('the call went through'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof thrown, `expected ${thrown.name}, got ${error}`);
  const { message, param, ...rest } = error.error as Record<string, unknown>;
  assert.deepEqual(rest, { type, code });
  assert.equal(typeof message, 'string');
  assert.ok(param === null || typeof param === 'string');
  assert.ok(error.requestID, 'the error has no request id');
}

/** The caller's words, with the body replaced by text that is no JSON. */
const withBrokenBody: typeof globalThis.fetch = (url, init) => fetch(url, { ...init, body: '{"model": ' });

export async function converse(scene: Scene): Promise<void> {
  const { report, baseURL, adminKey } = scene;
  const admin = client(baseURL, { adminAPIKey: adminKey });
  const { projectId, key } = await report.step('Create a project, a service account and its key', () => tenant(admin));
  const app = client(baseURL, { apiKey: key });

  await report.step('Call models', () => callModels(scene, app));
  await report.step('Read the usage', () => readUsage(scene, admin, projectId));
  await report.step('Be refused', () => beRefused(scene, app, admin));
  await report.step('Clean up', () => cleanUp(scene, admin, app, projectId));
}

async function tenant(admin: OpenAI): Promise<{ projectId: string; key: string }> {
  const { projects } = admin.admin.organization;
  const project = await projects.create({ name: 'end to end' });
  const { api_key } = await projects.serviceAccounts.create(project.id, { name: 'app' });
  if (!api_key) throw new Error('The service account came without a key.');
  return { projectId: project.id, key: api_key.value };
}

async function callModels({ report, provider, providerKey }: Scene, app: OpenAI): Promise<void> {
  await report.check('chat.completions.create answers in one piece', async () => {
    const { data, request_id } = await app.chat.completions.create(chat).withResponse();
    assert.equal(data.choices[0]?.message.content, 'Hello there');
    assert.equal(data.usage?.total_tokens, 15);
    assert.ok(request_id);
  });
  await report.check("the provider saw its own key and not the caller's", () => {
    assert.equal(provider.asked.at(-1)?.headers.authorization, `Bearer ${providerKey}`);
  });
  await report.check('chat.completions.create streams, here through the buffered mode', async () => {
    const words: string[] = [];
    for await (const { choices } of await app.chat.completions.create({ ...chat, stream: true })) {
      words.push(choices[0]?.delta.content ?? '');
    }
    assert.equal(words.join(''), 'Hello there');
  });
  await report.check('embeddings.create', async () => {
    const { data, usage } = await app.embeddings.create(embedding);
    assert.deepEqual(data[0]?.embedding, [0.5, -0.5]);
    assert.equal(usage.total_tokens, 7);
  });
  await report.check('moderations.create', async () => {
    const { results } = await app.moderations.create({ model: 'omni-moderation-latest', input: 'hello' });
    assert.equal(results[0]?.flagged, false);
  });
  await report.check('models.list', async () => {
    const { data } = await app.models.list();
    assert.ok(data.some(({ id }) => id === 'gpt-4o-mini'));
  });
  await report.check('models.retrieve', async () => {
    const { id, object } = await app.models.retrieve('gpt-4o-mini');
    assert.deepEqual({ id, object }, { id: 'gpt-4o-mini', object: 'model' });
  });
}

async function readUsage({ report }: Scene, admin: OpenAI, projectId: string): Promise<void> {
  const { usage } = admin.admin.organization;
  const query = {
    start_time: Math.floor(Date.now() / 1000) - 3_600,
    bucket_width: '1d' as const,
    project_ids: [projectId],
  };
  const sum = (rows: readonly object[], field: string): number =>
    rows.reduce((total, row) => total + Number((row as Record<string, unknown>)[field] ?? 0), 0);

  await report.check('usage of completions is what the provider reported', async () => {
    const { data } = await usage.completions(query);
    const rows = data.flatMap(({ results }) => results);
    const totals = ['num_model_requests', 'input_tokens', 'output_tokens'].map((field) => sum(rows, field));
    assert.deepEqual(totals, [2, 20, 7]);
  });
  await report.check('usage of embeddings is what the provider reported', async () => {
    const { data } = await usage.embeddings(query);
    const rows = data.flatMap(({ results }) => results);
    assert.deepEqual([sum(rows, 'num_model_requests'), sum(rows, 'input_tokens')], [1, 7]);
  });
  await report.check('usage of moderations counts the request', async () => {
    const { data } = await usage.moderations(query);
    const rows = data.flatMap(({ results }) => results);
    assert.equal(sum(rows, 'num_model_requests'), 1);
  });
}

async function beRefused({ report, baseURL, adminKey }: Scene, app: OpenAI, admin: OpenAI): Promise<void> {
  const invalidKey: Expected = { thrown: AuthenticationError, type: 'invalid_request_error', code: 'invalid_api_key' };
  const notAllowed: Expected = {
    thrown: PermissionDeniedError,
    type: 'permission_error',
    code: 'insufficient_permissions',
  };
  const cases: readonly (readonly [string, () => PromiseLike<unknown>, Expected])[] = [
    ['401 for a key that nobody made', () => client(baseURL, { apiKey: 'sk-nobody' }).models.list(), invalidKey],
    [
      '403 for an admin key that calls a model',
      () => client(baseURL, { apiKey: adminKey }).chat.completions.create(chat),
      notAllowed,
    ],
    [
      "403 for a project's key that administers",
      () => client(baseURL, { adminAPIKey: app.apiKey ?? '' }).admin.organization.projects.list(),
      notAllowed,
    ],
    [
      '404 for a model that does not exist',
      () => app.chat.completions.create({ ...chat, model: 'no-such-model' }),
      { thrown: NotFoundError, type: 'invalid_request_error', code: 'model_not_found' },
    ],
    [
      '404 for a project that does not exist',
      () => admin.admin.organization.projects.retrieve('proj_none'),
      { thrown: NotFoundError, type: 'invalid_request_error', code: 'not_found' },
    ],
    [
      "404 for a path that does not exist, in API Gateway's own words",
      () => app.get('/no/such/path'),
      { thrown: NotFoundError, type: 'invalid_request_error', code: 'not_found' },
    ],
    [
      '400 for a body that is no JSON',
      () => client(baseURL, { apiKey: app.apiKey ?? '' }, withBrokenBody).chat.completions.create(chat),
      { thrown: BadRequestError, type: 'invalid_request_error', code: null },
    ],
  ];
  for (const [name, call, expected] of cases) await report.check(name, () => refuses(call(), expected));
}

async function cleanUp({ report }: Scene, admin: OpenAI, app: OpenAI, projectId: string): Promise<void> {
  const { projects } = admin.admin.organization;
  await report.check('the health and the OpenAPI document need no key', async () => {
    const anyone = (path: string) => fetch(`${app.baseURL}${path}`);
    assert.deepEqual(await (await anyone('/health')).json(), { status: 'ok' });
    const { paths } = (await (await anyone('/openapi.json')).json()) as { paths: object };
    assert.ok('/chat/completions' in paths);
  });
  await report.check('keys are listed redacted and deleted with their account', async () => {
    const [key] = (await projects.apiKeys.list(projectId)).data;
    assert.ok(key && !key.redacted_value.includes(app.apiKey ?? ''));
    const [account] = (await projects.serviceAccounts.list(projectId)).data;
    assert.ok(account);
    await projects.serviceAccounts.delete(account.id, { project_id: projectId });
    assert.deepEqual((await projects.apiKeys.list(projectId)).data, []);
  });
  await report.check('the project is archived', async () => {
    const { status } = await projects.archive(projectId);
    assert.equal(status, 'archived');
  });
}
