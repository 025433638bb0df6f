/** A wildcard serves names that callers make up. They are dimensions of no metric and words of no log (I6, I11). */
import { adminKey, oneProvider } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { refusal, wellBehaved } from '../support/scripted-provider.ts';
import { canaries, expectNone, secretsOf } from './support/canaries.ts';

const wildcard = (baseURL: string) => {
  const config = oneProvider(baseURL);
  return {
    ...config,
    resilience: { attempts: 1, circuit: { failures: 3 } },
    models: { ...config.models, '*': { targets: ['scripted/*'], price: { input: 1, output: 1 } } },
  };
};
const here = scene({}, wildcard);

test('a made-up model is served and paid for under its name, and measured as "*"', async () => {
  const { gateway, provider, ledger } = here();
  const { client, projectId } = await gateway.tenant();
  gateway.metrics.length = 0;
  await client.chat.completions.create({ ...question, model: canaries.model });
  await gateway.idle();
  expect(provider.asked[0]?.body['model']).toBe(canaries.model);
  expect(await ledger(projectId)).toMatchObject([{ model: canaries.model, state: 'settled' }]);
  expect(gateway.metrics.map(({ model }) => model)).toEqual(['*']);
  expectNone(JSON.stringify([gateway.logs, gateway.metrics]), secretsOf(here()));
});

test('however many names a caller makes up, there is one dimension', async () => {
  const { gateway, tenant } = here();
  for (let made = 0; made < 20; made++) {
    await tenant.client.chat.completions.create({ ...question, model: `made-up-${made}` });
    await tenant.client.embeddings.create({ model: `made-up-too-${made}`, input: 'x' });
  }
  await gateway.idle();
  expect(new Set(gateway.metrics.map(({ model }) => model))).toEqual(new Set(['*']));
});

test('a model that the configuration names is measured under its name', async () => {
  const { gateway, tenant } = here();
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  expect(gateway.metrics).toMatchObject([{ model: 'test-model', outcome: 'ok' }]);
});

describe('the circuits of models that callers make up', () => {
  const failing = async (status: number, names: readonly string[]): Promise<void> => {
    const { gateway, provider, tenant } = here();
    provider.script = refusal(status, { message: 'x' });
    for (const model of names)
      await expect(tenant.client.chat.completions.create({ ...question, model })).rejects.toThrow();
    await gateway.idle();
  };
  type Circuits = { readonly data: readonly { readonly model: string | null; readonly state: string }[] };
  const circuits = async () => {
    const headers = { Authorization: `Bearer ${adminKey}` };
    const list: Circuits = await here().gateway.admin().get('/organization/circuits', { headers });
    return list.data;
  };

  test('are one, however many names fail, and no log tells of them', async () => {
    await failing(500, [canaries.model, 'made-up-a', 'made-up-b']);
    expect((await circuits()).filter(({ state }) => state !== 'closed')).toMatchObject([{ model: '*', state: 'open' }]);
    expectNone(JSON.stringify([here().gateway.logs, here().gateway.metrics]), [canaries.model]);
  });

  test('leave those that are configured alone', async () => {
    await failing(500, ['made-up-a', 'made-up-b', 'made-up-c']);
    here().provider.script = wellBehaved;
    const { choices } = await here().tenant.client.chat.completions.create(question);
    expect(choices).toHaveLength(1);
  });

  test.each([403, 429])('are not moved by a %s, which is about one of them', async (status) => {
    await failing(status, ['made-up-a', 'made-up-b', 'made-up-c', 'made-up-d']);
    here().provider.script = wellBehaved;
    const { choices } = await here().tenant.client.chat.completions.create({ ...question, model: 'made-up-e' });
    expect(choices).toHaveLength(1);
  });
});
