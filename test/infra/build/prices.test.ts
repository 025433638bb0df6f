import { calcPrice, findProvider } from '@pydantic/genai-prices';
import { catalogueOf, priceOf } from '../../../infra/build/prices.ts';
import { createCatalogue } from '../../../shared/catalogue/catalogue.ts';
import { costMicroUsd, priceSchema, type Rate } from '../../../shared/catalogue/price.ts';

const at = (baseURL: string) => findProvider({ providerApiUrl: baseURL });
const openai = at('https://api.openai.com/v1');
const now = new Date('2026-11-22T00:00:00Z');
const entries = catalogueOf(openai, now);

describe('the price of a model', () => {
  test('is in micro-dollars per million tokens', () => {
    expect(priceOf(openai, 'gpt-4o', now)).toEqual({
      input: 2_500_000,
      cachedInput: 1_250_000,
      output: 10_000_000,
    });
  });

  test('has tiers where long input costs more', () => {
    const price = priceOf(openai, 'gpt-5.5', now);
    expect(price?.input).toEqual({ base: expect.any(Number), tiers: [{ start: 271_999, price: expect.any(Number) }] });
  });

  test.each([
    ['gpt-4o', 1_000_000, 0, 0],
    ['gpt-4o', 1_000, 400, 200],
    ['gpt-5.5', 271_999, 0, 1_000_000],
    ['gpt-5.5', 272_000, 0, 1_000_000],
    ['gpt-5.5', 272_000, 100_000, 1_000_000],
    ['text-embedding-3-small', 1_000_000, 0, 0],
  ])(
    'of %s charges what the catalogue itself does, for %d tokens of which %d cached, and %d more',
    (model, input, cachedInput, output) => {
      const provider = openai;
      const usage = { input_tokens: input, cache_read_tokens: cachedInput, output_tokens: output };
      const theirs = provider && calcPrice(usage, model, { provider, timestamp: now });
      const price = priceOf(openai, model, now);
      const ours = price && costMicroUsd({ input, cachedInput, cacheWrite: 0, output }, price);
      expect(ours).toBe(Math.ceil(Math.round((theirs?.total_price ?? 0) * 1e9) / 1e3));
    },
  );

  test('of embeddings has no output to pay for', () => {
    expect(priceOf(openai, 'text-embedding-3-small', now)).toEqual({ input: 20_000, output: 0 });
  });

  test.each([
    ['a model that nobody knows', openai, 'gpt-of-my-own'],
    ['an empty name', openai, ''],
    ['a provider that nobody knows', at('https://models.example.com/v1'), 'gpt-4o'],
    ['a model that is not paid by the token', openai, 'dall-e-3'],
  ])('is not made up for %s (I4)', (_, provider, model) => {
    expect(priceOf(provider, model, now)).toBeNull();
  });
});

describe('the catalogue of a provider', () => {
  test('gives nothing away for a word in its name: a free model is configured, not matched (I4)', () => {
    const catalogue = createCatalogue({
      priceVersion: '',
      builtAt: 0,
      models: {},
      wildcard: [{ provider: 'openai', entries }],
    });
    for (const name of ['my-moderation-model', 'ft:gpt-5:acme:moderation', 'omni-moderation-latest']) {
      expect(() => catalogue.find(name)).toThrow(expect.objectContaining({ why: 'model_not_found' }));
    }
  });

  const tiersOf = (rate: Rate | undefined) => (typeof rate === 'object' ? rate.tiers : []);

  test('has prices that are whole, not negative, and in tiers that rise', () => {
    expect(entries.length).toBeGreaterThan(20);
    for (const { price } of entries) {
      expect(priceSchema.safeParse(price).error).toBeUndefined();
      for (const tiers of [price.input, price.output, price.cachedInput, price.cacheWrite].map(tiersOf)) {
        const starts = tiers.map(({ start }) => start);
        expect(starts).toEqual(starts.toSorted((a, b) => a - b));
      }
    }
  });

  test('has patterns that are patterns, each anchored at one end at least', () => {
    const patterns = entries.flatMap((entry) => entry.patterns);
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of patterns) expect(new RegExp(pattern).test('\u0000')).toBe(false);
  });

  test('gives a name the price that it has by itself, whether it is listed or matched (I4)', () => {
    const catalogue = createCatalogue({
      priceVersion: '',
      builtAt: 0,
      models: {},
      wildcard: [{ provider: 'openai', entries }],
    });
    const wrong = catalogue
      .list()
      .filter(({ name }) => {
        const [target] = catalogue.find(name).targets;
        return JSON.stringify(target.price) !== JSON.stringify(priceOf(openai, name, now));
      })
      .map(({ name }) => name);
    expect(wrong).toEqual([]);
    expect(catalogue.list().length).toBeGreaterThan(50);
  });

  test('serves names that only a pattern knows at the price that they have by themselves', () => {
    const catalogue = createCatalogue({
      priceVersion: '',
      builtAt: 0,
      models: {},
      wildcard: [{ provider: 'openai', entries }],
    });
    for (const name of ['gpt-4o-mini-2030-01-01', 'gpt-4o-2030-01-01', 'o3-2030-01-01', 'gpt-4.1-nano-2030-01-01']) {
      const price = priceOf(openai, name, now);
      if (price) expect(catalogue.find(name).targets[0].price).toEqual(price);
      else expect(() => catalogue.find(name)).toThrow('does not exist');
    }
  });

  test('is empty for a provider that nobody knows', () => {
    expect(catalogueOf(at('https://models.example.com/v1'), now)).toEqual([]);
  });
});
