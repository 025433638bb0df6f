/**
 * Rotating a key: a second one, then the first one's end. Limits, spend and history
 * belong to the project, so a new key gives nothing (THREATS 8, PEERS 46).
 */
import type OpenAI from 'openai';
import { APIError } from 'openai';
import type { Tenant } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';
import { resultsOf } from '../support/usage-scene.ts';

const here = scene();
const organization = () => here().gateway.admin().admin.organization;
const projects = () => organization().projects;
const monthly = (threshold_amount: number) => ({ currency: 'USD', interval: 'month', threshold_amount }) as const;

/** The published bound: on every warm instance a change of a key holds by then. */
const warmMs = 30_000;

type Key = { readonly id: string; readonly client: OpenAI };

/** Another key of the account, or of another account of the project. */
async function anotherKey({ projectId, accountId }: Tenant, ofAccount = accountId): Promise<Key> {
  const { id, value } = await projects().serviceAccounts.apiKeys.create(ofAccount, { project_id: projectId });
  return { id, client: here().gateway.withKey(value) };
}
async function keyOfAnotherAccount(tenant: Tenant): Promise<Key> {
  const account = await projects().serviceAccounts.create(tenant.projectId, { name: 'another' });
  return anotherKey(tenant, account.id);
}
async function firstKey({ projectId, client }: Tenant): Promise<Key> {
  const { data } = await projects().apiKeys.list(projectId);
  return { id: data[0]?.id ?? '', client };
}

/** Null for a call that was served. */
async function refusalOf({ client }: Pick<Key, 'client'>): Promise<Pick<APIError, 'status' | 'code'> | null> {
  try {
    await client.chat.completions.create(question);
    return null;
  } catch (error) {
    if (error instanceof APIError) return { status: error.status, code: error.code };
    throw error;
  } finally {
    await here().gateway.idle();
  }
}
const gone = { status: 401, code: 'invalid_api_key' };
const outOfMoney = { status: 429, code: 'insufficient_quota' };
const tooFast = { status: 429, code: 'rate_limit_exceeded' };

/** By one call: the model costs a dollar per million tokens of input. */
async function spend(key: Pick<Key, 'client'>, cents: number): Promise<void> {
  here().provider.script = answer(completion('ok', usage(cents * 10_000, 0)));
  expect(await refusalOf(key)).toBeNull();
}

let tenant: Tenant;
beforeEach(async () => {
  tenant = await here().gateway.tenant('rotating');
});

describe('a second key, and then the end of the first', () => {
  test.each<[string, (key: Key) => Promise<unknown>, number]>([
    [
      'that expires',
      ({ id }) => projects().apiKeys.update(id, { project_id: tenant.projectId, expires_in_seconds: 3_600 }),
      3_600_000,
    ],
    ['that is deleted', ({ id }) => projects().apiKeys.delete(id, { project_id: tenant.projectId }), 0],
  ])('%s: both work until then, and the second goes on', async (_name, end, graceMs) => {
    const { clock } = here().gateway;
    const [first, second] = [await firstKey(tenant), await anotherKey(tenant)];
    expect([await refusalOf(first), await refusalOf(second)]).toEqual([null, null]);
    await end(first);
    if (graceMs > 0) {
      clock.nowMs += graceMs - 1_000;
      expect([await refusalOf(first), await refusalOf(second)]).toEqual([null, null]);
    }
    clock.nowMs += 1_000 + warmMs;
    expect([await refusalOf(first), await refusalOf(second)]).toEqual([gone, null]);
    clock.nowMs += 365 * 86_400_000;
    expect([await refusalOf(first), await refusalOf(second)]).toEqual([gone, null]);
  });

  test('loses nothing of what the first has used: it stays in the usage, and under its id', async () => {
    const [first, second] = [await firstKey(tenant), await anotherKey(tenant)];
    await spend(first, 2);
    await projects().apiKeys.delete(first.id, { project_id: tenant.projectId });
    await spend(second, 1);
    const start_time = Math.floor(here().gateway.clock.nowMs / 1000) - 60;
    const asked = { start_time, end_time: start_time + 120, project_ids: [tenant.projectId] };
    const of = async (group_by: ('project_id' | 'api_key_id')[]) =>
      resultsOf(await organization().usage.completions({ ...asked, group_by }));
    expect(await of(['project_id'])).toMatchObject([{ input_tokens: 30_000, num_model_requests: 2 }]);
    const byKey = new Map((await of(['api_key_id'])).map((row) => [row.api_key_id, row.input_tokens]));
    expect(byKey).toEqual(
      new Map([
        [first.id, 20_000],
        [second.id, 10_000],
      ]),
    );
  });
});

const newKeys: [string, (of: Tenant) => Promise<Key>][] = [
  ['the same account', (of) => anotherKey(of)],
  ['another account', (of) => keyOfAnotherAccount(of)],
];

describe.each(newKeys)('a new key of %s', (_name, newKey) => {
  test('has no money that the project has spent', async () => {
    await projects().spendLimit.update(tenant.projectId, monthly(30));
    const first = await firstKey(tenant);
    await spend(first, 30);
    expect(await refusalOf(await newKey(tenant))).toEqual(outOfMoney);
    await projects().apiKeys.delete(first.id, { project_id: tenant.projectId });
    here().gateway.clock.nowMs += warmMs;
    expect(await refusalOf(await newKey(tenant))).toEqual(outOfMoney);
  });

  test('has no requests that the project has made', async () => {
    const limit = { project_id: tenant.projectId, max_requests_per_1_minute: 60 };
    await projects().rateLimits.updateRateLimit('rl_project', limit);
    const first = await firstKey(tenant);
    while ((await refusalOf(first)) === null);
    expect(await refusalOf(await newKey(tenant))).toEqual(tooFast);
    here().gateway.clock.nowMs += 60_000;
    expect(await refusalOf(await newKey(tenant))).toBeNull();
  });

  test('has the money of a project that has more', async () => {
    await projects().spendLimit.update(tenant.projectId, monthly(30));
    await spend(await firstKey(tenant), 30);
    await projects().spendLimit.update(tenant.projectId, monthly(100));
    here().gateway.clock.nowMs += warmMs;
    expect(await refusalOf(await newKey(tenant))).toBeNull();
  });
});

test("a key's own limit is that key's: another is held to the project's alone", async () => {
  const first = await firstKey(tenant);
  await projects().apiKeys.update(first.id, {
    project_id: tenant.projectId,
    ...{ spend_limit: monthly(10) },
  });
  await projects().spendLimit.update(tenant.projectId, monthly(30));
  await spend(first, 10);
  const second = await anotherKey(tenant);
  expect(await refusalOf(first)).toEqual(outOfMoney);
  await spend(second, 20);
  expect(await refusalOf(second)).toEqual(outOfMoney);
});
