/** I2 for the organization: what projects are granted, together, is never more than its limit. */

import type { AdmissionStore } from '../../../shared/admission/admission-store.ts';
import { counterId, names } from '../../../shared/admission/counters.ts';
import { askForGrant, bookSpent, giveBack, organizationId } from '../../../shared/admission/grants.ts';
import { clientsOf, type House, houseOf } from '../../invariants/support/house.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
let house: House;
let projects = 0;
/** A month of the test's own. */
let months = 2701;
let month: string;
const since = '2026-11-22T10:00:00.000Z';

beforeAll(async () => {
  database = await testDatabase();
  const clients = clientsOf(database.endpoint);
  house = houseOf({ clients, names: database.names, now: () => 0 });
});
afterAll(() => database.stop());
beforeEach(() => {
  month = String(months++);
});

const grantee = () => ({ id: counterId(`proj_${projects++}`, 0), month });
type Grantee = ReturnType<typeof grantee>;
const slackOf = async ({ id }: Grantee) => (await house.store.get(id))[names.slack(month)] ?? 0;
const allotted = async () => (await house.store.get(organizationId(month)))['A'] ?? 0;
const ask = async (to: Grantee, limit: number, need: number, store: AdmissionStore = house.store) =>
  askForGrant(store, to, limit, need, await house.store.get(to.id), since);
const spend = (to: Grantee, microUsd: number) =>
  house.store.once(to.id, {
    add: { [names.slack(month)]: -microUsd },
    set: {},
    remove: [],
    conditions: [{ attribute: names.slack(month), is: 'at least', value: microUsd }],
  });
const back = async (of: Grantee) => giveBack(house.store, of, await house.store.get(of.id));

test('a grant is what is needed, or a 256th of the rest, and the last of it is all that there is', async () => {
  const [one, two] = [grantee(), grantee()];
  await ask(one, 256_000, 7);
  expect(await slackOf(one)).toBe(1_000);
  await ask(one, 256_000, 200_000);
  expect(await slackOf(one)).toBe(201_000);
  expect(await ask(two, 256_000, 90_000)).toMatchObject({ [names.slack(month)]: 55_000 });
  expect(await ask(two, 256_000, 1)).toMatchObject({ [names.slack(month)]: 55_000 });
  expect(await ask(grantee(), 256_000, 1)).toBeNull();
  expect(await allotted()).toBe(256_000);
});

test('many that ask at once are never granted more than the limit', async () => {
  const all = Array.from({ length: 12 }, grantee);
  await Promise.all([...all, ...all].map((one) => ask(one, 10_000, 900).catch(() => null)));
  const slacks = await Promise.all(all.map(slackOf));
  expect(slacks.reduce((sum, slack) => sum + slack, 0)).toBeLessThanOrEqual(10_000);
  expect(await allotted()).toBeLessThanOrEqual(10_000);
});

test('a month’s grants are nothing to the next', async () => {
  const one = grantee();
  await ask(one, 100, 100);
  month = String(months++);
  expect(await ask({ ...one, month }, 100, 100)).toMatchObject({ [names.slack(month)]: 100 });
});

test('what is given back can be granted to another, and only what is left is given', async () => {
  const [one, two] = [grantee(), grantee()];
  await ask(one, 100, 100);
  await spend(one, 30);
  expect(await ask(two, 100, 50)).toBeNull();
  await back(one);
  expect([await slackOf(one), await allotted()]).toEqual([0, 30]);
  await ask(two, 100, 70);
  expect([await slackOf(two), await allotted()]).toEqual([70, 100]);
  await back(one);
  expect(await allotted()).toBe(100);
});

test('a taker that dies between the two writes has its grant found by the next that asks', async () => {
  const one = grantee();
  const dying = {
    ...house.store,
    admit: (id: string, ...rest: Rest) => (id === one.id ? killed() : house.store.admit(id, ...rest)),
  };
  await expect(ask(one, 100, 40, dying)).rejects.toThrow('killed');
  expect([await slackOf(one), await allotted()]).toEqual([0, 40]);
  await ask(one, 100, 10);
  expect([await slackOf(one), await allotted()]).toEqual([50, 50]);
});

test('a taker that dies between the two writes, and that nobody comes after, has its grant given back by the sweep', async () => {
  const [one, two] = [grantee(), grantee()];
  const dying = {
    ...house.store,
    admit: (id: string, ...rest: Rest) => (id === one.id ? killed() : house.store.admit(id, ...rest)),
  };
  await expect(ask(one, 100, 100, dying)).rejects.toThrow('killed');
  expect(await ask(two, 100, 1)).toBeNull();
  await back(one);
  expect([await slackOf(one), await allotted()]).toEqual([0, 0]);
  await ask(two, 100, 100);
  expect(await slackOf(two)).toBe(100);
});

test('a sweep that dies between the two writes has what was given taken in by the next', async () => {
  const one = grantee();
  await ask(one, 100, 100);
  const dying = {
    ...house.store,
    once: (id: string, update: Rest[0]) => (id === one.id ? house.store.once(id, update) : killed()),
  };
  await expect(giveBack(dying, one, await house.store.get(one.id))).rejects.toThrow('killed');
  expect([await slackOf(one), await allotted()]).toEqual([0, 100]);
  await back(one);
  expect(await allotted()).toBe(0);
});

test('one that is late with its grant, which another has applied and a sweep given back, has nothing of it', async () => {
  const one = grantee();
  await ask(one, 1_000, 100);
  await spend(one, 100);
  const known = await house.store.get(one.id);
  let stalled = true;
  const slow = {
    ...house.store,
    admit: async (id: string, ...rest: Rest) => {
      if (id === one.id && stalled) {
        stalled = false;
        await ask(one, 1_000, 10);
        await back(one);
      }
      return house.store.admit(id, ...rest);
    },
  };
  await askForGrant(slow, one, 1_000, 10, known, since);
  // What the project has is what the organization knows of.
  expect((await slackOf(one)) + 100).toBeLessThanOrEqual(await allotted());
});

test('two sweeps that finish what a third had begun take it in once', async () => {
  const one = grantee();
  await ask(one, 100, 100);
  const dying = {
    ...house.store,
    once: (id: string, update: Rest[0]) => (id === one.id ? house.store.once(id, update) : killed()),
  };
  await expect(giveBack(dying, one, await house.store.get(one.id))).rejects.toThrow('killed');
  const organization = await house.store.get(organizationId(month));
  const asTheyWere = { ...house.store, get: async () => organization };
  const counters = await house.store.get(one.id);
  await giveBack(asTheyWere, one, counters);
  await giveBack(asTheyWere, one, counters);
  expect(await allotted()).toBe(0);
});

test('two sweeps at once give back once', async () => {
  const one = grantee();
  await ask(one, 100, 100);
  await spend(one, 30);
  const seen = await house.store.get(one.id);
  await Promise.all([1, 2, 3].map(() => giveBack(house.store, one, seen)));
  expect([await slackOf(one), await allotted()]).toEqual([0, 30]);
});

type Rest = Parameters<AdmissionStore['admit']> extends [string, ...infer Others] ? Others : never;
const killed = (): never => {
  throw new Error('killed');
};

describe('what was spent before there was a limit', () => {
  /** Calls of before: nobody asked for a grant. */
  const spendUnlimited = (of: Grantee, microUsd: number) =>
    house.store.once(of.id, { add: { [names.slack(month)]: -microUsd }, set: {}, remove: [], conditions: [] });
  const book = async (of: Grantee) => bookSpent(house.store, of, await house.store.get(of.id));

  test('is booked, once, so that others have the less', async () => {
    const [one, two] = [grantee(), grantee()];
    await spendUnlimited(one, 70);
    await book(one);
    await book(one);
    expect([await slackOf(one), await allotted()]).toEqual([0, 70]);
    await ask(two, 100, 90);
    expect([await slackOf(two), await allotted()]).toEqual([30, 100]);
  });

  test('leaves nothing to anyone where it is more than the limit', async () => {
    const [one, two] = [grantee(), grantee()];
    await spendUnlimited(one, 170);
    await book(one);
    expect([await slackOf(one), await allotted()]).toEqual([0, 170]);
    expect(await ask(two, 100, 1)).toBeNull();
  });

  test('is nothing of a project that has been granted what it spent', async () => {
    const one = grantee();
    await ask(one, 100, 50);
    await spend(one, 20);
    const before = await allotted();
    await book(one);
    expect([await slackOf(one), await allotted()]).toEqual([30, before]);
  });

  test('is booked by the next who tries, when the first dies between the two writes', async () => {
    const [one, two] = [grantee(), grantee()];
    await spendUnlimited(one, 70);
    const dying = {
      ...house.store,
      admit: (id: string, ...rest: Rest) => (id === one.id ? killed() : house.store.admit(id, ...rest)),
    };
    await expect(bookSpent(dying, one, await house.store.get(one.id))).rejects.toThrow('killed');
    await book(one);
    // It may have been granted more than it has spent, and never less.
    expect(await slackOf(one)).toBeGreaterThanOrEqual(0);
    expect((await allotted()) - (await slackOf(one))).toBe(70);
    await ask(two, 1_000, 10);
    expect(await slackOf(two)).toBeGreaterThanOrEqual(10);
  });
});
