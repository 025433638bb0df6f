/** Embeddings, moderations, models, health and the OpenAPI document. */
import { deployedRoutes as routes } from '../../infra/routes.ts';
import { baseURL } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer } from '../support/scripted-provider.ts';

const on = scene();

describe('embeddings', () => {
  test('are what the provider computed, and are counted', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    const { data, usage } = await tenant.client.embeddings.create({
      model: 'test-model',
      input: ['one', 'two'],
      encoding_format: 'float',
    });
    expect(data[0]?.embedding).toEqual([0.5, -0.5]);
    expect(usage).toEqual({ prompt_tokens: 7, total_tokens: 7 });
    expect(provider.asked[0]?.body).toEqual({
      model: 'upstream-model',
      input: ['one', 'two'],
      encoding_format: 'float',
    });
    expect(await ledger(tenant.projectId)).toMatchObject([
      { kind: 'embeddings', inputTokens: 7, outputTokens: 0, costMicroUsd: 7, outcome: 'succeeded' },
    ]);
  });

  test('in the base 64 that the SDK asks for by itself are unharmed', async () => {
    const { provider, tenant } = on();
    const floats = Buffer.from(new Float32Array([0.25, -1]).buffer).toString('base64');
    provider.script = answer({
      object: 'list',
      model: 'm',
      data: [{ object: 'embedding', index: 0, embedding: floats }],
      usage: { prompt_tokens: 1, total_tokens: 1 },
    });
    const { data } = await tenant.client.embeddings.create({ model: 'test-model', input: 'one' });
    expect(data[0]?.embedding).toEqual([0.25, -1]);
    expect(provider.asked[0]?.body['encoding_format']).toBe('base64');
  });

  test.each([
    ['no input', {}, 'input'],
    ['an empty list', { input: [] }, 'input'],
    ['a number', { input: 5 }, 'input'],
    ['dimensions of zero', { input: 'x', dimensions: 0 }, 'dimensions'],
  ])('with %s are refused, and the parameter is named', async (_, body, param) => {
    const call = on().tenant.client.post('/embeddings', { body: { model: 'test-model', ...body } });
    await expect(call).rejects.toMatchObject({ status: 400, param });
  });
});

describe('moderations', () => {
  test('ask for the default model, and cost nothing', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    const { results } = await tenant.client.moderations.create({ input: 'hello' });
    expect(results).toHaveLength(1);
    expect(provider.asked[0]).toMatchObject({
      path: '/v1/moderations',
      body: { model: 'omni-moderation-latest', input: 'hello' },
    });
    expect(await ledger(tenant.projectId)).toMatchObject([
      { kind: 'moderations', inputTokens: 0, outputTokens: 0, estimated: false, costMicroUsd: 0 },
    ]);
  });
});

describe('models', () => {
  test('are those that have a price (I4)', async () => {
    const { data } = await on().tenant.client.models.list();
    expect(data.map(({ id }) => id)).toEqual(['omni-moderation-latest', 'test-model']);
  });

  test('can be looked at one by one', async () => {
    const model = await on().tenant.client.models.retrieve('test-model');
    expect(model).toEqual({ id: 'test-model', object: 'model', created: expect.any(Number), owned_by: 'scripted' });
  });

  test.each(['no-such-model', '../projects', 'a%2Fb', 'x'.repeat(300)])('called %s are a 404', async (name) => {
    await expect(on().tenant.client.models.retrieve(name)).rejects.toMatchObject({
      status: 404,
      code: 'model_not_found',
    });
  });
});

test('health needs no key', async () => {
  const response = await on().gateway.fetch(`${baseURL}/health`);
  expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
});

describe('the OpenAPI document', () => {
  type Parameter = { name: string; in: string; required: boolean; schema: object };
  type Described = {
    operationId: string;
    parameters: Parameter[];
    requestBody: { content: { 'application/json': { schema: { required: string[] } } } };
  };
  type OpenApi = {
    paths: Record<string, Record<string, Described>>;
    components: { securitySchemes: Record<string, object> };
  };
  const document = async () => (await (await on().gateway.fetch(`${baseURL}/openapi.json`)).json()) as OpenApi;

  test('has every route of the table, and no other', async () => {
    const { paths } = await document();
    const described = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { operationId }]) => `${method.toUpperCase()} ${path} ${operationId}`),
    );
    expect(described.sort()).toEqual(
      routes.map(({ method, path, operationId }) => `${method} ${path} ${operationId}`).sort(),
    );
  });

  test('names path parameters, query parameters, bodies, scopes and keys', async () => {
    const { paths, components } = await document();
    const list = paths['/organization/projects']?.['get'];
    expect(list?.parameters.map(({ name }) => name)).toEqual(['after', 'limit', 'include_archived']);
    expect(list).toMatchObject({ 'x-required-scope': 'api.management.read', security: [{ adminKey: [] }] });
    const chat = paths['/chat/completions']?.['post'];
    expect(chat?.requestBody.content['application/json'].schema.required).toEqual(['model', 'messages']);
    expect(paths['/models/{model}']?.['get']?.parameters).toEqual([
      { name: 'model', in: 'path', required: true, schema: { type: 'string' } },
    ]);
    expect(Object.keys(components.securitySchemes)).toEqual(['projectKey', 'adminKey']);
  });
});
