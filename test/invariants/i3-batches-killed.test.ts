/** I3: whichever worker of batches is killed when, every line has one answer, in one of two files, and provider, ledger and counters agree in the end. */
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type OpenAI from 'openai';
import { bundleFunctions } from '../../infra/build/bundle.ts';
import { resolveConfig } from '../../infra/build/resolve-config.ts';
import { requestIdOf } from '../../shared/batches/line-row.ts';
import { dynamoQueueStore } from '../../shared/queues/queue-store.ts';
import { chatLine, filesOfBatch, newBatch, type OutputLine } from '../support/batch-scene.ts';
import { type TestDatabase, testDatabase } from '../support/database.ts';
import { killed, startedDoomed } from '../support/doomed-process.ts';
import { environmentFor, oneProvider, type Tenant, testGateway } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { answer, completion, refusal, type ScriptedProvider, scriptedProvider } from '../support/scripted-provider.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { expectTrueBooks } from './support/books.ts';
import type { WorkerDoom } from './support/doomed-worker.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

const kills = Number(process.env['KILLS'] ?? 14);
const script = join(import.meta.dirname, 'support', 'doomed-worker.ts');
/** Longer than a message is invisible, and a lease lasts. */
const stepMs = 130_000;
/** Longer than nobody is seen in a lane before the sweep calls for one. */
const silenceMs = 1_300_000;
const maxRounds = 12;
/** Of a chunk at which so many have died what is open is given up. */
const maxDeaths = 5;

let database: TestDatabase;
let provider: ScriptedProvider;
beforeAll(async () => {
  [database, provider] = await Promise.all([testDatabase(), scriptedProvider()]);
});
afterAll(() => Promise.all([database.stop(), provider.stop()]));

type Life = { readonly fromMs: number; toMs: number };
type Made = { readonly tenant: Tenant; readonly name: string; readonly lines: number; readonly batch: OpenAI.Batch };

/** What line `index` asks; some are refused, and at some the provider fails. */
const kindOf = (index: number): 'refused' | 'broken' | 'good' =>
  index % 17 === 5 ? 'refused' : index % 29 === 7 ? 'broken' : 'good';
const contentOf = (name: string, index: number): string => `${kindOf(index)} ${name} ${index}`;
/** So much of nothing after each line that a chunk has some thirty of them. */
const blank = `${' '.repeat(34_000)}\n`;
const fileOf = (name: string, lines: number): string =>
  Array.from(
    { length: lines },
    (_, index) => `${JSON.stringify(chatLine(`${name}-${index}`, contentOf(name, index)))}\n${blank}`,
  ).join('');

test(`${kills} workers killed at any time: every line of every batch is answered once, and what the provider saw is in the ledger (I3)`, async () => {
  const asks = new Map<string, number[]>();
  provider.script = async (http, asked) => {
    const content = String((asked.body['messages'] as { content: string }[])[0]?.content);
    asks.set(content, [...(asks.get(content) ?? []), Date.now()]);
    await sleep(5 + Math.random() * 25);
    if (content.startsWith('refused')) return refusal(400, { message: 'no', code: 'bad' })(http, asked);
    if (content.startsWith('broken')) return refusal(500, { message: 'down' })(http, asked);
    return answer(completion(`answer to ${content}`))(http, asked);
  };
  const config = { ...oneProvider(provider.baseURL), batches: { lanes: 3, linesAtOnce: 6 } };
  const environment = environmentFor(database, config);
  const bundles = await bundleFunctions(temporaryFolder(), resolveConfig(config, { now: new Date() }));
  const gateway = await testGateway(database, config, { environment });
  const beganMs = Date.now();
  gateway.clock.nowMs = beganMs;
  const [first, second] = [await gateway.tenant('first'), await gateway.tenant('second')];
  const wanted = [
    { tenant: first, name: 'large', lines: 160 },
    { tenant: first, name: 'small', lines: 40 },
    { tenant: second, name: 'other', lines: 100 },
  ];
  const made: Made[] = [];
  for (const one of wanted) {
    await holdTo(database, one.tenant.projectId, { spendLimitMicroUsd: 1_000_000_000 });
    made.push({ ...one, batch: await newBatch(gateway, one.tenant, fileOf(one.name, one.lines)) });
  }

  const lives: Life[] = [];
  const started = (aheadMs: number): Promise<ChildProcess> => {
    const doom: WorkerDoom = {
      queue: 'batches',
      bundle: pathToFileURL(join(bundles['batch-lanes']?.folder ?? '', 'index.mjs')).href,
      endpoint: database.endpoint,
      queueTable: database.queueTable,
      aheadMs,
      loops: 6,
      twice: 0.3,
    };
    return startedDoomed(script, doom, {
      ...environment,
      NODE_COMPILE_CACHE: join(bundles['health']?.folder ?? '', 'cache'),
    });
  };
  const begin = (child: ChildProcess): Life => {
    const life = { fromMs: Date.now(), toMs: Number.POSITIVE_INFINITY };
    lives.push(life);
    child.send('go');
    return life;
  };
  const end = async (child: ChildProcess, life: Life): Promise<void> => {
    await killed(child);
    life.toMs = Date.now();
  };

  const seen = new Map<string, OpenAI.Batch>();
  /** What is told of a batch goes forward, and never back. */
  const look = async (): Promise<OpenAI.Batch[]> => {
    const order = ['validating', 'in_progress', 'finalizing', 'completed'];
    const found = await Promise.all(made.map(({ tenant, batch }) => tenant.client.batches.retrieve(batch.id)));
    for (const batch of found) {
      const before = seen.get(batch.id);
      seen.set(batch.id, batch);
      const { total = 0, completed = 0, failed = 0 } = batch.request_counts ?? {};
      expect(completed + failed).toBeLessThanOrEqual(total);
      expect(order).toContain(batch.status);
      expect(order.indexOf(batch.status)).toBeGreaterThanOrEqual(order.indexOf(before?.status ?? 'validating'));
      expect(completed).toBeGreaterThanOrEqual(before?.request_counts?.completed ?? 0);
      expect(failed).toBeGreaterThanOrEqual(before?.request_counts?.failed ?? 0);
      expect(batch.usage?.total_tokens).toBeGreaterThanOrEqual(before?.usage?.total_tokens ?? 0);
    }
    return found;
  };

  let aheadMs = 0;
  let child = await started(aheadMs);
  let life = begin(child);
  for (let done = 0; done < kills; done += 1) {
    const askedBefore = provider.asked.length;
    aheadMs += stepMs;
    const next = started(aheadMs);
    // Sometimes before it has asked anybody, mostly while it asks.
    const untilMs = Date.now() + 3_000;
    if (Math.random() < 0.8) while (provider.asked.length === askedBefore && Date.now() < untilMs) await sleep(1);
    await sleep(Math.random() * 120);
    // Now and then it is only thought dead, and goes on beside its successor for a while.
    const isZombie = Math.random() < 0.3;
    if (!isZombie) await end(child, life);
    const successor = await next;
    const successorsLife = begin(successor);
    if (isZombie) {
      await sleep(Math.random() * 300);
      await end(child, life);
    }
    [child, life] = [successor, successorsLife];
    await look();
  }
  // The last ones live: what is left is worked on until nothing is. Messages that have died too often the sweep makes up for.
  const store = dynamoQueueStore(database.db, database.queueTable);
  for (let round = 0; ; round += 1) {
    const isIdle = new Promise<void>((resolve) => {
      let idle = 0;
      child.on('message', (message) => {
        if (message === 'idle') idle += 1;
        if (idle === 6) resolve();
      });
    });
    // The one from above may have been idle before anybody listened.
    await Promise.race([isIdle, sleep(round === 0 ? 4_000 : 30_000, undefined, { ref: false })]);
    await end(child, life);
    const found = await look();
    const isOver = found.every(({ status }) => status === 'completed');
    if (isOver && round > 2 && (await left(database, 'batches')).length === 0) break;
    if (round === maxRounds) throw new Error(`not over: ${JSON.stringify(found)}`);
    aheadMs += silenceMs;
    gateway.clock.nowMs = Date.now() + aheadMs;
    await gateway.runSchedule('sweep');
    // Somebody has put the dead letters back by hand, once more.
    const dead = await store.dead('batches');
    for (const [index, message] of dead.entries())
      await store.send('batches', `redriven_${round}_${index}`, message, 0);
    child = await started(aheadMs);
    life = begin(child);
  }

  const chunks = await scanned(database, database.names.batchLines);
  const rowsOf = new Map<string, Awaited<ReturnType<typeof expectTrueBooks>>>();
  const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => beganMs });
  await house.sweepAt(muchLater(beganMs + aheadMs));
  for (const { projectId } of [first, second]) rowsOf.set(projectId, await expectTrueBooks(house, projectId, beganMs));
  let askedTwice = 0;
  for (const { tenant, name, lines, batch } of made) {
    const { output, errors, all } = await filesOfBatch(gateway, tenant.projectId, seen.get(batch.id) ?? batch);
    const indices = Array.from({ length: lines }, (_, index) => index);
    expect(all.toSorted()).toEqual(indices.map((index) => `${name}-${index}`).toSorted());
    expect(seen.get(batch.id)?.request_counts).toEqual({
      total: lines,
      completed: output.length,
      failed: errors.length,
    });
    expect(seen.get(batch.id)?.usage?.total_tokens).toBe(15 * output.length);
    const indexOf = ({ custom_id }: OutputLine): number => Number(custom_id.slice(name.length + 1));
    for (const list of [output, errors]) expect(list.map(indexOf)).toEqual(list.map(indexOf).toSorted((a, b) => a - b));
    for (const line of output) {
      expect(line.response).toMatchObject({
        status_code: 200,
        body: { choices: [{ message: { content: `answer to good ${name} ${indexOf(line)}` } }] },
      });
    }
    for (const line of errors) {
      const index = indexOf(line);
      if (line.error === null) {
        expect(line.response?.status_code).toBe({ refused: 400, broken: 502, good: 0 }[kindOf(index)]);
        continue;
      }
      expect(line.error.code).toBe('server_error');
      const chunk = chunks.find(
        (row) =>
          row['batch'] === `${tenant.projectId}#${batch.id}` &&
          Number(row['firstLine']) <= lineOf(index) &&
          Number(row['lastLine']) >= lineOf(index),
      );
      expect(chunk?.['deaths']).toBeGreaterThanOrEqual(maxDeaths);
    }
    const ids = new Map([...output, ...errors].map((line) => [indexOf(line), line.id]));
    const rows = rowsOf.get(tenant.projectId) ?? [];
    for (const index of indices) {
      const requestId = requestIdOf(batch.id, lineOf(index));
      expect(ids.get(index)).toBe(requestId);
      const times = asks.get(contentOf(name, index)) ?? [];
      const mine = rows.filter((row) => row.requestId === requestId);
      // A row for each time that it was asked, and perhaps one for a worker that was killed right before.
      expect(mine.length).toBeGreaterThanOrEqual(times.length);
      const settled = mine.filter((row) => row.state === 'settled' && row.settledBy === 'gateway');
      expect(settled.length).toBeLessThanOrEqual(times.length);
      // Nobody asks again while the one who asked lives by himself, but for what a provider fails at.
      const inOneLife = kindOf(index) === 'broken' ? 3 : 1;
      const alone = (ms: number) => lives.filter(({ fromMs, toMs }) => fromMs <= ms && ms <= toMs);
      const perLife = Map.groupBy(times, (ms) => alone(ms)[0]);
      for (const inLife of perLife.values()) {
        const isShared = inLife.some((ms) => alone(ms).length > 1);
        if (!isShared) expect(inLife.length).toBeLessThanOrEqual(inOneLife);
      }
      if (times.length > inOneLife) askedTwice += 1;
    }
    expect(rows.filter(({ batch: is }) => is !== true)).toEqual([]);
  }
  for (const { projectId } of [first, second]) {
    const known = new Set(
      made.flatMap(({ batch, lines }) =>
        Array.from({ length: lines }, (_, index) => requestIdOf(batch.id, lineOf(index))),
      ),
    );
    expect((rowsOf.get(projectId) ?? []).filter(({ requestId }) => !known.has(requestId))).toEqual([]);
  }
  // They were killed at work.
  expect([...rowsOf.values()].flat().some((row) => row.state === 'settled' && row.settledBy !== 'gateway')).toBe(true);
  expect(askedTwice).toBeGreaterThan(0);
}, 300_000);

/** Each is followed by a blank one. */
const lineOf = (index: number): number => 2 * index + 1;

async function scanned({ db }: TestDatabase, table: string): Promise<Record<string, unknown>[]> {
  const items: Record<string, unknown>[] = [];
  let start: Record<string, unknown> | undefined;
  do {
    const page = await db.send(new ScanCommand({ TableName: table, ...(start && { ExclusiveStartKey: start }) }));
    items.push(...(page.Items ?? []));
    start = page.LastEvaluatedKey;
  } while (start);
  return items;
}

const left = async (of: TestDatabase, queue: string) =>
  (await scanned(of, of.queueTable)).filter((item) => item['queue'] === queue);
