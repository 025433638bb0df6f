/** What a kind of provider brings with it: code, permissions and prices, and only where it is configured. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunctions } from '../../infra/build/bundle.ts';
import { readConfig, resolveConfig } from '../../infra/build/resolve-config.ts';
import type { Config } from '../../shared/config/schema.ts';
import { statementsOf, synthesize, text } from './assembly.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-kinds-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const now = new Date('2026-11-22T00:00:00Z');
const bedrock = { kind: 'bedrock', region: 'us-west-2' } as const;
const azure = {
  kind: 'azure',
  endpoint: 'https://r.openai.azure.com',
  apiVersion: '2024-10-21',
  apiKeyEnv: 'A',
} as const;
const vertex = { kind: 'vertex', project: 'p', location: 'global', apiKeyEnv: 'G' } as const;

const document = (providers: Config['providers'], models: Config['models'] = {}): Config => ({ providers, models });

describe('code', () => {
  const modulesWith = async (providers: Config['providers']) => {
    const outdir = mkdtempSync(join(folder, 'bundles-'));
    return (
      (await bundleFunctions(outdir, resolveConfig(document(providers), { now })))['chat-completions']?.modules ?? []
    );
  };
  const own = (modules: readonly string[]) =>
    modules.filter((file) => /^shared\/providers\/(azure|bedrock|vertex)-provider\.ts$|smithy\/hash-node/.test(file));

  test('of a kind that is not configured is in no bundle', async () => {
    expect(own(await modulesWith({ demo: { kind: 'demo' } }))).toEqual([]);
  }, 60_000);

  test('of Bedrock is in the bundle that has it, without the chain of credential providers', async () => {
    const modules = await modulesWith({ bedrock });
    expect(own(modules)).toEqual(
      expect.arrayContaining(['shared/providers/bedrock-provider.ts', expect.stringContaining('hash-node')]),
    );
    expect(own(modules).filter((file) => /azure|vertex/.test(file))).toEqual([]);
    expect(modules.filter((file) => /nested-clients|credential-provider-(?!node)/.test(file))).toEqual([]);
  }, 60_000);

  test.each([
    ['azure', azure],
    ['vertex', vertex],
  ])(
    'of %s is in the bundle that has it',
    async (kind, settings) => {
      expect(own(await modulesWith({ it: settings }))).toEqual([`shared/providers/${kind}-provider.ts`]);
    },
    60_000,
  );
});

describe('prices', () => {
  const priceOf = (provider: string, settings: Config['providers'][string], model: string) =>
    resolveConfig(document({ [provider]: settings }, { m: { targets: [`${provider}/${model}`] } }), { now }).models[
      'm'
    ];

  test.each<[string, Config['providers'][string], string, number]>([
    ['azure', azure, 'gpt-4o', 2_500_000],
    ['bedrock', bedrock, 'openai.gpt-oss-120b-1:0', 150_000],
    ['bedrock', bedrock, 'us.anthropic.claude-sonnet-4-20250514-v1:0', 3_000_000],
    ['vertex', vertex, 'google/gemini-2.5-flash', 300_000],
    ['vertex', vertex, 'gemini-2.5-flash', 300_000],
  ])('of %s are known (%#)', (name, settings, model, input) => {
    const found = priceOf(name, settings, model);
    expect(found?.targets[0]?.price?.input).toBe(input);
    expect(found?.contextWindow).toBeGreaterThan(100_000);
  });

  test.each<[string, Config['providers'][string], string]>([
    ['azure', azure, 'a-deployment-of-ours'],
    ['bedrock', bedrock, 'openai.gpt-of-my-own'],
    ['vertex', vertex, 'meta/llama-of-my-own'],
  ])('of %s that nobody knows are not made up (I4)', (name, settings, model) => {
    expect(priceOf(name, settings, model)?.targets[0]?.price).toBeNull();
  });

  test('are those of a list for every model', () => {
    const config = document({ bedrock }, { '*': { targets: ['bedrock/*'] } });
    const names = resolveConfig(config, { now }).wildcard?.[0]?.entries.flatMap(({ exact }) => exact) ?? [];
    expect(names).toContain('openai.gpt-5.5');
  });
});

describe('permissions', () => {
  async function granted(config: Config) {
    const file = join(mkdtempSync(join(folder, 'config-')), 'sluice.json');
    writeFileSync(file, JSON.stringify(config));
    expect(readConfig(file)).toBeDefined();
    const stack = await synthesize('dev', { variables: { SLUICE_CONFIG: file } });
    const policies = stack.of('AWS::IAM::Role').map(([role]) => ({
      name: stack.functionName(role),
      statements: statementsOf(stack, role).filter(({ Action }) => [Action].flat().some((one) => /^bedrock/.test(one))),
    }));
    return { findings: stack.findings, policies: policies.filter(({ statements }) => statements.length > 0) };
  }

  const invoke = ['bedrock:InvokeModel', 'bedrock:InvokeModelWithResponseStream'];
  const models = 'arn:<AWS::Partition>:bedrock';

  test('are for the models of the document, for chat alone, and cdk-nag has nothing against them', async () => {
    const config = document(
      { bedrock, mantle: { ...bedrock, endpoint: 'mantle' } },
      {
        open: { targets: ['bedrock/openai.gpt-oss-120b-1:0'] },
        far: { targets: ['bedrock/us.anthropic.claude-sonnet-4-20250514-v1:0', 'mantle/openai.gpt-5.5'] },
      },
    );
    const { policies, findings } = await granted(config);
    expect(policies.map(({ name }) => name)).toEqual([
      'chat-completions',
      'responses',
      'background-responses',
      'batch-lanes',
    ]);
    const statements = policies[0]?.statements.map(({ Action, Resource, Condition }) => [
      Action,
      [Resource].flat().map(text),
      ...(Condition === undefined ? [] : [text(Condition.ArnLike['bedrock:InferenceProfileArn'])]),
    ]);
    const profile = `${models}:us-west-2:<AWS::AccountId>:inference-profile/us.anthropic.claude-sonnet-4-20250514-v1:0`;
    expect(statements).toEqual([
      [invoke, [profile, `${models}:us-west-2::foundation-model/openai.gpt-oss-120b-1:0`]],
      [invoke, [`${models}:*::foundation-model/anthropic.claude-sonnet-4-20250514-v1:0`], profile],
      ['bedrock-mantle:CreateInference', [`${models}-mantle:us-west-2:<AWS::AccountId>:project/*`]],
    ]);
    expect(findings.split('\n').filter((line) => line.includes('Non-Compliant'))).toEqual([]);
  }, 120_000);
});
