/** What a key may have of its own besides its project's limits: extensions of ours to the official package's calls. */
import { ConflictError, NotFoundError } from 'openai';
import { unlimited } from '../../shared/limits/limits.ts';
import type { Tenant } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const api = () => here().gateway.admin().admin.organization.projects;

type Rates = {
  max_requests_per_1_minute?: number;
  max_tokens_per_1_minute?: number;
  max_requests_per_1_day?: number;
  burst?: number;
};
type Spend = { currency: 'USD'; interval: 'month'; threshold_amount: number };
type Wishes = { rate_limit?: Rates | null; spend_limit?: Spend | null; scopes?: string[] };

const monthly = (threshold_amount: number): Spend => ({ currency: 'USD', interval: 'month', threshold_amount });
const create = ({ projectId, accountId }: Tenant, wishes: Wishes = {}) =>
  api().serviceAccounts.apiKeys.create(accountId, { project_id: projectId, ...wishes });
const update = ({ projectId }: Tenant, id: string, wishes: Wishes) =>
  api().apiKeys.update(id, { project_id: projectId, ...wishes });
const retrieve = ({ projectId }: Tenant, id: string) => api().apiKeys.retrieve(id, { project_id: projectId });

const rates = (changes: Rates) => ({
  max_requests_per_1_minute: unlimited,
  max_tokens_per_1_minute: unlimited,
  max_requests_per_1_day: unlimited,
  burst: unlimited,
  ...changes,
});

describe('a key that is created with limits of its own', () => {
  test('shows them, alone and in a listing, and tells them to what it calls', async () => {
    const { gateway, tenant } = here();
    const { id, value } = await create(tenant, {
      rate_limit: { max_requests_per_1_minute: 60, max_tokens_per_1_minute: 5_000 },
      spend_limit: monthly(1_500),
    });
    const shown = await retrieve(tenant, id);
    expect(shown).toMatchObject({
      rate_limit: rates({ max_requests_per_1_minute: 60, max_tokens_per_1_minute: 5_000, burst: 10 }),
      spend_limit: monthly(1_500),
    });
    const { data } = await api().apiKeys.list(tenant.projectId, { limit: 100 });
    expect(data.find((key) => key.id === id)).toEqual(shown);
    await gateway.withKey(value).models.list();
  });

  test.each<[string, Wishes]>([
    ['nothing', {}],
    ['null', { rate_limit: null, spend_limit: null }],
    ['numbers that limit nothing', { rate_limit: { max_requests_per_1_minute: unlimited, burst: unlimited } }],
    ['no number', { rate_limit: {} }],
  ])('of %s has none', async (_what, wishes) => {
    const { tenant } = here();
    const { id } = await create(tenant, wishes);
    expect(await retrieve(tenant, id)).toMatchObject({ rate_limit: null, spend_limit: null });
  });
});

describe('updating the limits of a key', () => {
  test('replaces the one that is given and leaves the other, and null takes it away', async () => {
    const { tenant } = here();
    const { id } = await create(tenant, { rate_limit: { max_requests_per_1_day: 9 }, spend_limit: monthly(5) });
    const replaced = await update(tenant, id, { rate_limit: { max_tokens_per_1_minute: 7 } });
    expect(replaced).toMatchObject({ rate_limit: rates({ max_tokens_per_1_minute: 7 }), spend_limit: monthly(5) });
    expect(await update(tenant, id, { spend_limit: monthly(0) })).toMatchObject({
      rate_limit: rates({ max_tokens_per_1_minute: 7 }),
      spend_limit: monthly(0),
    });
    expect(await update(tenant, id, { rate_limit: null })).toMatchObject({ rate_limit: null, spend_limit: monthly(0) });
    expect(await update(tenant, id, { spend_limit: null })).toMatchObject({ rate_limit: null, spend_limit: null });
  });

  test('changes the scopes with them, or neither', async () => {
    const { tenant } = here();
    const { id } = await create(tenant);
    const both = await update(tenant, id, { spend_limit: monthly(5), scopes: ['api.model.read'] });
    expect(both).toMatchObject({ spend_limit: monthly(5), scopes: ['api.model.read'] });
    const wrong = update(tenant, id, { rate_limit: { max_requests_per_1_minute: 600, burst: 1 }, scopes: [] });
    await expect(wrong).rejects.toMatchObject({ status: 400 });
    expect(await retrieve(tenant, id)).toEqual(both);
  });

  test('of another project’s key is a 404, and changes nothing (I5)', async () => {
    const { gateway, tenant } = here();
    const other = await gateway.tenant('other');
    const { id } = await create(other, { spend_limit: monthly(5) });
    await expect(update(tenant, id, { spend_limit: null })).rejects.toBeInstanceOf(NotFoundError);
    expect(await retrieve(other, id)).toMatchObject({ spend_limit: monthly(5) });
  });

  test('in an archived project is a conflict', async () => {
    const old = await here().gateway.tenant('old');
    const { id } = await create(old);
    await api().archive(old.projectId);
    await expect(update(old, id, { spend_limit: monthly(1) })).rejects.toBeInstanceOf(ConflictError);
    await expect(create(old, { spend_limit: monthly(1) })).rejects.toBeInstanceOf(ConflictError);
  });
});

test.each<[string, object]>([
  ['rate_limit.burst', { rate_limit: { max_requests_per_1_minute: 600, burst: 4 } }],
  ['rate_limit.burst', { rate_limit: { burst: 4 } }],
  ['rate_limit.max_requests_per_1_minute', { rate_limit: { max_requests_per_1_minute: 0 } }],
  ['rate_limit.max_concurrent_streams', { rate_limit: { max_concurrent_streams: 1 } }],
  ['rate_limit.max_images_per_1_minute', { rate_limit: { max_images_per_1_minute: 1 } }],
  ['rate_limit', { rate_limit: 60 }],
  ['spend_limit.threshold_amount', { spend_limit: { currency: 'USD', interval: 'month' } }],
  ['spend_limit.threshold_amount', { spend_limit: monthly(-1) }],
  ['spend_limit.currency', { spend_limit: { ...monthly(1), currency: 'EUR' } }],
  ['spend_limit', { spend_limit: 5 }],
])('a wrong %s is refused by name, at creation and later', async (param, wishes) => {
  const { tenant } = here();
  await expect(create(tenant, wishes)).rejects.toMatchObject({ status: 400, param });
  const { id } = await create(tenant);
  await expect(update(tenant, id, wishes)).rejects.toMatchObject({ status: 400, param });
});

describe('the keys of a project that have limits of their own', () => {
  /** As many as there may be, over as many accounts as that takes. */
  async function full(): Promise<{ tenant: Tenant; ids: string[] }> {
    const tenant = await here().gateway.tenant('full');
    const accounts = [tenant, { ...tenant, accountId: (await second(tenant)).id }];
    const ids: string[] = [];
    for (let made = 0; made < 50; made++) {
      const owner = accounts[made % 2] ?? tenant;
      ids.push((await create(owner, { spend_limit: monthly(made) })).id);
    }
    return { tenant, ids };
  }
  const second = ({ projectId }: Tenant) => api().serviceAccounts.create(projectId, { name: 'second' });

  test('are at most fifty: the next is refused, and makes no key', async () => {
    const { tenant } = await full();
    const before = (await api().apiKeys.list(tenant.projectId, { limit: 100 })).data.length;
    const refused = create(tenant, { spend_limit: monthly(1) });
    await expect(refused).rejects.toBeInstanceOf(ConflictError);
    await expect(refused).rejects.toThrow('At most 50 keys of a project have limits of their own.');
    expect((await api().apiKeys.list(tenant.projectId, { limit: 100 })).data.length).toBe(before);
    const { id } = await create(tenant);
    await expect(update(tenant, id, { rate_limit: { max_requests_per_1_day: 1 } })).rejects.toBeInstanceOf(
      ConflictError,
    );
    expect(await retrieve(tenant, id)).toMatchObject({ rate_limit: null });
    await update(tenant, id, { rate_limit: null });
  });

  test('can change when there are fifty', async () => {
    const { tenant, ids } = await full();
    const changed = await update(tenant, ids[7] ?? '', { rate_limit: { max_requests_per_1_day: 1 } });
    expect(changed).toMatchObject({ rate_limit: rates({ max_requests_per_1_day: 1 }), spend_limit: monthly(7) });
  });

  test('make room when one loses its limits, is deleted, or goes with its account', async () => {
    const { tenant, ids } = await full();
    await update(tenant, ids[0] ?? '', { spend_limit: null });
    await create(tenant, { spend_limit: monthly(1) });
    await expect(create(tenant, { spend_limit: monthly(1) })).rejects.toBeInstanceOf(ConflictError);
    await api().apiKeys.delete(ids[2] ?? '', { project_id: tenant.projectId });
    await create(tenant, { spend_limit: monthly(1) });
    await expect(create(tenant, { spend_limit: monthly(1) })).rejects.toBeInstanceOf(ConflictError);
    await api().serviceAccounts.delete(tenant.accountId, { project_id: tenant.projectId });
    const heir = { ...tenant, accountId: (await second(tenant)).id };
    for (let made = 0; made < 25; made++) await create(heir, { spend_limit: monthly(1) });
    await expect(create(heir, { spend_limit: monthly(1) })).rejects.toBeInstanceOf(ConflictError);
  });

  test('of one project leave those of another alone (I5)', async () => {
    await full();
    await create(here().tenant, { spend_limit: monthly(1) });
  });
});
