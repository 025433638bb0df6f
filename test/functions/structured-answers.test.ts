/** Structured answers, as the SDK's own helpers ask for them: whole ones; the shapes of chat and of responses. */
import { APIError } from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { oneProvider } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, type Script } from '../support/scripted-provider.ts';
import { message, response } from '../support/scripted-responses.ts';

/** Beside the usual provider, one that knows nothing of formats. */
const on = scene({}, (baseURL) => {
  const { providers, models, ...config } = oneProvider(baseURL);
  const worded = { kind: 'openai' as const, baseURL, structuredOutputs: 'instruction' as const };
  const wordedModel = { targets: ['worded/m'], price: { input: 1, output: 2 } };
  return { ...config, providers: { ...providers, worded }, models: { ...models, 'worded-model': wordedModel } };
});
const colours = z.object({ colours: z.array(z.string()), note: z.nullable(z.string()) });
const format = zodResponseFormat(colours, 'colours');
const good = { colours: ['red', 'green'], note: null };

const saying =
  (...texts: string[]): Script =>
  (outgoing, asked) =>
    answer(completion(texts.shift() ?? 'nothing is left'))(outgoing, asked);

describe('an answer that is held to a schema', () => {
  test('is what the helper of the SDK parses', async () => {
    const { provider, tenant } = on();
    provider.script = saying(JSON.stringify(good));
    const parsed = await tenant.client.chat.completions.parse({ ...question, response_format: format });
    expect(parsed.choices[0]?.message.parsed).toEqual(good);
    expect(provider.asked[0]?.body['response_format']).toEqual(format);
  });

  test('is what the helper of the SDK parses in responses', async () => {
    const { provider, tenant } = on();
    provider.script = answer(response('completed', [message(JSON.stringify(good))]));
    const parsed = await tenant.client.responses.parse({
      model: question.model,
      input: 'Which colours?',
      text: { format: zodTextFormat(colours, 'colours') },
    });
    expect(parsed.output_parsed).toEqual(good);
  });

  test('is asked for once more with what is wrong with it, and both are in the accounts (I3)', async () => {
    const { provider, tenant, ledger } = on();
    const before = (await ledger()).length;
    provider.script = saying('{"colours":["red",7]}', JSON.stringify(good));
    const parsed = await tenant.client.chat.completions.parse({ ...question, response_format: format });
    expect(parsed.choices[0]?.message.parsed).toEqual(good);
    const [, second] = provider.asked;
    const shown = JSON.stringify(second?.body['messages']);
    expect(shown).toContain('/colours/1: must be string');
    expect(shown).toContain("must have required property 'note'");
    expect((await ledger()).length - before).toBe(2);
  });

  test('is 502 with what is wrong when it is wrong again, and is not tried a third time', async () => {
    const { provider, tenant } = on();
    provider.script = saying('{"colours":1}', '{"colours":"the secret of the model"}', JSON.stringify(good));
    const client = tenant.client.withOptions({ maxRetries: 2 });
    const failed = client.chat.completions.parse({ ...question, response_format: format });
    const error: unknown = await failed.catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(APIError);
    expect(error).toMatchObject({ status: 502, code: 'structured_output_invalid', type: 'server_error' });
    expect(`${error}`).toContain('/colours: must be array');
    expect(`${error}`).not.toContain('secret');
    expect(provider.asked.length).toBe(2);
  });
});

describe('a provider that cannot be held to a schema', () => {
  const asking = { ...question, model: 'worded-model', response_format: format };

  test('is told in words, and its answer is held to it all the same', async () => {
    const { provider, tenant } = on();
    provider.script = saying('Here you are: {}', JSON.stringify(good));
    const parsed = await tenant.client.chat.completions.parse(asking);
    expect(parsed.choices[0]?.message.parsed).toEqual(good);
    expect(provider.asked.length).toBe(2);
    for (const { body } of provider.asked) {
      expect(body['response_format']).toBeUndefined();
      expect(JSON.stringify(body['messages'])).toContain('conforms to this JSON Schema');
    }
  });

  test('is told in words of a response as well', async () => {
    const { provider, tenant } = on();
    provider.script = saying(JSON.stringify(good));
    const parsed = await tenant.client.responses.parse({
      model: 'worded-model',
      input: 'Which colours?',
      text: { format: zodTextFormat(colours, 'colours') },
    });
    expect(parsed.output_parsed).toEqual(good);
    expect(provider.asked[0]?.path).toBe('/v1/chat/completions');
    expect(provider.asked[0]?.body['response_format']).toBeUndefined();
  });
});

describe('a schema that cannot be used is refused before anybody is asked', () => {
  test.each<[string, unknown]>([
    ['never ends', { $ref: '#' }],
    ['is elsewhere', { $ref: 'http://169.254.169.254/schema' }],
    ['is no schema', { type: 'colour' }],
    ['backtracks', { type: 'string', pattern: '(a+)\\1' }],
    ['is a bomb', { anyOf: Array.from({ length: 4_000 }, () => ({ type: 'string' })) }],
  ])('one that %s', async (_, schema) => {
    const { provider, tenant, ledger } = on();
    const before = (await ledger()).length;
    const asked = tenant.client.post('/chat/completions', {
      body: { ...question, response_format: { type: 'json_schema', json_schema: { name: 'bad', schema } } },
    });
    await expect(asked).rejects.toMatchObject({
      status: 400,
      type: 'invalid_request_error',
      param: 'response_format.json_schema.schema',
    });
    const responses = tenant.client.post('/responses', {
      body: { model: question.model, input: 'Hi', text: { format: { type: 'json_schema', name: 'bad', schema } } },
    });
    await expect(responses).rejects.toMatchObject({ status: 400, param: 'text.format.schema' });
    expect(provider.asked).toEqual([]);
    expect((await ledger()).length).toBe(before);
  });
});
