/** Chat is answered with a message when no provider answers: the last resort, and nobody's who could not use it. */
import { APIError } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import type { Config } from '../../shared/config/schema.ts';
import { resilienceSchema } from '../../shared/resilience/settings.ts';
import { adminKey, oneProvider, type Tenant } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, refusal, type Script, spoken, stream } from '../support/scripted-provider.ts';

const general = 'Nobody can answer just now.';
const withMessage = (baseURL: string): Config => {
  const config = oneProvider(baseURL);
  return {
    ...config,
    providers: { scripted: { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', timeouts: { totalMs: 300 } } },
    resilience: resilienceSchema.parse({ attempts: 1, fallbackMessage: general }),
  };
};
const here = scene({}, withMessage);
const without = scene({}, (baseURL) => ({
  ...withMessage(baseURL),
  resilience: resilienceSchema.parse({ attempts: 1 }),
}));

const setMessage = (of: () => ReturnType<typeof here>, { projectId }: Tenant, fallback_message: string | null) =>
  of()
    .gateway.withKey(adminKey)
    .post(`/organization/projects/${projectId}/resilience_policy`, { body: { fallback_message } });

const failing: Script = refusal(500, { message: 'x' });

const providersFaults: [string, string, Script][] = [
  ['a 500', 'upstream_error', failing],
  ['our key refused', 'upstream_auth', refusal(401, { message: 'x' })],
  ['its rate limit', 'rate_limit_exceeded', refusal(429, { message: 'x' })],
  ['a connection cut', 'upstream_error', (response) => void response.destroy()],
  ['no answer in time', expect.stringMatching(/^upstream_.*timeout$/), () => {}],
  ['an answer that is none', 'upstream_error', answer('{"error":{"message":"x"}}')],
];

describe('when the provider fails', () => {
  test.each(providersFaults)(
    'with %s, a whole answer says the message, and the headers why',
    async (_, why, script) => {
      here().provider.script = script;
      const { client } = await here().gateway.tenant();
      const { data, response } = await client.chat.completions.create(question).withResponse();
      expect(data.choices).toMatchObject([{ message: { content: general }, finish_reason: 'fallback' }]);
      expect(data.usage?.total_tokens).toBe(0);
      expect(data.model).toBe('test-model');
      expect(response.headers.get('x-sluice-fallback')).toBe('message');
      expect(response.headers.get('x-sluice-error')).toEqual(why);
      expect(response.headers.get('x-sluice-cost-usd')).toBe('0.000000');
      // Nobody's answer, after so many attempts.
      expect(response.headers.get('x-sluice-provider')).toBeNull();
      expect(response.headers.get('x-sluice-attempts')).toBe('1');
    },
  );

  test.each(providersFaults)('with %s, a stream says the message', async (_, __, script) => {
    here().provider.script = script;
    const { client } = await here().gateway.tenant();
    const run = client.chat.completions.stream({ ...question, stream_options: { include_usage: true } });
    expect(await run.finalContent()).toBe(general);
    expect((await run.finalChatCompletion()).choices[0]?.finish_reason).toBe('fallback');
    expect((await run.totalUsage()).total_tokens).toBe(0);
  });

  test("the SDK's helpers read it: parse() without a format, and runTools()", async () => {
    here().provider.script = failing;
    const { chat } = (await here().gateway.tenant()).client;
    expect((await chat.completions.parse(question)).choices[0]?.message.content).toBe(general);
    const tool = {
      type: 'function' as const,
      function: { function: () => 'x', name: 'f', description: 'f', parse: JSON.parse, parameters: { type: 'object' } },
    };
    expect(await chat.completions.runTools({ ...question, tools: [tool] }).finalContent()).toBe(general);
  });

  test("a project's own message comes first, until it is taken away; other projects' do not (I5)", async () => {
    here().provider.script = failing;
    const tenant = await here().gateway.tenant();
    const other = await here().gateway.tenant();
    await setMessage(here, tenant, 'Ours is resting.');
    const said = async ({ client }: Tenant) =>
      (await client.chat.completions.create(question)).choices[0]?.message.content;
    expect(await said(tenant)).toBe('Ours is resting.');
    expect(await said(other)).toBe(general);
    await setMessage(here, tenant, null);
    here().gateway.clock.nowMs += 30_000;
    expect(await said(tenant)).toBe(general);
  });

  test('the attempt is settled as failed and costs nothing; log and metrics have the failure', async () => {
    const { gateway, ledger, provider } = here();
    const tenant = await gateway.tenant();
    provider.script = failing;
    gateway.logs.length = 0;
    gateway.metrics.length = 0;
    await tenant.client.chat.completions.create(question);
    expect(await ledger(tenant.projectId)).toMatchObject([
      { state: 'settled', outcome: 'failed', costMicroUsd: 0, inputTokens: 0, outputTokens: 0 },
    ]);
    expect(gateway.metrics).toMatchObject([{ outcome: 'upstream_error' }]);
    expect(gateway.logs).toContainEqual(
      expect.objectContaining({ level: 'error', message: expect.stringContaining('fallback message') }),
    );
  });
});

describe('the message never stands in', () => {
  const structured = zodResponseFormat(z.object({ a: z.string() }), 'a');
  const tool = { type: 'function' as const, function: { name: 'f', parameters: {} } };

  test.each<[string, (tenant: Tenant) => Promise<unknown>]>([
    ['structured output', ({ client }) => client.chat.completions.parse({ ...question, response_format: structured })],
    [
      'structured output in a stream',
      ({ client }) => client.chat.completions.stream({ ...question, response_format: structured }).finalContent(),
    ],
    [
      'a required tool call',
      ({ client }) => client.chat.completions.create({ ...question, tools: [tool], tool_choice: 'required' }),
    ],
    ['embeddings', ({ client }) => client.embeddings.create({ model: 'test-model', input: 'x' })],
    ['moderations', ({ client }) => client.moderations.create({ input: 'x' })],
  ])('for %s: an honest error', async (_, call) => {
    here().provider.script = failing;
    const refused = call(await here().gateway.tenant());
    await expect(refused).rejects.toMatchObject({ status: 502, code: 'upstream_error' });
  });

  test("for the caller's own faults", async () => {
    const { gateway, provider } = here();
    const tenant = await gateway.tenant();
    const create = (more: object = {}) => tenant.client.chat.completions.create({ ...question, ...more });
    provider.script = refusal(400, { message: 'bad' });
    await expect(create()).rejects.toMatchObject({ status: 400 });
    provider.script = failing;
    await expect(create({ model: 'none' })).rejects.toMatchObject({ status: 404 });
    await expect(create({ messages: [] })).rejects.toMatchObject({ status: 400 });
    const { rateLimits } = gateway.admin().admin.organization.projects;
    const limit = { project_id: tenant.projectId, max_requests_per_1_minute: 1, burst: 1 };
    await rateLimits.updateRateLimit('rl_project', limit);
    gateway.clock.nowMs += 30_000;
    await create();
    await expect(create()).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
  });

  test('after the first chunk: what has been said stays, and an error ends it (I7)', async () => {
    here().provider.script = stream(spoken(['half']).slice(0, 2), { thenCut: true });
    const words: unknown[] = [];
    const read = async () => {
      const { client } = await here().gateway.tenant();
      for await (const event of await client.chat.completions.create({ ...question, stream: true }))
        words.push(event.choices[0]?.delta.content);
    };
    await expect(read()).rejects.toBeInstanceOf(APIError);
    expect(words).toEqual(['', 'half']);
  });

  test('when the provider answers', async () => {
    here().provider.script = answer(completion('a real one'));
    const { client } = await here().gateway.tenant();
    const { data, response } = await client.chat.completions.create(question).withResponse();
    expect(data.choices[0]?.message.content).toBe('a real one');
    expect(response.headers.get('x-sluice-fallback')).toBeNull();
  });

  test('where there is none; and a project may have one alone', async () => {
    without().provider.script = failing;
    const tenant = await without().gateway.tenant();
    await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status: 502 });
    await setMessage(without, tenant, 'Only here.');
    without().gateway.clock.nowMs += 30_000;
    expect((await tenant.client.chat.completions.create(question)).choices[0]?.message.content).toBe('Only here.');
  });
});
