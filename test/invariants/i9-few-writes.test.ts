/** I9: how much of the database a request takes, where there is room and where there is none. */
import type { ProjectPolicy } from '../../shared/limits/limits.ts';
import type { Tenant } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import { type Command, ofTable, watched } from '../support/watched.ts';

let seen: string[] = [];
const note = (command: Command) => {
  for (const table of ['admission', 'usage']) {
    if (ofTable(table, command)) seen.push(`${command.constructor.name} ${table}`);
  }
};
const on = scene({ override: ({ db, onceDb }) => ({ db: watched(db, note), onceDb: watched(onceDb, note) }) });

async function tenantWith(policy: Partial<ProjectPolicy>): Promise<Tenant> {
  const { gateway, database } = on();
  const tenant = await gateway.tenant();
  await holdTo(database, tenant.projectId, policy);
  return tenant;
}

const limits = { requestsPerMinute: 600, burst: 50, tokensPerMinute: 60_000_000, requestsPerDay: 100_000 };
const admitted = async ({ client }: Tenant): Promise<boolean> => {
  const outcome = await client.chat.completions.create(question).then(
    () => true,
    () => false,
  );
  await on().gateway.idle();
  return outcome;
};
const count = (what: string) => seen.filter((one) => one === what).length;

test.each([
  ['all at once', 0],
  ['as fast as the rate', 100],
  ['now and then', 5_000],
])('calls that come %s: two writes of counters and two of the ledger each, and no reads', async (_, everyMs) => {
  const tenant = await tenantWith({ limits, spendLimitMicroUsd: 1_000_000, concurrentStreams: 10 });
  await admitted(tenant);
  seen = [];
  const calls = 30;
  for (let call = 0; call < calls; call += 1) {
    on().gateway.clock.nowMs += everyMs;
    expect(await admitted(tenant)).toBe(true);
  }
  expect(count('PutCommand usage')).toBe(2 * calls);
  expect(count('GetCommand admission')).toBe(0);
  // Where the rate has just run dry, a view may be old by a call: a second write then, for one in ten at the most.
  expect(count('UpdateCommand admission')).toBeLessThanOrEqual(2.1 * calls);
});

test('a flood above the rate costs nothing at all once it has been refused, and the next that may come costs as much as any', async () => {
  const tenant = await tenantWith({ limits });
  let admissions = 0;
  while (await admitted(tenant)) admissions += 1;
  expect(admissions).toBeGreaterThanOrEqual(40);
  seen = [];
  for (let call = 0; call < 50; call += 1) expect(await admitted(tenant)).toBe(false);
  expect(seen).toEqual([]);
  on().gateway.clock.nowMs += 1_000;
  expect(await admitted(tenant)).toBe(true);
  expect(seen.length).toBe(4);
});

test('a flood above a spent budget writes nothing, and looks once a second', async () => {
  const tenant = await tenantWith({ spendLimitMicroUsd: 300 });
  while (await admitted(tenant));
  seen = [];
  for (let call = 0; call < 50; call += 1) {
    on().gateway.clock.nowMs += 100;
    expect(await admitted(tenant)).toBe(false);
  }
  expect(seen.filter((one) => one !== 'GetCommand admission')).toEqual([]);
  expect(seen.length).toBeLessThanOrEqual(6);
});

test('calls that come all at the same moment to an instance that knows nothing lose few writes to one another', async () => {
  const tenant = await tenantWith({ limits, spendLimitMicroUsd: 10_000_000 });
  seen = [];
  const outcomes = await Promise.all(Array.from({ length: 30 }, () => tenant.client.chat.completions.create(question)));
  await on().gateway.idle();
  expect(outcomes).toHaveLength(30);
  expect(count('UpdateCommand admission')).toBeLessThanOrEqual(3 * 30 + 5);
});
