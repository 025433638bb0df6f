import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ConfigError,
  type ResolveOptions,
  readConfig,
  resolveConfig,
  warningsOf,
} from '../../../infra/build/resolve-config.ts';
import { createCatalogue } from '../../../shared/catalogue/catalogue.ts';
import { resolvedConfigSchema } from '../../../shared/catalogue/resolved-config.ts';
import type { Config } from '../../../shared/config/schema.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const now = new Date('2026-11-22T00:00:00Z');
const openai = { kind: 'openai', baseURL: 'https://api.openai.com/v1', apiKeyEnv: 'OPENAI_API_KEY' } as const;
const config: Config = {
  providers: {
    openai,
    backup: { kind: 'openai', baseURL: 'https://models.example.com/v1', apiKeyEnv: 'BACKUP_API_KEY' },
  },
  models: {
    'gpt-4o': { targets: ['openai/gpt-4o'] },
    'gpt-5.5': { targets: ['openai/gpt-5.5', 'backup/gpt-5.5-eu'] },
    house: {
      targets: ['backup/meta/llama-4'],
      contextWindow: 131_072,
      maxOutputTokens: 8_192,
      price: { input: 0.2, cachedInput: 0.05, output: 0.6 },
    },
    '*': { targets: ['openai/*'] },
  },
};

const resolved = (changes: Partial<Config> = {}, options: Partial<ResolveOptions> = {}) =>
  resolveConfig({ ...config, ...changes }, { now, ...options });

const folder = temporaryFolder();
let files = 0;
function written(document: unknown): string {
  const file = join(folder, `sluice-${files++}.json`);
  writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
  return file;
}

function wrong(document: unknown): string {
  try {
    readConfig(written(document));
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error('was taken');
}

describe('reading sluice.json', () => {
  test('gives what it says', () => {
    expect(readConfig(written(config))).toEqual(config);
  });

  test('that is missing says where to get one', () => {
    expect(() => readConfig(join(folder, 'none.json'))).toThrow(ConfigError);
    expect(() => readConfig(join(folder, 'none.json'))).toThrow(/none\.json does not exist\. Copy .* SLUICE_CONFIG/);
  });

  test('that is no JSON says so', () => {
    expect(wrong('{ "providers": ')).toMatch(/sluice-\d+\.json is not valid JSON: /);
  });

  test.each<[string, RegExp]>([
    ['providers.openai.baseURL is wrong. Invalid', /providers\.openai\.baseURL/],
    ['models.house.price.input', /models\.house\.price\.input is wrong\. /],
    ['models.house.targets.0', /models\.house\.targets\.0 is wrong\. .*must be "provider\/model"/],
    ['the whole', /the document is wrong\. Unrecognized key: "extra"/],
  ])('names every wrong field at once, with its remedy, and the schema: %s', (_, expected) => {
    const message = wrong({
      providers: { openai: { ...openai, baseURL: 'nowhere' } },
      models: { house: { targets: ['llama'], price: { input: -1 } } },
      extra: 1,
    });
    expect(message).toMatch(expected);
    expect(message).toMatch(/sluice\.schema\.json/);
  });

  test('a target of a provider that is not there names it, and those that are', () => {
    expect(wrong({ ...config, models: { house: { targets: ['openai/x', 'oepnai/x'] } } })).toMatch(
      /models\.house\.targets\[1\] names the provider "oepnai", which "providers" does not have\. It has: openai, backup\./,
    );
  });

  test.each(['constructor', 'tostring', 'hasownproperty'])('%s is no provider for being in every object', (name) => {
    expect(wrong({ ...config, models: { house: { targets: [`${name}/x`] } } })).toContain(
      `names the provider "${name}"`,
    );
  });

  test.each<[string, Record<string, { targets: string[] }>]>([
    ['a name at a star', { house: { targets: ['openai/*'] } }],
    ['a star at a name', { '*': { targets: ['openai/gpt-4o'] } }],
  ])('%s is refused: a star is the target of the star alone', (_, models) => {
    expect(wrong({ ...config, models })).toMatch(/"provider\/\*" is the target of the model "\*", and of no other/);
  });

  test.each<[string, (string | string[])[], string]>([
    ['one after the other', ['openai/x', 'openai/x'], '[1]'],
    ['within a group', [['openai/x', 'openai/x']], '[0][1]'],
    ['in a group and alone', [['openai/x', 'backup/x'], 'openai/x'], '[1]'],
  ])('a target that is listed twice, %s, is refused', (_, targets, place) => {
    const message = `models.house.targets${place} is listed before.`;
    expect(wrong({ ...config, models: { house: { targets } } })).toContain(message);
  });

  test.each(['https://me:secret@a.example/v1', 'https://a.example/v1?version=1', 'https://a.example/v1#x'])(
    'an address that nothing can be put behind is refused, and is not said back: %s',
    (baseURL) => {
      const message = wrong({ ...config, providers: { openai: { kind: 'openai', baseURL } } });
      expect(message).toMatch(/providers\.openai\.baseURL is wrong\. must be without a query/);
      expect(message).not.toContain('secret');
    },
  );
});

describe('what the functions read', () => {
  test('is what their schema says', () => {
    const value = resolved();
    expect(resolvedConfigSchema.parse(JSON.parse(JSON.stringify(value)))).toEqual(value);
  });

  test('has the catalogue’s price for a model that it knows', () => {
    expect(resolved().models['gpt-4o']).toEqual({
      targets: [
        {
          provider: 'openai',
          model: 'gpt-4o',
          price: { input: 2_500_000, cachedInput: 1_250_000, output: 10_000_000 },
        },
      ],
      contextWindow: 128_000,
      maxOutputTokens: 16_384,
    });
  });

  test('has tiers for a model whose long input costs more, and null at a target that nobody can price (I4)', () => {
    const [first, second] = resolved().models['gpt-5.5']?.targets ?? [];
    expect(first?.price?.input).toMatchObject({ base: expect.any(Number), tiers: [{ start: expect.any(Number) }] });
    expect(second).toEqual({ provider: 'backup', model: 'gpt-5.5-eu', price: null });
  });

  test('has the document’s price before the catalogue’s, to the micro-dollar, and its limits', () => {
    expect(resolved().models['house']).toEqual({
      targets: [
        { provider: 'backup', model: 'meta/llama-4', price: { input: 200_000, cachedInput: 50_000, output: 600_000 } },
      ],
      contextWindow: 131_072,
      maxOutputTokens: 8_192,
    });
    const overridden = resolved({ models: { 'gpt-4o': { targets: ['openai/gpt-4o'], price: { input: 0.000001 } } } });
    expect(overridden.models['gpt-4o']?.targets[0]?.price).toEqual({ input: 1, output: 0 });
  });

  test('takes a price of zero for a price', () => {
    const value = resolved({ models: { free: { targets: ['backup/free'], price: { input: 0, output: 0 } } } });
    expect(value.models['free']?.targets[0]?.price).toEqual({ input: 0, output: 0 });
  });

  test('has a wildcard’s prices baked in, and no wildcard where there is none', () => {
    const [target] = resolved().wildcard ?? [];
    expect(target?.provider).toBe('openai');
    expect(target?.entries.length).toBeGreaterThan(20);
    const { '*': _, ...named } = config.models;
    expect(resolved({ models: named }).wildcard).toBeNull();
  });

  test('serves every name where the wildcard has a price of its own, at that price', () => {
    const models: Config['models'] = { '*': { targets: ['openai/*'], price: { input: 9, output: 9 } } };
    const catalogue = createCatalogue(resolved({ models }));
    for (const name of ['gpt-4o', 'a-model-of-tomorrow']) {
      expect(catalogue.find(name).targets).toMatchObject([
        { provider: 'openai', model: name, price: { input: 9_000_000, output: 9_000_000 } },
      ]);
    }
  });

  test('serves no name of a provider that nobody can price (I4)', () => {
    const catalogue = createCatalogue(resolved({ models: { '*': { targets: ['backup/*'] } } }));
    expect(() => catalogue.find('gpt-4o')).toThrow(/does not exist here/);
    expect(catalogue.list()).toEqual([]);
  });
});

describe('OPENAI_BASE_URL', () => {
  test('replaces the provider called openai, and no other, and no price', () => {
    const plain = resolved();
    const elsewhere = resolved({}, { openaiBaseURL: 'http://127.0.0.1:9000/v1' });
    expect(elsewhere.providers).toEqual({
      ...plain.providers,
      openai: { ...openai, baseURL: 'http://127.0.0.1:9000/v1' },
    });
    expect(elsewhere.models).toEqual(plain.models);
    expect(elsewhere.priceVersion).toBe(plain.priceVersion);
  });

  test('does not change the document that was read', () => {
    resolved({}, { openaiBaseURL: 'http://127.0.0.1:9000/v1', demoWithoutKey: () => true });
    expect(config.providers['openai']).toBe(openai);
  });
});

describe('without a provider’s key, on one machine', () => {
  const noKey = (missing: string) => ({ demoWithoutKey: (variable: string) => variable === missing });

  test('the demo provider answers for it, for nothing, and the others stay', () => {
    const value = resolved({}, noKey('OPENAI_API_KEY'));
    expect(value.providers).toEqual({ backup: config.providers['backup'], demo: { kind: 'demo' } });
    expect(value.models['gpt-4o']?.targets).toEqual([
      { provider: 'demo', model: 'gpt-4o', price: { input: 0, output: 0 } },
    ]);
    expect(value.models['house']?.targets[0]).toMatchObject({ provider: 'backup', price: { input: 200_000 } });
  });

  test('the demo provider answers for what a wildcard names, for nothing', () => {
    const catalogue = createCatalogue(resolved({}, noKey('OPENAI_API_KEY')));
    expect(catalogue.find('gpt-4o-mini').targets).toEqual([
      { provider: 'demo', model: 'gpt-4o-mini', price: { input: 0, output: 0 } },
    ]);
  });

  test('a provider that wants no key needs none', () => {
    const local = { kind: 'openai', baseURL: 'http://127.0.0.1:11434/v1' } as const;
    const value = resolved({ providers: { local }, models: {} }, { demoWithoutKey: () => true });
    expect(value.providers).toEqual({ local });
  });

  test('and never where nobody says so, as on AWS', () => {
    expect(Object.values(resolved().providers).map(({ kind }) => kind)).toEqual(['openai', 'openai']);
  });

  test('a demo provider of the document goes by its own name, at no price', () => {
    const value = resolved({
      providers: { toy: { kind: 'demo' } },
      models: { x: { targets: ['toy/x'], price: { input: 5 } }, '*': { targets: ['toy/*'] } },
    });
    expect(value.providers).toEqual({ toy: { kind: 'demo' } });
    expect(value.models['x']?.targets).toEqual([{ provider: 'toy', model: 'x', price: { input: 0, output: 0 } }]);
    expect(createCatalogue(value).find('anything').targets[0]).toMatchObject({ provider: 'toy', model: 'anything' });
  });
});

describe('the version of the prices', () => {
  const version = (models: Config['models'], at = now) =>
    resolveConfig({ ...config, models }, { now: at }).priceVersion;
  const house = (input: number): Config['models'] => ({
    house: { targets: ['backup/x'], price: { input, output: 1 } },
  });

  test('is short and the same for the same prices, whenever they were read', () => {
    expect(version(house(1))).toMatch(/^[0-9a-f]{12}$/);
    expect(version(house(1), new Date('2027-01-01T00:00:00Z'))).toBe(version(house(1)));
  });

  test('changes with a price, and with a price of the wildcard', () => {
    expect(version(house(1))).not.toBe(version(house(2)));
    const star = (input: number): Config['models'] => ({ '*': { targets: ['openai/*'], price: { input } } });
    expect(version(star(1))).not.toBe(version(star(2)));
  });

  test('says nothing of when it was built, which is said beside it', () => {
    expect(resolved().builtAt).toBe(now.getTime() / 1000);
  });
});

describe('what a provider charges for batches', () => {
  const charging = (batchPriceFactor: number): Config => ({
    ...config,
    providers: { ...config.providers, openai: { ...openai, batchPriceFactor } },
  });

  test('is read with the provider, and changes the version of the prices where it makes a difference', () => {
    const half = resolveConfig(charging(0.5), { now });
    expect(half.providers['openai']).toMatchObject({ batchPriceFactor: 0.5 });
    expect(half.models).toEqual(resolved().models);
    expect(half.priceVersion).not.toBe(resolved().priceVersion);
    expect(resolveConfig(charging(1), { now }).priceVersion).toBe(resolved().priceVersion);
  });

  test.each([0, 1.5, 0.1234567])('is not %d', (factor) => {
    expect(wrong(charging(factor))).toMatch(/providers\.openai\.batchPriceFactor is wrong/);
  });
});

describe('warnings', () => {
  test('name the models that nobody can price', () => {
    const document: Config = {
      ...config,
      models: { ...config.models, unpriced: { targets: ['backup/unpriced'] } },
    };
    const warnings = warningsOf(resolveConfig(document, { now }));
    expect(warnings).toEqual([
      expect.stringMatching(/^models\.unpriced has no known price and is refused until it has one: add "price"/),
    ]);
  });

  test('tell of moderation that no model serves', () => {
    const safety = { moderation: { output: 'block' } } as const;
    const { '*': _, ...models } = config.models;
    const moderated = (more: Config['models']): Config => ({
      ...config,
      models: { ...models, ...more },
      defaults: { safety },
    });
    expect(warningsOf(resolveConfig(moderated({}), { now }))).toEqual([
      expect.stringMatching(/^defaults\.safety\.moderation needs a model called omni-moderation-latest/),
    ]);
    const moderator = { targets: ['openai/omni-moderation-latest'], price: { input: 0 } };
    expect(warningsOf(resolveConfig(moderated({ 'omni-moderation-latest': moderator }), { now }))).toEqual([]);
  });

  test('tell of summaries that no model makes', () => {
    const { '*': _, ...models } = config.models;
    const summarised = (summary_model: string): Config => ({
      ...config,
      models,
      defaults: { context: { summary_model } },
    });
    expect(warningsOf(resolveConfig(summarised('nobody'), { now }))).toEqual([
      expect.stringMatching(/^defaults\.context\.summary_model is "nobody", which "models" does not have/),
    ]);
    expect(warningsOf(resolveConfig(summarised(Object.keys(models)[0] ?? ''), { now }))).toEqual([]);
  });

  test('tell of a sweep that would close calls while they run', () => {
    const document = { ...config, sweep: { ageSeconds: 60 } };
    expect(warningsOf(resolveConfig(document, { now }))).toEqual([
      expect.stringMatching(/^sweep\.ageSeconds is less than a call can last \(900\)/),
    ]);
  });

  test('are none where there is nothing to warn of', () => {
    expect(warningsOf(resolved())).toEqual([]);
    const defaults = { limits: { requestsPerMinute: 60 }, safety: {} };
    expect(warningsOf(resolveConfig({ ...config, defaults }, { now }))).toEqual([]);
  });
});

describe('what a new project is limited to', () => {
  test('is carried along as it was written, and is nothing where nothing was', () => {
    const limits = { requestsPerMinute: 600, burst: 5, concurrentStreams: 3 };
    expect(resolveConfig({ ...config, defaults: { limits } }, { now }).defaults).toEqual({
      limits,
      safety: {},
      context: {},
      requestLog: {},
    });
    expect(resolved().defaults).toEqual({ limits: {}, safety: {}, context: {}, requestLog: {} });
  });

  test('changes no price’s version', () => {
    const limited = resolveConfig({ ...config, defaults: { limits: { requestsPerDay: 1 } } }, { now });
    expect(limited.priceVersion).toBe(resolved().priceVersion);
  });

  test('is checked at start and synth, and the error says what is wrong', () => {
    const file = join(temporaryFolder(), 'sluice.json');
    writeFileSync(file, JSON.stringify({ ...config, defaults: { limits: { requestsPerMinute: 600, burst: 4 } } }));
    expect(() => readConfig(file)).toThrow(/defaults\.limits\.burst is wrong\. .*at least 5.*±200 ms/);
  });

  test('is something in the sluice.json that ships', () => {
    const shipped = readConfig(new URL('../../../sluice.json', import.meta.url).pathname);
    expect(shipped.defaults?.limits).toEqual({ requestsPerMinute: 600, burst: 100, tokensPerMinute: 1_000_000 });
  });
});
