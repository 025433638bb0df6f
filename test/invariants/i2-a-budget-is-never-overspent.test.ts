/** I2: what calls have cost and what those under way may cost is never more than a limit, at any moment. */
import { setTimeout as sleep } from 'node:timers/promises';
import { organizationId } from '../../shared/admission/grants.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { expectTrueBooks, spentBy } from './support/books.ts';
import { clientsOf, houseOf, type Limited, muchLater } from './support/house.ts';
import { startWorker, type Worker } from './support/processes.ts';
import type { Place, Spend, Spent } from './support/tasks.ts';

let database: TestDatabase;
let projects = 0;
const skews = [-200, 200, -50, 120];
/** So that a month ends while the processes run. */
const beganMs = Date.parse('2026-11-30T23:59:59Z');
const afterwardsMs = muchLater(beganMs);
const killsPerProcess = 1;

beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const house = () => houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => afterwardsMs });

/** Four processes that spend, each killed now and then, and replaced. */
async function spending(limited: readonly Limited[]): Promise<Spent[]> {
  const spent: Spent[] = [];
  const task = (forMs: number): Spend => ({ task: 'spend', limited, loops: 5, forMs, beganMs });
  const { endpoint, names } = database;
  const one = async (skewMs: number): Promise<void> => {
    const place: Place = { endpoint, names, skewMs, trouble: { lost: 0.03, delayMs: 6 } };
    let worker: Worker = await startWorker(place);
    for (let lives = 0; lives <= killsPerProcess; lives += 1) {
      const isLast = lives === killsPerProcess;
      const running = worker.run(task(isLast ? 1_000 : 60_000), (told) => {
        if (told.is === 'spent') spent.push(told.spent);
      });
      if (isLast) await running;
      else {
        const [next] = await Promise.all([startWorker(place), sleep(400 + Math.random() * 300)]);
        await worker.kill();
        await running;
        worker = next;
      }
    }
    await worker.kill();
  };
  await Promise.all(skews.map(one));
  return spent;
}

/** The most that costs and bounds under way came to, at any moment. */
function most(spent: readonly Spent[]): number {
  const inTime = spent.toSorted((one, other) => one.atUs - other.atUs || one.microUsd - other.microUsd);
  let sum = 0;
  let highest = 0;
  for (const { microUsd } of inTime) {
    sum += microUsd;
    highest = Math.max(highest, sum);
  }
  return highest;
}

const months = ['2611', '2612'];
const bothMonths = (spent: readonly Spent[]) =>
  expect([...new Set(spent.map(({ month }) => month))].sort()).toEqual(months);

test('a project’s limit and its keys’, over the end of a month, with processes killed and answers lost (I2)', async () => {
  const shards = 2;
  const projectId = `proj_${projects++}`;
  const [ofProject, ofKey] = [40_000, 12_000];
  const policy = { spendLimitMicroUsd: ofProject, shards };
  const limited: Limited[] = [
    { projectId, apiKeyId: 'key_a', policy, keyPolicy: { spendLimitMicroUsd: ofKey } },
    { projectId, apiKeyId: 'key_b', policy },
  ];
  const spent = await spending(limited);
  bothMonths(spent);
  for (const month of months) {
    const ofMonth = spent.filter((one) => one.month === month);
    expect(most(ofMonth)).toBeLessThanOrEqual(ofProject);
    expect(most(ofMonth.filter(({ apiKeyId }) => apiKeyId === 'key_a'))).toBeLessThanOrEqual(ofKey);
  }

  await house().sweepAt(afterwardsMs);
  const rows = await expectTrueBooks(house(), projectId, beganMs, shards);
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.some((row) => row.state === 'settled' && row.outcome === 'abandoned')).toBe(true);
  for (const month of months) {
    const ofMonth = rows.filter(({ hold }) => hold?.month === month);
    expect(spentBy(ofMonth)).toBeLessThanOrEqual(ofProject);
    expect(spentBy(ofMonth.filter(({ apiKeyId }) => apiKeyId === 'key_a'))).toBeLessThanOrEqual(ofKey);
  }
});

test('the organization’s limit, over several projects and the end of a month (I2)', async () => {
  const organizationMicroUsd = 30_000;
  const ids = Array.from({ length: 3 }, () => `proj_${projects++}`);
  const spent = await spending(ids.map((projectId) => ({ projectId, organizationMicroUsd })));
  bothMonths(spent);
  for (const month of months) {
    expect(most(spent.filter((one) => one.month === month))).toBeLessThanOrEqual(organizationMicroUsd);
  }

  await house().sweepAt(afterwardsMs);
  const rows = (await Promise.all(ids.map((projectId) => expectTrueBooks(house(), projectId, beganMs)))).flat();
  for (const month of months) {
    const total = spentBy(rows.filter(({ hold }) => hold?.month === month));
    expect(total).toBeGreaterThan(0);
    expect(total).toBeLessThanOrEqual(organizationMicroUsd);
    // Idle projects have given back all that they did not spend.
    expect((await house().store.get(organizationId(month)))['A']).toBe(total);
  }
});
