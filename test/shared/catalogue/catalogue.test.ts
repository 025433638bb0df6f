import { type CatalogueConfig, createCatalogue, modelObject } from '../../../shared/catalogue/catalogue.ts';
import type { Price } from '../../../shared/catalogue/price.ts';
import type { ResolvedConfig } from '../../../shared/catalogue/resolved-config.ts';
import { GatewayError } from '../../../shared/errors.ts';

const cheap: Price = { input: 1, output: 2 };
const dear: Price = { input: 100, output: 200 };

const config: CatalogueConfig & Pick<ResolvedConfig, 'providers'> = {
  priceVersion: 'abc',
  builtAt: 1_700_000_000,
  providers: { openai: { kind: 'openai', baseURL: 'https://api.openai.com/v1' }, backup: { kind: 'demo' } },
  models: {
    house: { targets: [{ provider: 'backup', model: 'llama-4', price: cheap }], contextWindow: 10, maxOutputTokens: 5 },
    both: {
      targets: [
        { provider: 'openai', model: 'first', price: null },
        { provider: 'backup', model: 'second', price: dear },
        { provider: 'openai', model: 'third', price: cheap },
      ],
    },
    unpriced: { targets: [{ provider: 'openai', model: 'unpriced', price: null }] },
  },
  wildcard: [
    {
      provider: 'openai',
      entries: [
        { exact: ['gpt-4o', 'gpt-4o-2024-05-13'], patterns: [], price: cheap, contextWindow: 128_000 },
        { exact: [], patterns: ['^gpt-4o'], price: dear },
        { exact: ['not a name/at all', 'unpriced'], patterns: [], price: dear },
      ],
    },
    { provider: 'backup', entries: [{ exact: ['gpt-4o'], patterns: [], price: dear }] },
  ],
};
const catalogue = createCatalogue(config);

const refusal = (find: () => unknown): GatewayError => {
  try {
    find();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('was found');
};

describe('a model that is listed by name', () => {
  test('is found with its targets, limits and prices', () => {
    expect(catalogue.find('house')).toEqual({
      name: 'house',
      label: 'house',
      targets: [{ provider: 'backup', model: 'llama-4', price: cheap }],
      contextWindow: 10,
      maxOutputTokens: 5,
    });
  });

  test('is never asked for at a target without a price (I4)', () => {
    expect(catalogue.find('both').targets).toEqual([
      { provider: 'backup', model: 'second', price: dear },
      { provider: 'openai', model: 'third', price: cheap },
    ]);
  });

  test('is refused without any price, with the way to price it, even where a wildcard would take it (I4)', () => {
    const error = refusal(() => catalogue.find('unpriced'));
    expect(error).toMatchObject({ why: 'model_not_priced', param: 'model' });
    expect(error.row.status).toBe(400);
    expect(error.message).toContain('"models": { "unpriced": { "targets": ["openai/unpriced"], "price": {');
    expect(error.message).toContain('US dollars per million tokens');
  });
});

describe('a model that only the wildcard knows', () => {
  test('goes to every target that has a price for exactly this name, at that price', () => {
    expect(catalogue.find('gpt-4o')).toEqual({
      name: 'gpt-4o',
      label: 'gpt-4o',
      targets: [
        { provider: 'openai', model: 'gpt-4o', price: cheap },
        { provider: 'backup', model: 'gpt-4o', price: dear },
      ],
      contextWindow: 128_000,
    });
  });

  test('may be known by a pattern, after the exact names', () => {
    expect(catalogue.find('gpt-4o-mini-2030').targets).toEqual([
      { provider: 'openai', model: 'gpt-4o-mini-2030', price: dear, madeUp: true },
    ]);
    expect(catalogue.find('gpt-4o-2024-05-13').targets).toEqual([
      { provider: 'openai', model: 'gpt-4o-2024-05-13', price: cheap },
    ]);
  });

  test('is not known where no price is: it is not served, and the answer says how it would be (I4)', () => {
    const error = refusal(() => catalogue.find('gpt-9'));
    expect(error).toMatchObject({ why: 'model_not_found', param: 'model' });
    expect(error.message).toContain('"models": { "gpt-9": { "targets": ["openai/gpt-9"], "price": {');
  });

  test('is not known where there is no wildcard', () => {
    const alone = createCatalogue({ ...config, wildcard: null });
    const error = refusal(() => alone.find('gpt-4o'));
    expect(error).toMatchObject({ why: 'model_not_found', param: 'model' });
    expect(error.message).toBe("The model 'gpt-4o' does not exist here. GET /v1/models lists those that do.");
  });
});

describe('names', () => {
  test.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    '%s is no model for being in every object',
    (name) => {
      expect(['model_not_found', 'invalid_request']).toContain(refusal(() => catalogue.find(name)).why);
    },
  );

  test.each(['', 'a/b', '../x', 'a\nb', 'not a name/at all', 'x'.repeat(129)])(
    '%j is refused before it is looked for, and not repeated in the answer (THREATS 5)',
    (name) => {
      const error = refusal(() => catalogue.find(name));
      expect(error).toMatchObject({ why: 'invalid_request', param: 'model' });
      if (name !== '') expect(error.message).not.toContain(name);
    },
  );
});

describe('the list', () => {
  test('has every name that is served and no other, sorted, each once', () => {
    expect(catalogue.list().map(({ name }) => name)).toEqual(['both', 'gpt-4o', 'gpt-4o-2024-05-13', 'house']);
  });

  test('has only names that can be found', () => {
    for (const { name } of catalogue.list()) expect(catalogue.find(name).name).toBe(name);
  });

  test('shows a model as the SDK declares it', () => {
    expect(
      catalogue
        .list()
        .map((model) => modelObject(model, catalogue.builtAt))
        .at(-1),
    ).toEqual({
      id: 'house',
      object: 'model',
      created: 1_700_000_000,
      owned_by: 'backup',
    });
  });
});

test.each<[string, { model: string; provider: string; upstreamModel: string }, Price | null]>([
  ['a listed model', { model: 'house', provider: 'backup', upstreamModel: 'llama-4' }, cheap],
  ['the second target of one', { model: 'both', provider: 'openai', upstreamModel: 'third' }, cheap],
  ['a target without a price', { model: 'both', provider: 'openai', upstreamModel: 'first' }, null],
  ['another provider', { model: 'house', provider: 'openai', upstreamModel: 'llama-4' }, null],
  ["another of the provider's models", { model: 'house', provider: 'backup', upstreamModel: 'llama-3' }, null],
  ['a model that a wildcard takes', { model: 'gpt-4o', provider: 'backup', upstreamModel: 'gpt-4o' }, dear],
  ['one by its pattern', { model: 'gpt-4o-next', provider: 'openai', upstreamModel: 'gpt-4o-next' }, dear],
  ['a model that is gone', { model: 'gone', provider: 'openai', upstreamModel: 'gone' }, null],
  ['a name of every object', { model: 'constructor', provider: 'openai', upstreamModel: 'constructor' }, null],
])('the price of what was served under %s', (_name, served, price) => {
  expect(catalogue.priceOf(served)).toEqual(price);
});
