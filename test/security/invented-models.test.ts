/** A wildcard serves names that callers make up. They are dimensions of no metric and words of no log (I6, I11). */
import { oneProvider } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { canaries, expectNone, secretsOf } from './support/canaries.ts';

const wildcard = (baseURL: string) => {
  const config = oneProvider(baseURL);
  return { ...config, models: { ...config.models, '*': { targets: ['scripted/*'], price: { input: 1, output: 1 } } } };
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
