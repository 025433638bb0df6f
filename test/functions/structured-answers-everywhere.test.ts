/** The same guarantee of chat and of responses, whole and streamed, whatever the provider can do by itself. */
import type OpenAI from 'openai';
import { zodResponseFormat, zodTextFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import type { Config } from '../../shared/config/schema.ts';
import { oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, type Script, spoken, stream } from '../support/scripted-provider.ts';
import { respondedEvents, respondedWith } from '../support/scripted-responses.ts';

const withProvider =
  (more: object) =>
  (baseURL: string): Config => {
    const scripted = { kind: 'openai' as const, baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', ...more };
    return { ...oneProvider(baseURL), providers: { scripted } };
  };
const native = scene({}, withProvider({ responses: 'native' }));
const translated = scene({}, withProvider({ responses: 'translated' }));
const instructed = scene({}, withProvider({ responses: 'translated', structuredOutputs: 'instruction' }));

const colours = z.object({ colours: z.array(z.string()) });
const good = { colours: ['red', 'green'] };
const goodText = JSON.stringify(good);
const bad = '{"colours":"the secret of the model"}';

const chat = {
  model: 'test-model',
  messages: [{ role: 'user' as const, content: 'Which colours?' }],
  response_format: zodResponseFormat(colours, 'colours'),
};
const response = { model: 'test-model', input: 'Which colours?', text: { format: zodTextFormat(colours, 'colours') } };

/** These texts, one a question. */
function saying(...texts: readonly string[]): Script {
  let times = 0;
  return (reply, asked) => {
    const words = (texts[times++] ?? '').split(/(?=,)/);
    const isResponse = asked.path.endsWith('/responses');
    if (asked.body['stream'] === true) return stream(isResponse ? respondedEvents(words) : spoken(words))(reply, asked);
    return answer(isResponse ? respondedWith(words.join('')) : completion(words.join('')))(reply, asked);
  };
}

type Way = {
  readonly whole: (client: OpenAI) => Promise<unknown>;
  readonly streamed: (client: OpenAI) => Promise<unknown>;
  readonly bytes: (client: OpenAI) => Promise<string>;
};
const ofChat: Way = {
  whole: async ({ chat: { completions } }) => (await completions.parse(chat)).choices[0]?.message.parsed,
  streamed: async ({ chat: { completions } }) =>
    (await completions.stream(chat).finalChatCompletion()).choices[0]?.message.parsed,
  bytes: async ({ chat: { completions } }) => (await completions.create({ ...chat, stream: true }).asResponse()).text(),
};
const ofResponses: Way = {
  whole: async ({ responses }) => (await responses.parse(response)).output_parsed,
  streamed: async ({ responses }) => (await responses.stream(response).finalResponse()).output_parsed,
  bytes: async ({ responses }) => (await responses.create({ ...response, stream: true }).asResponse()).text(),
};

describe.each([
  ['chat', native, ofChat],
  ['chat, of a provider that is told the schema in words', instructed, ofChat],
  ['responses of a provider that has them', native, ofResponses],
  ['responses, translated', translated, ofResponses],
  ['responses, translated and told in words', instructed, ofResponses],
] as const)('%s', (_, at, way) => {
  test('an answer that conforms is parsed by the helper', async () => {
    at().provider.script = saying(goodText);
    expect(await way.whole(at().tenant.client)).toEqual(good);
    expect(at().provider.asked).toHaveLength(1);
  });

  test('one that does not is asked for once more, and both are in the accounts (I3)', async () => {
    const tenant = await at().gateway.tenant();
    at().provider.script = saying(bad, goodText);
    expect(await way.whole(tenant.client)).toEqual(good);
    const [, second] = at().provider.asked;
    expect(second?.text).toContain('/colours: must be array');
    expect(await at().ledger(tenant.projectId)).toMatchObject([{ state: 'settled' }, { state: 'settled' }]);
  });

  test('after two it is 502 with what is wrong', async () => {
    at().provider.script = saying(bad, bad, goodText);
    const failed = way.whole(at().tenant.client.withOptions({ maxRetries: 2 }));
    await expect(failed).rejects.toMatchObject({
      status: 502,
      code: 'structured_output_invalid',
      message: expect.stringContaining('/colours: must be array'),
    });
    expect(at().provider.asked).toHaveLength(2);
  });

  test('a stream of it is parsed by the helper', async () => {
    at().provider.script = saying(goodText);
    expect(await way.streamed(at().tenant.client)).toEqual(good);
  });

  test('a stream that breaks it ends in an error, before its end, and is not asked for again (I7)', async () => {
    at().provider.script = saying(bad, goodText);
    const bytes = await way.bytes(at().tenant.client);
    expect(bytes).toContain('structured_output_invalid');
    for (const end of ['[DONE]', '"finish_reason":"stop"', 'response.completed']) expect(bytes).not.toContain(end);
    expect(at().provider.asked).toHaveLength(1);
    at().provider.script = saying(bad);
    await expect(way.streamed(at().tenant.client)).rejects.toThrow();
  });
});

test('a provider that cannot be held to a schema is not asked to, and is told it', async () => {
  instructed().provider.script = saying(goodText);
  await ofChat.whole(instructed().tenant.client);
  const [asked] = instructed().provider.asked;
  expect(asked?.body['response_format']).toBeUndefined();
  expect(asked?.body['messages']).toMatchObject([{ role: 'system', content: expect.stringContaining('colours') }, {}]);
});

test('every choice is held to it', async () => {
  const choices = (...texts: string[]) => ({
    ...completion(''),
    choices: texts.map((content, index) => ({ index, message: { role: 'assistant', content }, finish_reason: 'stop' })),
  });
  const { provider, tenant } = native();
  let times = 0;
  provider.script = (reply, asked) => answer(choices(goodText, times++ === 0 ? bad : goodText))(reply, asked);
  const parsed = await tenant.client.chat.completions.parse({ ...chat, n: 2 });
  expect(parsed.choices.map(({ message }) => message.parsed)).toEqual([good, good]);
  expect(provider.asked).toHaveLength(2);
});

describe("what says by itself that it is no whole answer is the caller's to see", () => {
  test.each(['length', 'content_filter'] as const)('%s, which the helper raises as its own error', async (reason) => {
    const { provider, tenant } = native();
    const cut = { index: 0, message: { role: 'assistant', content: '{"col' }, finish_reason: reason };
    provider.script = answer({ ...completion(''), choices: [cut] });
    await expect(ofChat.whole(tenant.client)).rejects.toThrow(
      reason === 'length' ? /length limit was reached/ : /rejected by the content filter/,
    );
    expect(provider.asked).toHaveLength(1);
  });

  test('a refusal', async () => {
    const { provider, tenant } = native();
    const refused = { index: 0, message: { role: 'assistant', content: null, refusal: 'No.' }, finish_reason: 'stop' };
    provider.script = answer({ ...completion(''), choices: [refused] });
    const { choices } = await tenant.client.chat.completions.parse(chat);
    expect(choices[0]?.message).toMatchObject({ parsed: null, refusal: 'No.' });
    expect(provider.asked).toHaveLength(1);
  });
});

describe('what is given again conforms', () => {
  const on = { headers: { 'x-sluice-cache': 'on' } };

  test('an answer that had to be repaired is not kept, and one that had not is', async () => {
    const { provider, gateway } = native();
    const { client } = await gateway.tenant();
    provider.script = saying(bad, goodText, goodText);
    for (const [asked, cache] of [
      [2, 'miss'],
      [3, 'miss'],
      [3, 'hit'],
    ] as const) {
      const { data, response } = await client.chat.completions.create(chat, on).withResponse();
      expect(JSON.parse(data.choices[0]?.message.content ?? '')).toEqual(good);
      await gateway.idle();
      expect([provider.asked.length, response.headers.get('x-sluice-cache')]).toEqual([asked, cache]);
    }
  });

  test('a stream that broke it is not kept', async () => {
    const { provider, gateway } = native();
    const { client } = await gateway.tenant();
    provider.script = saying(bad, goodText);
    await (await client.chat.completions.create({ ...chat, stream: true }, on).asResponse()).text();
    await gateway.idle();
    const { data } = await client.chat.completions.create(chat, on).withResponse();
    expect(JSON.parse(data.choices[0]?.message.content ?? '')).toEqual(good);
  });

  test('under an Idempotency-Key the repaired answer is given again, and nobody is asked', async () => {
    const { provider, tenant, gateway } = native();
    provider.script = saying(bad, goodText, bad);
    const ask = () => tenant.client.chat.completions.create(chat, { headers: { 'Idempotency-Key': 'repaired' } });
    const first = await ask();
    await gateway.idle();
    expect(await ask()).toEqual(first);
    expect(provider.asked).toHaveLength(2);
  });
});
