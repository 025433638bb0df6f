/** I1: in every window w, admitted <= b + r·w, however many processes there are and whatever their clocks say. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limits, ProjectPolicy } from '../../shared/limits/limits.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { startWorker, type Worker } from './support/processes.ts';
import type { Admission, Flood } from './support/tasks.ts';

let database: TestDatabase;
let workers: Worker[];
let projects = 0;
/** What clocks may be off: docs/adr/0030. */
const skews = [-200, 200, -90, 130];

beforeAll(async () => {
  database = await testDatabase();
  const { endpoint, names } = database;
  const trouble = { lost: 0.01, delayMs: 6 };
  workers = await Promise.all(skews.map((skewMs) => startWorker({ endpoint, names, skewMs, trouble })));
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.kill()));
  await database.stop();
});

async function flood(policy: Partial<ProjectPolicy>, changes: Partial<Flood> = {}): Promise<Admission[]> {
  const task: Flood = {
    task: 'flood',
    limited: { projectId: `proj_${projects++}`, policy },
    loops: 6,
    forMs: 2_000,
    mostTokens: 0,
    streams: false,
    ...changes,
  };
  const [slowest, ...others] = workers;
  // It comes first, so that what the others' clocks are ahead of its own is theirs to misuse.
  const first = slowest?.run(task);
  await sleep(60);
  const told = await Promise.all([first, ...others.map((worker) => worker.run(task))]);
  return told
    .flatMap((each) => (each?.is === 'done' ? each.admissions : []))
    .sort((one, other) => one.readMs - other.readMs);
}

/** Of every pair: how much more came from the one to the other than may. */
function worstExcess(admissions: readonly Admission[], perMs: number, burst: number, of: (one: Admission) => number) {
  let worst = Number.NEGATIVE_INFINITY;
  for (const [first, from] of admissions.entries()) {
    let sum = 0;
    for (const to of admissions.slice(first)) {
      sum += of(to);
      worst = Math.max(worst, sum - burst - perMs * (to.readMs - from.readMs));
    }
  }
  return worst;
}

const each = () => 1;
const lengthMs = (admissions: readonly Admission[]) => (admissions.at(-1)?.readMs ?? 0) - (admissions[0]?.readMs ?? 0);
const perMinute = (requestsPerMinute: number, burst: number): Limits => ({ requestsPerMinute, burst });

test.each([
  [600, 100, 1],
  [3_000, 500, 1],
  [600, 100, 2],
  [1_200, 200, 4],
])(
  'four processes with clocks 400 ms apart: %i a minute, %i at once, on %i shards (I1)',
  async (limit, burst, shards) => {
    const admissions = await flood({ limits: perMinute(limit, burst), shards });
    const perMs = limit / 60_000;
    expect(worstExcess(admissions, perMs, burst, each)).toBeLessThanOrEqual(0);
    // Shards each round their part down; alone, nine tenths come in.
    const least = shards === 1 ? 0.9 : 0.8;
    expect(admissions.length).toBeGreaterThanOrEqual(least * (burst + perMs * lengthMs(admissions)));
  },
);

test.each([1, 2])('tokens that were taken, by the time of their admission, on %i shards (I1)', async (shards) => {
  const tokensPerMinute = 60_000;
  const admissions = await flood({ limits: { tokensPerMinute }, shards }, { mostTokens: 600 });
  const worst = worstExcess(admissions, tokensPerMinute / 60_000, tokensPerMinute / 6, ({ tokens }) => tokens);
  expect(worst).toBeLessThanOrEqual(0);
  expect(admissions.length).toBeGreaterThan(20);
});

test.each([1, 2])('streams under way are never more than may be, on %i shards (I1)', async (shards) => {
  const most = 7;
  const admissions = await flood({ concurrentStreams: most, shards }, { streams: true });
  const changes = admissions.flatMap(({ beganUs, endedUs }) => [
    { atUs: beganUs, by: 1 },
    { atUs: endedUs, by: -1 },
  ]);
  // Who ends in the microsecond in which another begins has ended.
  changes.sort((one, other) => one.atUs - other.atUs || one.by - other.by);
  let underWay = 0;
  let worst = 0;
  for (const { by } of changes) {
    underWay += by;
    worst = Math.max(worst, underWay);
  }
  expect(worst).toBeLessThanOrEqual(most);
  expect(admissions.length).toBeGreaterThan(most);
});
