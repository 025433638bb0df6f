/** What the settings of a provider do to a call, from the caller's side of it. */
import OpenAI from 'openai';
import type { Config } from '../../shared/config/schema.ts';
import { question, scene } from '../support/scene.ts';
import { refusal } from '../support/scripted-provider.ts';

const price = { input: 1, output: 2 };
const configured = (baseURL: string): Config => {
  const old = { kind: 'openai' as const, baseURL, headers: { 'x-route': 'eu' } };
  const { origin } = new URL(baseURL);
  return {
    providers: {
      drops: {
        ...old,
        parameters: { unsupported: ['max_completion_tokens', 'logit_bias', 'seed'], otherwise: 'drop' },
      },
      refuses: { ...old, parameters: { supported: ['max_tokens', 'stream_options'], otherwise: 'refuse' } },
      deaf: { ...old, parameters: { unsupported: ['stream_options'], otherwise: 'refuse' } },
      azure: { kind: 'azure', endpoint: origin, apiVersion: '2024-10-21', apiKeyEnv: 'TEST_PROVIDER_KEY' },
    },
    models: {
      'test-model': { targets: ['drops/m'], price, maxOutputTokens: 100 },
      'strict-model': { targets: ['refuses/m'], price },
      'two-models': { targets: ['refuses/m', 'drops/n'], price },
      'failing-model': { targets: ['drops/failing', 'refuses/m'], price },
      'deaf-model': { targets: ['deaf/m'], price },
      'azure-model': { targets: ['azure/our-deployment'], price },
    },
  };
};
const on = scene({}, configured);

test('a parameter that the provider does not know is dropped, and the SDK is told; the maximum stays (I2)', async () => {
  const { tenant, provider } = on();
  const { response } = await tenant.client.chat.completions
    .create({ ...question, seed: 1, logit_bias: { '5': 1 }, temperature: 0 })
    .withResponse();
  expect(response.headers.get('x-sluice-dropped-parameters')).toBe('seed, logit_bias');
  expect(provider.asked[0]?.body).toEqual({ ...question, model: 'm', temperature: 0, max_tokens: 100 });
  expect(provider.asked[0]?.headers['x-route']).toBe('eu');
});

test('a stream says it, too', async () => {
  const { tenant } = on();
  const { data, response } = await tenant.client.chat.completions
    .create({ ...question, stream: true, seed: 1 })
    .withResponse();
  for await (const _ of data);
  expect(response.headers.get('x-sluice-dropped-parameters')).toBe('seed');
});

test('a parameter that the provider does not know is refused, costs nothing, and nothing is asked', async () => {
  const { gateway, provider, ledger } = on();
  const tenant = await gateway.tenant();
  const refused = tenant.client.chat.completions.create({ ...question, model: 'strict-model', seed: 1 });
  await expect(refused).rejects.toThrow(OpenAI.BadRequestError);
  await expect(refused).rejects.toMatchObject({ param: 'seed', type: 'invalid_request_error' });
  expect(provider.asked).toEqual([]);
  expect(await ledger(tenant.projectId)).toMatchObject([{ state: 'settled', outcome: 'refused', costMicroUsd: 0 }]);
});

test('a parameter that one provider does not know is taken to another that does', async () => {
  const { tenant, provider } = on();
  const { response } = await tenant.client.chat.completions
    .create({ ...question, model: 'two-models', temperature: 0 })
    .withResponse();
  expect(response.headers.get('x-sluice-provider')).toBe('drops');
  expect(provider.asked.map(({ body }) => body['model'])).toEqual(['n']);
});

test('a provider that failed is what is wrong, not a parameter that the next one does not know', async () => {
  const { tenant, provider } = on();
  provider.script = refusal(500, { message: 'x' });
  const failed = tenant.client.chat.completions.create({ ...question, model: 'failing-model', temperature: 0 });
  await expect(failed).rejects.toMatchObject({ status: 502, code: 'upstream_error', param: null });
});

test('a provider that cannot be asked for usage is streamed from, and its usage is estimated (I3)', async () => {
  const { gateway, provider, ledger } = on();
  const tenant = await gateway.tenant();
  const stream = await tenant.client.chat.completions.create({ ...question, model: 'deaf-model', stream: true });
  for await (const _ of stream);
  expect(provider.asked[0]?.body).not.toHaveProperty('stream_options');
  expect(await ledger(tenant.projectId)).toMatchObject([{ state: 'settled', outcome: 'succeeded' }]);
});

test('a deployment of Azure answers through the SDK, whole and streamed', async () => {
  const { tenant, provider } = on();
  const { data, response } = await tenant.client.chat.completions
    .create({ ...question, model: 'azure-model' })
    .withResponse();
  expect(data.choices[0]?.message.content).toBe('Hello there');
  expect(response.headers.get('x-sluice-provider')).toBe('azure');
  const stream = await tenant.client.chat.completions.create({ ...question, model: 'azure-model', stream: true });
  let said = '';
  for await (const chunk of stream) said += chunk.choices[0]?.delta.content ?? '';
  expect(said).toBe('Hello there');
  expect(new Set(provider.asked.map(({ path }) => path))).toEqual(
    new Set(['/openai/deployments/our-deployment/chat/completions?api-version=2024-10-21']),
  );
});

test('what a kind does not serve is the caller’s to know', async () => {
  const { tenant, provider } = on();
  const moderated = tenant.client.moderations.create({ model: 'azure-model', input: 'x' });
  await expect(moderated).rejects.toMatchObject({ status: 400, param: 'model' });
  expect(provider.asked).toEqual([]);
});
