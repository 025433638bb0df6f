/** I3: whichever worker is killed when, a response in the background ends once, and provider, ledger and counters agree in the end. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { bundleFunctions } from '../../infra/build/bundle.ts';
import { resolveConfig } from '../../infra/build/resolve-config.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { killed, startedDoomed } from '../support/doomed-process.ts';
import { environmentFor, oneProvider, testGateway } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { answer, type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts';
import { respondedWith } from '../support/scripted-responses.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectTrueBooks } from './support/books.ts';
import type { WorkerDoom } from './support/doomed-worker.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

const kills = Number(process.env['KILLS'] ?? 20);
const responsesAKill = 4;
const script = join(import.meta.dirname, 'support', 'doomed-worker.ts');
/** Longer than a message is invisible, and a lease lasts. */
const stepMs = 130_000;

let database: TestDatabase;
let provider: ScriptedProvider;
beforeAll(async () => {
  [database, provider] = await Promise.all([testDatabase(), scriptedProvider()]);
});
afterAll(() => Promise.all([database.stop(), provider.stop()]));

test(`${kills} workers killed at any time: every response ends once, what the provider saw is in the ledger, and all is settled (I3)`, async () => {
  provider.script = async (http, asked) => {
    await sleep(Math.random() * 10);
    answer(respondedWith(`answer to ${asked.body['input']}`))(http, asked);
  };
  const config = oneProvider(provider.baseURL);
  const environment = environmentFor(database, config);
  const bundles = await bundleFunctions(temporaryFolder(), resolveConfig(config, { now: new Date() }));
  const gateway = await testGateway(database, config, { environment });
  gateway.clock.nowMs = Date.now();
  const { client, projectId } = await gateway.tenant();
  await holdTo(database, projectId, { spendLimitMicroUsd: 1_000_000_000 });
  const ids = new Map<string, string>();
  for (let index = 0; index < kills * responsesAKill; index += 1) {
    gateway.clock.nowMs += 1;
    const input = `question ${index}`;
    ids.set((await client.responses.create({ model: 'test-model', input, background: true })).id, input);
  }

  const beganMs = Date.now();
  const started = async (aheadMs: number): Promise<ChildProcess> => {
    const doom: WorkerDoom = {
      queue: 'responses',
      bundle: pathToFileURL(join(bundles['background-responses']?.folder ?? '', 'index.mjs')).href,
      endpoint: database.endpoint,
      queueTable: database.queueTable,
      aheadMs,
      loops: 4,
    };
    const env = { ...environment, NODE_COMPILE_CACHE: join(bundles['health']?.folder ?? '', 'cache') };
    return startedDoomed(script, doom, env);
  };

  let aheadMs = 0;
  let child = await started(aheadMs);
  for (let done = 0; done < kills; done += 1) {
    const askedBefore = provider.asked.length;
    child.send('go');
    aheadMs += stepMs;
    const next = started(aheadMs);
    // Sometimes before it has asked anybody, mostly while it asks.
    const untilMs = Date.now() + 5_000;
    if (Math.random() < 0.8) while (provider.asked.length === askedBefore && Date.now() < untilMs) await sleep(1);
    await sleep(Math.random() * 40);
    await killed(child);
    child = await next;
  }
  // The last ones live: what is left is delivered until nothing is.
  for (let round = 0; round < 6; round += 1) {
    let idle = 0;
    const isIdle = new Promise<void>((resolve) =>
      child.on('message', (message) => {
        if (message === 'idle') idle += 1;
        if (idle === 4) resolve();
      }),
    );
    child.send('go');
    await isIdle;
    await killed(child);
    aheadMs += stepMs;
    child = await started(aheadMs);
  }
  await killed(child);

  const scan = async (table: string) => {
    const items: Record<string, unknown>[] = [];
    let start: Record<string, unknown> | undefined;
    do {
      const page = await database.db.send(
        new ScanCommand({ TableName: table, ...(start && { ExclusiveStartKey: start }) }),
      );
      items.push(...(page.Items ?? []));
      start = page.LastEvaluatedKey;
    } while (start);
    return items;
  };
  const statuses = new Map<string, number>();
  for (const [id, input] of ids) {
    const response = await client.responses.retrieve(id);
    statuses.set(response.status ?? '', (statuses.get(response.status ?? '') ?? 0) + 1);
    if (response.status === 'completed') expect(response.output_text).toBe(`answer to ${input}`);
    else expect(response).toMatchObject({ status: 'failed', error: { code: 'server_error' }, output: [] });
  }
  expect([...statuses.keys()].filter((status) => !['completed', 'failed'].includes(status))).toEqual([]);
  expect(statuses.get('completed')).toBeGreaterThan(kills);
  // What was said is remembered once, and by those alone that have ended well.
  const threads = (await scan(database.names.conversations)).filter(({ state }) => state === 'open');
  expect(threads).toHaveLength(statuses.get('completed') ?? 0);
  expect(await scan(database.queueTable)).toEqual([]);
  expect(await scan(database.names.backgroundResponses)).toEqual([]);

  const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => beganMs });
  await house.sweepAt(muchLater(beganMs + aheadMs));
  const rows = await expectTrueBooks(house, projectId, beganMs);
  const count = (values: readonly unknown[]) =>
    values.reduce<Map<unknown, number>>((counts, value) => counts.set(value, (counts.get(value) ?? 0) + 1), new Map());
  const metered = count(rows.map(({ requestId }) => ids.get(requestId)));
  const asked = count(provider.asked.map(({ body }) => body['input']));
  // A row for each time that it was asked, and perhaps one for a worker that was killed right before.
  for (const [input, times] of asked) expect(metered.get(input) ?? 0).toBeGreaterThanOrEqual(times);
  for (const times of asked.values()) expect(times).toBeLessThan(4);
  const settledByUs = rows.filter((row) => row.state === 'settled' && row.settledBy === 'gateway');
  expect(settledByUs.length).toBeLessThanOrEqual(provider.asked.length);
  // They were killed at work.
  expect(rows.length).toBeGreaterThan(settledByUs.length);
}, 300_000);
