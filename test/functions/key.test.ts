/** GET /v1/key: self-service for who holds a key and is no administrator. */
import { question, scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';

const on = scene();

type Standing = {
  remaining: { requests: { limit: number; remaining: number } | null; tokens: { remaining: number } | null };
  spend: Record<'project' | 'key', { spent: number; reserved: number; remaining: number | null; limit: number | null }>;
  limits: Record<string, unknown>;
};

const standing = (client: { get: (path: string) => PromiseLike<unknown> }) => client.get('/key') as Promise<Standing>;

/** A project with limits of each kind, and a key with a limit of its own. */
async function limited() {
  const { gateway } = on();
  const { projects } = gateway.admin().admin.organization;
  const project = await projects.create({ name: 'limited' });
  await projects.rateLimits.updateRateLimit('rl_project', {
    project_id: project.id,
    max_requests_per_1_minute: 600,
    max_tokens_per_1_minute: 60_000,
  });
  await projects.spendLimit.update(project.id, { currency: 'USD', interval: 'month', threshold_amount: 100 });
  const account = await projects.serviceAccounts.create(project.id, { name: 'app' });
  const key = await projects.serviceAccounts.apiKeys.create(account.id, {
    project_id: project.id,
    name: 'narrow',
    scopes: ['api.model.request'],
    ...{ spend_limit: { currency: 'USD', interval: 'month', threshold_amount: 10 } },
  });
  return {
    id: key.id,
    project,
    client: gateway.withKey(key.value),
    other: gateway.withKey(account.api_key?.value ?? ''),
  };
}

test('a key tells its limits, what is left of them, and the money spent, whatever its scopes', async () => {
  const { provider, gateway } = on();
  const { client, id, project } = await limited();
  provider.script = answer(completion('ok', usage(1_000, 500)));
  await client.chat.completions.create({ ...question, max_tokens: 600 });
  await gateway.idle();
  const told = await standing(client);
  expect(told).toMatchObject({
    object: 'project.api_key.standing',
    id,
    project_id: project.id,
    scopes: ['api.model.request'],
    limits: { project: { max_requests_per_1_minute: 600, max_tokens_per_1_minute: 60_000 } },
  });
  // 1,000 at $1 and 500 at $4 a million.
  expect(told.spend.project).toEqual({ currency: 'usd', limit: 1, spent: 0.003, reserved: 0, remaining: 0.997 });
  expect(told.spend.key).toEqual({ currency: 'usd', limit: 0.1, spent: 0.003, reserved: 0, remaining: 0.097 });
  expect(told.remaining.requests).toMatchObject({ limit: 600 });
  expect(told.remaining.requests?.remaining).toBeLessThan(100);
  expect(told.remaining.tokens?.remaining).toBeLessThan(10_000 - 1_500);
});

test('another key of the project sees the same project, and nothing of the first key', async () => {
  const { client, other } = await limited();
  await client.chat.completions.create(question);
  await on().gateway.idle();
  const [first, second] = [await standing(client), await standing(other)];
  expect(second.spend.project).toEqual(first.spend.project);
  expect(second.spend.key).toBeNull();
});

test('what calls under way hold is told apart from what is spent', async () => {
  const { provider } = on();
  const { client } = await limited();
  let during: Standing | undefined;
  provider.script = async (response, asked) => {
    during = await standing(client);
    await answer(completion('ok', usage(10, 1)))(response, asked);
  };
  await client.chat.completions.create({ ...question, max_tokens: 1_000 });
  expect(during?.spend.project).toMatchObject({ spent: 0 });
  // 1,000 tokens of output at $4 a million, and the input.
  expect(during?.spend.project.reserved).toBeGreaterThan(0.004);
});

test('a project without limits has none to tell, and still its spend', async () => {
  const { tenant } = on();
  expect(await standing(tenant.client)).toMatchObject({
    remaining: { requests: null, tokens: null },
    spend: { project: { limit: null, remaining: null, spent: expect.any(Number) } },
  });
});
