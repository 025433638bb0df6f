/** Embeddings of tokens in place of text: guardrails read what they say (I8, THREATS 7). */
import { get_encoding } from 'tiktoken';
import type { SafetyWishes } from '../../shared/safety/policy.ts';
import { oneProvider } from '../support/gateway.ts';
import { attack, canarySecret, isModeration, moderated, tenantWith, unsafeText } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';

const on = scene({}, (baseURL) => {
  const config = oneProvider(baseURL);
  const price = { input: 1, output: 0 };
  return {
    ...config,
    models: {
      ...config.models,
      embed: { targets: ['scripted/text-embedding-3-small'], price },
      mixed: { targets: ['scripted/text-embedding-3-small', 'scripted/someones-own'], price },
    },
  };
});
beforeEach(() => {
  on().provider.script = moderated();
});

const cl100k = get_encoding('cl100k_base');
const tokensOf = (text: string): number[] => [...cl100k.encode_ordinary(text)];
const asked = () => on().provider.asked.filter((one) => !isModeration(one));

const redacting: SafetyWishes = { redaction: { input: ['secrets', 'email'] } };
const moderating: SafetyWishes = { moderation: { input: 'block' } };

async function embed(wishes: SafetyWishes, input: number[] | number[][], model = 'embed') {
  const tenant = await tenantWith(on().gateway, wishes);
  return { tenant, embedding: await tenant.client.embeddings.create({ model, input, encoding_format: 'float' }) };
}

test('go to the provider as they came where no guardrail reads', async () => {
  const tokens = tokensOf(`My key is ${canarySecret}.`);
  await embed({}, tokens);
  expect(asked()[0]?.body['input']).toEqual(tokens);
});

test('are read, and what must not leave is replaced in what is sent as text', async () => {
  const { embedding } = await embed(redacting, tokensOf(`My key is ${canarySecret}.`));
  expect(embedding.data).toHaveLength(1);
  expect(asked()[0]?.body['input']).toMatch(/^My key is \[S\w*_?\d+\]\.$/);
});

test('are sent as the text that they are where there is nothing to find', async () => {
  await embed(moderating, [tokensOf('窗前明月光 😀'), tokensOf('hello <|endoftext|> world')]);
  expect(asked()[0]?.body['input']).toEqual(['窗前明月光 😀', 'hello <|endoftext|> world']);
});

test.each<[string, SafetyWishes, string]>([
  ['an attack', { injection: { mode: 'block' } }, attack],
  ['what moderation finds', moderating, unsafeText],
])('do not let %s through', async (_, wishes, text) => {
  await expect(embed(wishes, [tokensOf('hello'), tokensOf(text)])).rejects.toMatchObject({ status: 400 });
  expect(asked()).toEqual([]);
});

test.each([
  ['a list', [15_339, 200_000], 'input'],
  ['one list of several', [[15_339], [100_256]], 'input[1]'],
  ['a list of what is less than none', [-1], 'input'],
])('that are none of the model are refused in %s, and later ones are read all the same', async (_, tokens, param) => {
  await expect(embed(redacting, tokens as number[])).rejects.toMatchObject({ status: 400, param });
  expect(asked()).toEqual([]);
  await embed(redacting, tokensOf('hello'));
  expect(asked()[0]?.body['input']).toBe('hello');
});

test('that have a part of a character only are sent with what stands for such a part', async () => {
  const [first = 0] = tokensOf('𓀀');
  await embed(redacting, [...tokensOf('ab'), first]);
  expect(asked()[0]?.body['input']).toBe('ab\ufffd');
});

test.each([
  ['more lists than anyone takes', Array.from({ length: 2_049 }, () => [15_339])],
  ['more tokens than anyone takes', Array.from({ length: 301 }, () => Array.from({ length: 1_000 }, () => 15_339))],
  // One token of 80 spaces or so.
  [
    'far more text than they take themselves',
    Array.from({ length: 290 }, () => Array.from({ length: 1_000 }, () => tokensOf(' '.repeat(80))[0] ?? 0)),
  ],
])('are refused where they are %s', async (_, input) => {
  await expect(embed(redacting, input)).rejects.toMatchObject({ status: 400, param: 'input' });
  expect(asked()).toEqual([]);
});

test.each(['test-model', 'mixed'])(
  'of %s, whose encoding nobody knows, are refused where all must be checked',
  async (model) => {
    await expect(embed(moderating, tokensOf('hello'), model)).rejects.toMatchObject({ status: 400, param: 'input' });
    expect(asked()).toEqual([]);
  },
);

test('are admitted for the text that is sent, which is more than they are', async () => {
  const spaces = tokensOf(' '.repeat(80))[0] ?? 0;
  const { tenant } = await embed(
    redacting,
    Array.from({ length: 100 }, () => spaces),
  );
  const [row] = await on().ledger(tenant.projectId);
  expect(row?.inputBytes).toBeGreaterThan(8_000);
});
