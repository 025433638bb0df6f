/** `spendLimit` of a project and of the organization, of the official package, against the real function. */
import { ConflictError, NotFoundError } from 'openai';
import type { Tenant } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';

const here = scene();
const organization = () => here().gateway.admin().admin.organization;
const projects = () => organization().projects;
const monthly = (threshold_amount: number) => ({ currency: 'USD', interval: 'month', threshold_amount }) as const;
const shown = (of: 'project' | 'organization', threshold_amount: number, status = 'inactive') => ({
  object: `${of}.spend_limit`,
  ...monthly(threshold_amount),
  enforcement: { status },
});

/** By one call: the model costs a dollar per million tokens of input. */
async function spend({ client }: Tenant, cents: number): Promise<void> {
  here().provider.script = answer(completion('ok', usage(cents * 10_000, 0)));
  await client.chat.completions.create(question);
  await here().gateway.idle();
}

describe("a project's spend limit", () => {
  const limits = () => projects().spendLimit;

  test('is what it was set to, and gone once it is deleted', async () => {
    const { id } = await projects().create({ name: 'p' });
    expect(await limits().update(id, monthly(12_345))).toEqual(shown('project', 12_345));
    expect(await limits().retrieve(id)).toEqual(shown('project', 12_345));
    expect(await limits().update(id, monthly(1))).toEqual(shown('project', 1));
    expect(await limits().retrieve(id)).toEqual(shown('project', 1));
    expect(await limits().delete(id)).toEqual({ object: 'project.spend_limit.deleted', deleted: true });
    await expect(limits().retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
  });

  test('that is not set is a 404, to read as to delete', async () => {
    const { id } = await projects().create({ name: 'p' });
    await expect(limits().retrieve(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
    await expect(limits().delete(id)).rejects.toMatchObject({ status: 404, code: 'not_found' });
  });

  test('enforces once the month’s spend has reached it, and not a cent before', async () => {
    const spender = await here().gateway.tenant('spender');
    await limits().update(spender.projectId, monthly(30));
    await spend(spender, 29);
    expect(await limits().retrieve(spender.projectId)).toEqual(shown('project', 30));
    await spend(spender, 1);
    expect(await limits().retrieve(spender.projectId)).toEqual(shown('project', 30, 'enforcing'));
    expect(await limits().update(spender.projectId, monthly(31))).toEqual(shown('project', 31));
  });

  test('looks at its own project’s spend alone (I5)', async () => {
    const [one, other] = [await here().gateway.tenant('one'), await here().gateway.tenant('other')];
    await limits().update(one.projectId, monthly(5));
    await spend(other, 50);
    expect(await limits().retrieve(one.projectId)).toEqual(shown('project', 5));
  });

  test('starts anew with the month, in UTC', async () => {
    const { gateway } = here();
    const spender = await gateway.tenant('monthly');
    await limits().update(spender.projectId, monthly(10));
    gateway.clock.nowMs = Date.parse('2026-11-30T23:59:59.999Z');
    await spend(spender, 10);
    expect(await limits().retrieve(spender.projectId)).toEqual(shown('project', 10, 'enforcing'));
    gateway.clock.nowMs += 1;
    expect(await limits().retrieve(spender.projectId)).toEqual(shown('project', 10));
    await spend(spender, 10);
    expect(await limits().retrieve(spender.projectId)).toEqual(shown('project', 10, 'enforcing'));
    gateway.clock.nowMs = Date.parse('2026-12-31T23:59:59.999Z');
    expect(await limits().retrieve(spender.projectId)).toEqual(shown('project', 10, 'enforcing'));
  });

  test('of nothing enforces at once', async () => {
    const { id } = await projects().create({ name: 'p' });
    expect(await limits().update(id, monthly(0))).toEqual(shown('project', 0, 'enforcing'));
    expect(await limits().retrieve(id)).toEqual(shown('project', 0, 'enforcing'));
  });

  test('of a missing project is a 404', async () => {
    await expect(limits().retrieve('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(limits().update('proj_missing', monthly(1))).rejects.toBeInstanceOf(NotFoundError);
    await expect(limits().delete('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
  });

  test('of an archived project can be read, and does not change', async () => {
    const { id } = await projects().create({ name: 'old' });
    await limits().update(id, monthly(7));
    await projects().archive(id);
    await expect(limits().update(id, monthly(8))).rejects.toBeInstanceOf(ConflictError);
    await expect(limits().delete(id)).rejects.toBeInstanceOf(ConflictError);
    expect(await limits().retrieve(id)).toEqual(shown('project', 7));
  });
});

describe("the organization's spend limit", () => {
  const limit = () => organization().spendLimit;

  test('is a 404 until it is set, and again once it is deleted', async () => {
    await expect(limit().retrieve()).rejects.toMatchObject({ status: 404, code: 'not_found' });
    await expect(limit().delete()).rejects.toMatchObject({ status: 404, code: 'not_found' });
    expect(await limit().update(monthly(99_999_999))).toEqual(shown('organization', 99_999_999));
    expect(await limit().retrieve()).toEqual(shown('organization', 99_999_999));
    expect(await limit().delete()).toEqual({ object: 'organization.spend_limit.deleted', deleted: true });
    await expect(limit().retrieve()).rejects.toBeInstanceOf(NotFoundError);
  });

  test('counts what all projects spend together, and what an archived one has spent', async () => {
    const { gateway } = here();
    gateway.clock.nowMs = Date.parse('2027-03-10T00:00:00Z');
    const [one, other] = [await gateway.tenant('one'), await gateway.tenant('other')];
    await spend(one, 3);
    await projects().archive(one.projectId);
    await limit().update(monthly(10));
    await spend(other, 6);
    expect(await limit().retrieve()).toEqual(shown('organization', 10));
    await spend(other, 1);
    expect(await limit().retrieve()).toEqual(shown('organization', 10, 'enforcing'));
    await limit().delete();
  });

  test('counts the projects of every page', async () => {
    const { gateway } = here();
    gateway.clock.nowMs = Date.parse('2027-04-10T00:00:00Z');
    for (let made = 0; made < 100; made++) {
      gateway.clock.nowMs += 1;
      await projects().create({ name: `p${made}` });
    }
    gateway.clock.nowMs += 1;
    await spend(await gateway.tenant('last'), 2);
    expect(await limit().update(monthly(2))).toEqual(shown('organization', 2, 'enforcing'));
    expect(await limit().update(monthly(3))).toEqual(shown('organization', 3));
    await limit().delete();
  });
});

test.each<[string, object]>([
  ['threshold_amount', { ...monthly(-1) }],
  ['threshold_amount', { ...monthly(0.5) }],
  ['threshold_amount', { ...monthly(900_719_925_475) }],
  ['threshold_amount', { currency: 'USD', interval: 'month' }],
  ['threshold_amount', { ...monthly(1), threshold_amount: '1' }],
  ['currency', { ...monthly(1), currency: 'EUR' }],
  ['interval', { ...monthly(1), interval: 'day' }],
  ['limit', { ...monthly(1), limit: 1 }],
])('a wrong %s is refused by name, for a project as for the organization', async (param, body) => {
  const { id } = await projects().create({ name: 'p' });
  const wrong = body as ReturnType<typeof monthly>;
  await expect(projects().spendLimit.update(id, wrong)).rejects.toMatchObject({ status: 400, param });
  await expect(organization().spendLimit.update(wrong)).rejects.toMatchObject({ status: 400, param });
});

test('the dearest limit that is taken is kept to the cent', async () => {
  const { id } = await projects().create({ name: 'p' });
  await projects().spendLimit.update(id, monthly(900_719_925_474));
  expect(await projects().spendLimit.retrieve(id)).toMatchObject({ threshold_amount: 900_719_925_474 });
});
