/** Tenants that use models at known times, for known tokens, and what their usage must then be. */
import type OpenAI from 'openai';
import type { UsageCompletionsResponse } from 'openai/resources/admin/organization/usage';
import { oneProvider } from './gateway.ts';
import { type Scene, scene } from './scene.ts';
import { answer, completion, type Script, usage } from './scripted-provider.ts';

/** Unix seconds; a midnight. */
export const midnight = Date.parse('2026-11-20T00:00:00Z') / 1000;

export type Used = {
  /** Unix seconds, with a fraction where it matters. */
  readonly at: number;
  readonly project_id: string;
  readonly user_id: string;
  readonly api_key_id: string;
  readonly model: string;
  readonly input: number;
  readonly cached: number;
  readonly output: number;
};

/** The caller says in the prompt what the provider is to count. */
const asTold: Script = (response, asked) => {
  const [message] = asked.body['messages'] as [{ content: string }];
  const [input = 0, output = 0, cached = 0] = message.content.split(',').map(Number);
  return answer(completion('ok', usage(input, output, cached)))(response, asked);
};

export const twoModels = (baseURL: string) => {
  const config = oneProvider(baseURL);
  const second = { targets: ['scripted/second'], price: { input: 1, output: 1 } };
  return { ...config, models: { ...config.models, 'second-model': second } };
};

export const usageScene = () => scene({}, twoModels);

export type Keyholder = Pick<Used, 'project_id' | 'user_id' | 'api_key_id'> & { readonly client: OpenAI };

/** A project of its own with two accounts, the first of them with two keys. */
export async function keyholders({ gateway }: Scene): Promise<Keyholder[]> {
  const { projects } = gateway.admin().admin.organization;
  const { id: project_id } = await projects.create({ name: 'user' });
  const [first, second] = [
    await projects.serviceAccounts.create(project_id, { name: 'one' }),
    await projects.serviceAccounts.create(project_id, { name: 'two' }),
  ];
  const other = await projects.serviceAccounts.apiKeys.create(first.id, { project_id });
  return [
    { user_id: first.id, key: first.api_key },
    { user_id: first.id, key: other },
    { user_id: second.id, key: second.api_key },
  ].map(({ user_id, key }) => ({
    project_id,
    user_id,
    api_key_id: key?.id ?? '',
    client: gateway.withKey(key?.value ?? ''),
  }));
}

/** Makes the call at that time, and says what it used. */
export async function use(
  { gateway, provider }: Scene,
  { client, ...holder }: Keyholder,
  at: number,
  [input, output, cached = 0]: readonly [input: number, output: number, cached?: number],
  model = 'test-model',
): Promise<Used> {
  provider.script = asTold;
  gateway.clock.nowMs = Math.round(at * 1000);
  await client.chat.completions.create({
    model,
    messages: [{ role: 'user', content: `${input},${output},${cached}` }],
  });
  await gateway.idle();
  return { ...holder, at, model, input, output, cached };
}

/** The sums that the answer's results must add up to. */
export const sumsOf = (used: readonly Used[]) => ({
  num_model_requests: used.length,
  input_tokens: used.reduce((sum, { input }) => sum + input, 0),
  output_tokens: used.reduce((sum, { output }) => sum + output, 0),
  input_cached_tokens: used.reduce((sum, { cached }) => sum + cached, 0),
});

export type CompletionsResult = Extract<
  UsageCompletionsResponse['data'][number]['results'][number],
  { object: 'organization.usage.completions.result' }
>;

/** The results of all buckets; anything that is not about completions fails the test. */
export function resultsOf({ data }: Pick<UsageCompletionsResponse, 'data'>): CompletionsResult[] {
  return data
    .flatMap(({ results }) => results)
    .map((result) => {
      if (result.object !== 'organization.usage.completions.result') throw new Error(`a result of ${result.object}`);
      return result;
    });
}
