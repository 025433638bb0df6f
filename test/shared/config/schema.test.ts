import { configSchema } from '../../../shared/config/schema.ts';

const provider = { kind: 'openai', baseURL: 'https://api.openai.com/v1', apiKeyEnv: 'OPENAI_API_KEY' };
const document = {
  providers: { openai: provider, demo: { kind: 'demo' } },
  models: { 'gpt-4o': { targets: ['openai/gpt-4o'] }, '*': { targets: ['openai/*'] } },
};

describe('sluice.json', () => {
  test.each<[string, object]>([
    ['as small as it can be', { providers: {}, models: {} }],
    ['with a schema for editors', { ...document, $schema: './sluice.schema.json' }],
    ['with limits', { ...document, defaults: { limits: { requestsPerMinute: 600, burst: 100, tokensPerMinute: 1 } } }],
    [
      'with every limit',
      {
        ...document,
        defaults: {
          limits: { requestsPerMinute: 60, burst: 1, tokensPerMinute: 1, requestsPerDay: 1, concurrentStreams: 1 },
        },
      },
    ],
    ['with a policy', { ...document, defaults: { safety: { injection: { mode: 'block' } } } }],
    [
      'with a model of slashes upstream',
      { ...document, models: { house: { targets: ['openai/meta-llama/Llama-4'] } } },
    ],
    ['with a price for nothing', { ...document, models: { house: { targets: ['openai/x'], price: { input: 0 } } } }],
    [
      'with a provider that wants no key',
      { ...document, providers: { local: { kind: 'openai', baseURL: 'http://127.0.0.1:11434/v1' } } },
    ],
  ])('is right %s', (_, value) => {
    expect(configSchema.safeParse(value)).toEqual({ success: true, data: value });
  });

  const model = (changes: object) => ({ ...document, models: { house: { targets: ['openai/x'], ...changes } } });
  const provided = (changes: object) => ({ ...document, providers: { openai: { ...provider, ...changes } } });
  test.each<[string, unknown]>([
    ['', []],
    ['', null],
    ['providers', { models: {} }],
    ['models', { providers: {} }],
    ['', { ...document, extra: 1 }],
    ['providers.openai', provided({ apiKey: 'sk-in-the-file' })],
    ['providers.openai.kind', provided({ kind: 'telepathy' })],
    ['providers.openai.baseURL', provided({ baseURL: 'api.openai.com' })],
    ['providers.openai.baseURL', provided({ baseURL: 'file:///etc/passwd' })],
    ['providers.openai.apiKeyEnv', provided({ apiKeyEnv: 'openai key' })],
    ['providers.openai.timeouts.totalMs', provided({ timeouts: { totalMs: 0 } })],
    ['providers.openai.timeouts.idleMs', provided({ timeouts: { idleMs: 900_001 } })],
    ['providers.Open AI', { ...document, providers: { 'Open AI': provider } }],
    ['models.a/b', { ...document, models: { 'a/b': { targets: ['openai/x'] } } }],
    ['models.house.targets', model({ targets: [] })],
    ['models.house.targets', model({ targets: 'openai/x' })],
    ['models.house.targets.0', model({ targets: ['gpt-4o'] })],
    ['models.house.targets.1', model({ targets: ['openai/x', 'openai/'] })],
    ['models.house.targets.0', model({ targets: ['openai/x y'] })],
    ['models.house.contextWindow', model({ contextWindow: 0 })],
    ['models.house.maxOutputTokens', model({ maxOutputTokens: 1.5 })],
    ['models.house.price', model({ price: { inptu: 1, input: 1 } })],
    ['models.house.price.input', model({ price: { output: 1 } })],
    ['models.house.price.input', model({ price: { input: -1 } })],
    ['models.house.price.output', model({ price: { input: 1, output: 'free' } })],
    ['defaults.limits.burst', { ...document, defaults: { limits: { burst: 0 } } }],
    ['defaults.limits.burst', { ...document, defaults: { limits: { requestsPerMinute: 600, burst: 4 } } }],
    ['defaults.limits.burst', { ...document, defaults: { limits: { burst: 4 } } }],
    ['defaults.limits.concurrentStreams', { ...document, defaults: { limits: { concurrentStreams: 0 } } }],
    ['defaults.limits', { ...document, defaults: { limits: { perMinute: 1 } } }],
    ['defaults', { ...document, defaults: { limit: {} } }],
  ])('is wrong at "%s", and says so: %j', (path, value) => {
    const parsed = configSchema.safeParse(value);
    expect(parsed.success).toBe(false);
    expect(parsed.error?.issues.map((issue) => issue.path.join('.'))).toContain(path);
  });
});
