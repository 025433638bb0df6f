/** I3: what a killed function leaves behind is closed by the sweep, once, at its bound, whatever dies when. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { counterId, counterMonth, epochAt, inEpoch, names, spanOf } from '../../../shared/admission/counters.ts';
import { sweep } from '../../../shared/sweep/sweep.ts';
import { expectTrueBooks, ledgerOf, spentBy } from '../../invariants/support/books.ts';
import {
  asking,
  type Clients,
  clientsOf,
  type House,
  heldTo,
  houseOf,
  muchLater,
  settings,
  settlementOf,
  silent,
  unlessRefused,
  unlimited,
} from '../../invariants/support/house.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { attempt } from '../usage/attempts.ts';

let database: TestDatabase;
let clients: Clients;
let house: House;
let nowMs: number;
let projects = 0;
const start = Date.parse('2026-11-22T10:03:00Z');

beforeAll(async () => {
  database = await testDatabase();
  clients = clientsOf(database.endpoint);
});
afterAll(() => database.stop());
beforeEach(async () => {
  nowMs = start;
  house = houseOf({ clients, names: database.names, now: () => nowMs });
  // What other tests have left lying about.
  await house.sweepAt(Date.parse('2031-01-01'));
});

const project = (): string => `proj_${projects++}`;
const sweepLater = () => house.sweepAt(muchLater(nowMs));
const rowsOf = (projectId: string) => ledgerOf(house, projectId, nowMs);

/** As if the function had been killed once this had been written. */
const openRow = async (
  projectId: string,
  microUsd: number,
  changes: { apiKeyId?: string; keyMoney?: boolean } = {},
) => {
  const { keyMoney = false, ...rest } = changes;
  const hold = {
    shard: 0,
    epoch: epochAt(nowMs, settings.epochSeconds),
    month: counterMonth(nowMs),
    microUsd,
    inputTokens: microUsd,
    outputTokens: 0,
    stream: false,
    keyMoney,
    tokenLimits: {},
  };
  const row = attempt({ id: `att_orphan${projects++}`, projectId, startedAtMs: nowMs, hold, ...rest });
  await house.usage.open(row);
  return row;
};

test('a killed call is settled at its bound and holds nothing any more', async () => {
  const projectId = project();
  const policy = { limits: { tokensPerMinute: 60_000 }, concurrentStreams: 2, spendLimitMicroUsd: 1_000 };
  await house.begin(heldTo({ projectId, policy }), asking(100, 50, { stream: true }));
  expect(await sweepLater()).toMatchObject({ epochs: 1, abandoned: 1, chargedMicroUsd: 150 });
  expect(await expectTrueBooks(house, projectId, nowMs)).toMatchObject([
    {
      state: 'settled',
      outcome: 'abandoned',
      settledBy: 'sweep',
      costMicroUsd: 150,
      inputTokens: 100,
      outputTokens: 50,
    },
  ]);
});

test('a call that has settled costs what it took, and the sweep changes nothing', async () => {
  const projectId = project();
  const call = await house.begin(heldTo({ projectId }), asking(100, 50));
  await house.end(call, { microUsd: 120, tokens: 120 });
  expect(await sweepLater()).toMatchObject({ epochs: 1, abandoned: 0, chargedMicroUsd: 0 });
  const [row] = await expectTrueBooks(house, projectId, nowMs);
  expect(row).toMatchObject({ costMicroUsd: 120, settledBy: 'gateway' });
});

test('nothing is closed before its age', async () => {
  const projectId = project();
  await house.begin(heldTo({ projectId }), asking(100, 50));
  const due = spanOf(epochAt(nowMs, settings.epochSeconds)).toMs + settings.ageSeconds * 1000;
  await house.sweepAt(due - 1);
  expect(await rowsOf(projectId)).toMatchObject([{ state: 'open' }]);
  await house.sweepAt(due);
  expect(await rowsOf(projectId)).toMatchObject([{ state: 'settled' }]);
});

test('a settlement whose second half got lost is completed from the ledger', async () => {
  const projectId = project();
  const call = await house.begin(heldTo({ projectId }), asking(100, 50));
  await house.usage.settle(call.row, settlementOf(40, 40));
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(40);
});

test('an admission that was written twice, because its answer was lost, is held once in the end', async () => {
  const projectId = project();
  const twice = houseOf({ clients, names: database.names, now: () => nowMs });
  const call = await twice.begin(heldTo({ projectId }), asking(100, 50));
  const month = counterMonth(nowMs);
  const { epoch } = call.row.hold;
  const both = (name: string) => ({ [name]: 150, [inEpoch(name, epoch)]: 150 });
  await house.store.once(counterId(projectId, 0), {
    add: { ...both(names.committed('', month)), ...both(names.reserved('', month)), [names.slack(month)]: -150 },
    set: {},
    remove: [],
    conditions: [],
  });
  await twice.end(call, { microUsd: 90, tokens: 90 });
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(90);
});

test('the epoch of a call is that of its row, however long it takes to find a shard with room', async () => {
  // The clock passes into the next epoch between the row and the counters.
  const projectId = project();
  nowMs = spanOf(epochAt(start, settings.epochSeconds)).toMs - 1;
  let readings = 0;
  const late = houseOf({ clients, names: database.names, now: () => (readings++ < 2 ? nowMs : nowMs + 5) });
  const call = await late.begin(heldTo({ projectId }), asking(100, 50));
  expect(call.row.startedAtMs).toBe(nowMs);
  await late.end(call, { microUsd: 90, tokens: 90 });
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(90);
});

describe('a row whose call was never let in, because its function was killed before it could take it back', () => {
  test('costs nothing, and counts no tokens', async () => {
    const projectId = project();
    const call = await house.begin(heldTo({ projectId }), asking(100, 50));
    await house.end(call, { microUsd: 90, tokens: 90 });
    await openRow(projectId, 500);
    await sweepLater();
    const rows = await expectTrueBooks(house, projectId, nowMs);
    expect(spentBy(rows)).toBe(90);
    expect(rows.find(({ id }) => id.startsWith('att_orphan'))).toMatchObject({ inputTokens: 0, costMicroUsd: 0 });
  });

  test('costs nothing either while another call’s settlement is half lost', async () => {
    const projectId = project();
    const call = await house.begin(heldTo({ projectId, policy: { spendLimitMicroUsd: 150 } }), asking(100, 50));
    await house.usage.settle(call.row, settlementOf(150, 150));
    await openRow(projectId, 150);
    await sweepLater();
    expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(150);
  });

  test('is not paid by a sweep that goes on where another died', async () => {
    const projectId = project();
    const call = await house.begin(heldTo({ projectId, policy: { spendLimitMicroUsd: 150 } }), asking(100, 50));
    await openRow(projectId, 150);
    await house.usage.settle(call.row, { ...settlementOf(150, 150, 'abandoned'), settledBy: 'sweep' });
    await sweepLater();
    expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(150);
  });

  test('is not charged to a key that reserved nothing', async () => {
    const projectId = project();
    await house.begin(heldTo({ projectId }), asking(100, 50));
    await openRow(projectId, 150, { apiKeyId: 'key_0', keyMoney: true });
    await sweepLater();
    expect(spentBy(await ledgerOf(house, projectId, nowMs))).toBe(150);
    const rows = await rowsOf(projectId);
    expect(rows.find(({ apiKeyId }) => apiKeyId === 'key_0')).toMatchObject({ costMicroUsd: 0 });
  });

  test('is closed although no other call began in its epoch', async () => {
    const projectId = project();
    await house.begin(heldTo({ projectId }), asking(100, 50));
    nowMs += settings.epochSeconds * 1000;
    await openRow(projectId, 70);
    await sweepLater();
    const rows = await ledgerOf(house, projectId, nowMs);
    expect(rows).toHaveLength(2);
    expect(rows.filter(({ state }) => state === 'open')).toEqual([]);
    expect(spentBy(rows)).toBe(150);
  });

  test('is closed by the sweep after the next call, if the project was asleep', async () => {
    const projectId = project();
    await house.begin(heldTo({ projectId }), asking(100, 50));
    await sweepLater();
    nowMs = muchLater(nowMs);
    await openRow(projectId, 70);
    nowMs += 3 * 3_600_000;
    await house.begin(heldTo({ projectId }), asking(100, 50));
    await sweepLater();
    expect((await rowsOf(projectId)).filter(({ state }) => state === 'open')).toEqual([]);
  });

  test('is closed, too, if it was of the project’s first call of all', async () => {
    const projectId = project();
    await openRow(projectId, 70);
    nowMs += 3 * 86_400_000;
    await house.begin(heldTo({ projectId }), asking(100, 50));
    await sweepLater();
    const rows = await ledgerOf(house, projectId, nowMs);
    expect(rows).toHaveLength(2);
    expect(rows.filter(({ state }) => state === 'open')).toEqual([]);
  });

  test('of another shard is left to that shard', async () => {
    const projectId = project();
    await house.begin(heldTo({ projectId }), asking(100, 50));
    nowMs += settings.epochSeconds * 1000;
    const row = await openRow(projectId, 70);
    const hold = row.hold && { ...row.hold, shard: 1 };
    await house.usage.open({ ...row, ...(hold && { hold }) });
    await sweepLater();
    expect((await rowsOf(projectId)).filter(({ state }) => state === 'open')).toHaveLength(1);
  });
});

test('a call under way in an epoch that is not due is left alone', async () => {
  const projectId = project();
  await house.begin(heldTo({ projectId }), asking(100, 50));
  const beganMs = nowMs;
  nowMs += settings.epochSeconds * 1000;
  await house.begin(heldTo({ projectId }), asking(30, 20));
  await house.sweepAt(spanOf(epochAt(beganMs, settings.epochSeconds)).toMs + settings.ageSeconds * 1000);
  expect(await rowsOf(projectId)).toMatchObject([{ state: 'settled' }, { state: 'open' }]);
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(200);
});

test('tokens that a killed call may have taken leak away like any others', async () => {
  const projectId = project();
  const held = heldTo({ projectId, policy: { limits: { tokensPerMinute: 60_000 } } });
  await house.begin(held, asking(9_000, null));
  const laterMs = muchLater(nowMs);
  await house.sweepAt(laterMs);
  nowMs = laterMs;
  expect(await unlessRefused(house.begin(held, asking(9_000, null)))).toBeNull();
  nowMs += 9_100;
  expect(await unlessRefused(house.begin(held, asking(9_000, null)))).not.toBeNull();
});

test('a model with an @ in its name is closed like any other', async () => {
  const projectId = project();
  const held = heldTo({ projectId, policy: { modelLimits: { 'claude@20251001': { tokensPerMinute: 60_000 } } } });
  await house.begin(held, asking(100, 50), 'claude@20251001');
  await sweepLater();
  await expectTrueBooks(house, projectId, nowMs);
  const swept: string[] = [];
  for await (const { id } of house.store.unswept(new Date(muchLater(nowMs)).toISOString())) swept.push(id);
  expect(swept).not.toContain(counterId(projectId, 0));
});

test('an epoch of more keys than one write can name is closed piece by piece', async () => {
  const projectId = project();
  const keys = Array.from({ length: 90 }, (_, index) => `key_${index}`);
  for (const apiKeyId of keys) {
    const held = heldTo({ projectId, apiKeyId, keyPolicy: { spendLimitMicroUsd: 1_000 } });
    await house.begin(held, asking(10, 5));
  }
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(90 * 15);
});

test('once closing has begun nothing settles, and a sweep that dies between its writes is finished by the next', async () => {
  const projectId = project();
  const keys = Array.from({ length: 60 }, (_, index) => `key_${index}`);
  const calls = [];
  for (const apiKeyId of keys) {
    const held = heldTo({ projectId, apiKeyId, keyPolicy: { spendLimitMicroUsd: 1_000 } });
    calls.push(await house.begin(held, asking(10, 5)));
  }
  for (let writes = 1; writes <= 2; writes += 1) {
    let left = writes;
    const dying = {
      ...house.store,
      once: (...args: Parameters<typeof house.store.once>) => {
        if (left-- <= 0) throw new Error('killed');
        return house.store.once(...args);
      },
    };
    const deps = {
      store: dying,
      usage: house.usage,
      organization: unlimited,
      settings,
      log: silent,
      now: () => muchLater(nowMs),
    };
    await sweep(deps, () => false);
    for (const { row } of calls.slice(0, 3)) {
      await house.admission.settle(projectId, row, row.hold, { microUsd: 1, tokens: 1 });
    }
  }
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(60 * 15);
});

test('many sweeps at once close everything once', async () => {
  const projectId = project();
  const held = heldTo({ projectId, policy: { limits: { tokensPerMinute: 60_000 } } });
  for (let call = 0; call < 20; call += 1) {
    const { row } = await house.begin(held, asking(10, 5));
    if (call % 3 === 0) await house.usage.settle(row, settlementOf(15, 15));
    if (call % 5 === 0) await openRow(projectId, 15);
  }
  const swept = await Promise.all(Array.from({ length: 6 }, sweepLater));
  expect(swept.reduce((sum, { epochs }) => sum + epochs, 0)).toBe(1);
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(20 * 15);
});

test('a project that cannot be swept keeps no other from it, and is told of', async () => {
  const broken = project();
  const sound = project();
  await house.begin(heldTo({ projectId: broken }), asking(100, 50));
  nowMs += 1;
  await house.begin(heldTo({ projectId: sound }), asking(100, 50));
  const [row] = await rowsOf(broken);
  const instant = new Date(row?.startedAtMs ?? 0).toISOString();
  await database.db.send(
    new UpdateCommand({
      TableName: database.names.usage,
      Key: { projectDay: `${broken}#${instant.slice(0, 10)}`, position: `${instant}#${row?.id}` },
      UpdateExpression: 'SET #state = :nonsense',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':nonsense': 'nonsense' },
    }),
  );
  const errors: unknown[] = [];
  const log = { ...silent, error: (_: string, facts: object = {}) => void errors.push(facts) };
  const deps = {
    store: house.store,
    usage: house.usage,
    organization: unlimited,
    settings,
    log,
    now: () => muchLater(nowMs),
  };
  const swept = await sweep(deps, () => false);
  await expectTrueBooks(house, sound, nowMs);
  expect(errors).toMatchObject([{ id: counterId(broken, 0) }]);
  expect(swept.activeProjects).toEqual(new Set([broken, sound]));
});

test('a project at rest leaves the index, and comes back with its next call', async () => {
  const projectId = project();
  const listed = async () => {
    const ids: string[] = [];
    for await (const { id } of house.store.unswept('2030')) ids.push(id);
    return ids.includes(counterId(projectId, 0));
  };
  await house.begin(heldTo({ projectId }), asking(100, 50));
  expect(await listed()).toBe(true);
  await sweepLater();
  expect(await listed()).toBe(false);
  nowMs = muchLater(nowMs);
  await house.begin(heldTo({ projectId }), asking(100, 50));
  expect(await listed()).toBe(true);
  await house.store.leaveIndex(counterId(projectId, 0), 1);
  expect(await listed()).toBe(true);
});

test('when time runs out, the next sweep goes on', async () => {
  const projectId = project();
  await house.begin(heldTo({ projectId }), asking(100, 50));
  const deps = {
    store: house.store,
    usage: house.usage,
    organization: unlimited,
    settings,
    log: silent,
    now: () => muchLater(nowMs),
  };
  expect(await sweep(deps, () => true)).toMatchObject({ epochs: 0 });
  expect(await rowsOf(projectId)).toMatchObject([{ state: 'open' }]);
});

test('a call that ends after it was swept changes nothing', async () => {
  const projectId = project();
  const call = await house.begin(heldTo({ projectId }), asking(100, 50));
  await sweepLater();
  await house.end(call, { microUsd: 1, tokens: 1 });
  await house.admission.settle(projectId, call.row, call.row.hold, { microUsd: 1, tokens: 1 });
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(150);
});

test('what was above the bound stays in the ledger and in the counters', async () => {
  const projectId = project();
  const lost = await house.begin(heldTo({ projectId }), asking(100, 50));
  const heard = await house.begin(heldTo({ projectId }), asking(100, 50));
  await house.usage.settle(lost.row, settlementOf(400, 400));
  await house.end(heard, { microUsd: 300, tokens: 300 });
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(700);
});

test('a call above its bound takes nothing from what a killed one is charged', async () => {
  const projectId = project();
  const lost = await house.begin(heldTo({ projectId }), asking(100, 50));
  await house.begin(heldTo({ projectId }), asking(100, 50));
  await house.usage.settle(lost.row, settlementOf(400, 400));
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(400 + 150);
});

test('a call that failed over, later than its epoch, is found with its last attempt', async () => {
  const projectId = project();
  const { row } = await house.begin(heldTo({ projectId }), asking(100, 50));
  await house.usage.settle(row, settlementOf(0, 0, 'failed'));
  const second = { ...row, id: `${row.id}2`, ordinal: 2, startedAtMs: nowMs + 12 * 60_000 };
  await house.usage.open(second);
  await house.usage.settle(second, settlementOf(60, 60));
  await sweepLater();
  expect(spentBy(await expectTrueBooks(house, projectId, nowMs))).toBe(60);
});

test('counters of months before the last, and of buckets long full, are forgotten', async () => {
  const projectId = project();
  const policy = { limits: { requestsPerMinute: 600, requestsPerDay: 1_000, tokensPerMinute: 60_000 } };
  await house.begin(heldTo({ projectId, policy }), asking(100, 50));
  await sweepLater();
  nowMs = Date.parse('2027-01-15T10:00:00Z');
  await house.begin(heldTo({ projectId }), asking(100, 50));
  await sweepLater();
  await sweepLater();
  const counters = await house.store.get(counterId(projectId, 0));
  expect(Object.keys(counters).sort()).toEqual(['C', 'M2701', 'R2701', 'S2701', 'n', 'w'].filter((n) => n in counters));
  expect(counters).toMatchObject({ M2701: 150, R2701: 0, S2701: -150 });
});
