/** Workers of batches whose heartbeats fail, who are taken for dead and are not, and who come too late. */
import { batchesDeps, batchLaneDeps } from '../../shared/batch-deps.ts';
import type { AnswerLine } from '../../shared/batches/answer-line.ts';
import { newBatch as newBatchRow } from '../../shared/batches/batch.ts';
import { cancelBatch } from '../../shared/batches/batch-call.ts';
import { createBatch } from '../../shared/batches/create-batch.ts';
import type { LaneStore } from '../../shared/batches/lane-store.ts';
import type { LineStore } from '../../shared/batches/line-store.ts';
import { createWork } from '../../shared/batches/work.ts';
import { GatewayError } from '../../shared/errors.ts';
import { filesOf } from '../../shared/file-deps.ts';
import type { ProjectCaller } from '../../shared/keys/caller.ts';
import type { Queue } from '../../shared/queues/queue.ts';
import { chatLine, ended, filesOfBatch, inputFile, jsonl, newBatch } from '../support/batch-scene.ts';
import type { Tenant } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { wellBehaved } from '../support/scripted-provider.ts';

const on = scene({}, (baseURL) => ({
  providers: { scripted: { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY' } },
  models: { 'test-model': { targets: ['scripted/upstream-model'], price: { input: 1, output: 4 } } },
  batches: { lanes: 1, linesAtOnce: 1 },
}));

const chats = (count: number) => Array.from({ length: count }, (_, i) => chatLine(`c${i}`));
const said = (content: string) => ({
  kind: 'answered' as const,
  status: 200,
  body: { choices: [{ message: { content } }], usage: { prompt_tokens: 10, completion_tokens: 5 } },
});
const failing = { kind: 'answered', status: 502, body: { error: {} }, retryable: true } as const;

type Wish = {
  readonly answerLine?: AnswerLine;
  readonly renew?: (renew: LaneStore['renew']) => LaneStore['renew'];
  readonly record?: LineStore['record'];
  readonly remainingMs?: () => number;
  /** How often it asks whether its lane has work. */
  readonly onLook?: () => void;
};

/** A worker with a hand on its own heart: it looks at its lane whenever `beat` is called. */
function worker(
  tenant: Pick<Tenant, 'projectId'>,
  { answerLine, renew, record, remainingMs = () => 900_000, onLook }: Wish = {},
) {
  const { lineDeps: _, ...deps } = batchLaneDeps(on().gateway.live);
  let beats: (() => void)[] = [];
  const work = createWork({
    ...deps,
    answerLine: answerLine ?? (async () => said('hello')),
    lines: { ...deps.lines, ...(record && { record }) },
    lanes: { ...deps.lanes, ...(renew && { renew: renew(deps.lanes.renew) }) },
    batches: {
      ...deps.batches,
      unfinished: (projectId) => {
        onLook?.();
        return deps.batches.unfinished(projectId);
      },
    },
    meanwhile: (_ms, signal) =>
      new Promise<void>((resolve) => {
        beats.push(resolve);
        if (signal.aborted) resolve();
        signal.addEventListener('abort', () => resolve());
      }),
  });
  return {
    work: () =>
      work(
        { message: { projectId: tenant.projectId, lane: '0' }, receives: 1 },
        { getRemainingTimeInMillis: remainingMs },
      ),
    /** Once, and long enough for all that comes of it. */
    beat: async () => {
      const due = beats;
      beats = [];
      for (const resolve of due) resolve();
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
  };
}

/** Answers so many lines, and then keeps its worker waiting until it is let go, or told to stop. */
function stuckAfter(lines: number, content: string) {
  let asked = 0;
  let stuck = () => {};
  const isStuck = new Promise<void>((resolve) => {
    stuck = resolve;
  });
  let letGo = () => {};
  const isLetGo = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const answerLine: AnswerLine = async ({ stopped }) => {
    asked += 1;
    if (asked <= lines) return said(content);
    stuck();
    await Promise.race([
      isLetGo,
      new Promise<void>((resolve) => stopped.addEventListener('abort', () => resolve(), { once: true })),
    ]);
    return stopped.aborted ? { kind: 'stopped' } : said(content);
  };
  return { answerLine, isStuck, letGo: () => letGo() };
}

test('a heartbeat that failed is tried again at the next look, long before the lease is over', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(3));
  let renewals = 0;
  const line = stuckAfter(1, 'first');
  const living = worker(tenant, {
    answerLine: line.answerLine,
    renew: (renew) => async (key, lease, nowMs) => {
      renewals += 1;
      if (renewals <= 2) throw new GatewayError('overloaded');
      return renew(key, lease, nowMs);
    },
  });
  const working = living.work();
  await line.isStuck;
  gateway.clock.nowMs += 20_000;
  for (const _ of [1, 2, 3]) {
    gateway.clock.nowMs += 2_000;
    await living.beat();
  }
  expect(renewals).toBe(3);
  // It is known to live for another minute.
  gateway.clock.nowMs += 50_000;
  const lanes = await batchLaneDeps(gateway.live).lanes.all(tenant.projectId);
  expect(lanes[0]?.leasedUntilMs).toBeGreaterThan(gateway.clock.nowMs);
  line.letGo();
  await working;
  expect((await ended(gateway, tenant.client, id)).request_counts).toMatchObject({ completed: 3 });
});

test('one that is taken for dead counts nothing any more, asks nothing more, and goes without another look', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(9));
  const deadLine = stuckAfter(2, 'of the dead');
  let isLost = false;
  let looks = 0;
  const dead = worker(tenant, {
    answerLine: deadLine.answerLine,
    // Its heartbeats have failed for a minute, and fail for a while.
    renew:
      (renew) =>
      async (...given) => {
        if (!isLost) throw new GatewayError('overloaded');
        return renew(...given);
      },
    onLook: () => {
      looks += 1;
    },
  });
  const dying = dead.work();
  await deadLine.isStuck;
  gateway.clock.nowMs += 61_000;
  const heirLine = stuckAfter(5, 'of the heir');
  const heir = worker(tenant, { answerLine: heirLine.answerLine });
  const inheriting = heir.work();
  await heirLine.isStuck;
  await heir.beat();
  const counted = async () => (await tenant.client.batches.retrieve(id)).request_counts?.completed;
  expect(await counted()).toBe(7);
  await dead.beat();
  expect(await counted()).toBe(7);
  isLost = true;
  looks = 0;
  await dead.beat();
  await dying;
  expect(looks).toBe(0);
  expect(await counted()).toBe(7);
  heirLine.letGo();
  await inheriting;
  const done = await ended(gateway, tenant.client, id);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 9, completed: 9, failed: 0 } });
  const { output } = await filesOfBatch(gateway, tenant.projectId, done);
  const contents = output.map(({ response }) => JSON.stringify(response?.body).includes('of the dead'));
  expect(contents).toEqual([true, true, ...Array(7).fill(false)]);
});

test('one whose lane is another’s between two pieces of work leaves it at once', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  await newBatch(gateway, tenant, chats(1));
  const { lanes } = batchLaneDeps(gateway.live);
  let looks = 0;
  const slow = worker(tenant, {
    onLook: () => {
      looks += 1;
    },
  });
  const key = { projectId: tenant.projectId, lane: 0 };
  const { nowMs } = gateway.clock;
  const claim = lanes.claim.bind(lanes);
  const working = slow.work();
  while (looks === 0) await new Promise((resolve) => setImmediate(resolve));
  const lease = { workerId: 'heir', untilMs: nowMs + 200_000 };
  await claim(key, { lease, nowMs: nowMs + 61_000 });
  await working;
  expect(looks).toBeLessThan(5);
  expect((await lanes.all(tenant.projectId))[0]?.leasedUntilMs).toBe(lease.untilMs);
});

test('a line that a provider fails at when a worker’s time is over is asked by the next one', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(1));
  let remainingMs = 900_000;
  const tired = worker(tenant, {
    answerLine: async () => {
      remainingMs = 500_000;
      return failing;
    },
    remainingMs: () => remainingMs,
  });
  await tired.work();
  expect((await tenant.client.batches.retrieve(id)).request_counts).toMatchObject({ completed: 0, failed: 0 });
  const done = await ended(gateway, tenant.client, id);
  expect(done).toMatchObject({ status: 'completed', request_counts: { total: 1, completed: 1, failed: 0 } });
});

test('a batch that is cancelled while its lines have to wait is wrapped up without waiting', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(3));
  const refused = worker(tenant, {
    answerLine: async () => {
      await tenant.client.batches.cancel(id);
      await refused.beat();
      return { kind: 'wait', error: { code: 'rate_limit_exceeded', message: 'later' }, retryAfterMs: 300_000 };
    },
  });
  const beganMs = gateway.clock.nowMs;
  await refused.work();
  expect((await ended(gateway, tenant.client, id)).status).toBe('cancelled');
  expect(gateway.clock.nowMs - beganMs).toBeLessThan(2_000);
});

test('an answer that the table has no room for is written down later, and not asked for again', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(3));
  const { lines } = batchLaneDeps(gateway.live);
  let refusals = 8;
  let asked = 0;
  const throttled = worker(tenant, {
    answerLine: async () => {
      asked += 1;
      return said('hello');
    },
    record: async (...given) => {
      refusals -= 1;
      if (refusals >= 0) throw new GatewayError('overloaded');
      return lines.record(...given);
    },
  });
  await throttled.work();
  expect(asked).toBe(3);
  const done = await ended(gateway, tenant.client, id);
  expect(done.request_counts).toEqual({ total: 3, completed: 3, failed: 0 });
  expect(provider.asked.map(({ path }) => path)).toEqual([]);
});

test('a small batch waits for one turn of another project’s large one', async () => {
  const { gateway, provider } = on();
  const [large, small] = [await gateway.tenant('large'), await gateway.tenant('small')];
  const asked: string[] = [];
  provider.script = (response, question) => {
    // Other tests leave batches of their own.
    const text = JSON.stringify(question.body['messages']);
    if (/large|small/.test(text)) asked.push(text);
    gateway.clock.nowMs += 500;
    return wellBehaved(response, question);
  };
  const lines = Array.from({ length: 350 }, (_, i) => chatLine(`c${i}`, 'large'));
  const big = await newBatch(gateway, large, lines);
  const { id } = await newBatch(gateway, small, [chatLine('a', 'small')]);
  expect((await ended(gateway, small.client, id)).status).toBe('completed');
  await ended(gateway, large.client, big.id);
  expect(asked.filter((text) => text.includes('large'))).toHaveLength(350);
  expect(asked.findIndex((text) => text.includes('small'))).toBeLessThanOrEqual(100);
}, 30_000);

test('a batch that is cancelled again calls for a worker again: the first time it may not have come to that', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { id } = await newBatch(gateway, tenant, chats(1));
  const sent: unknown[] = [];
  const { batches } = batchesDeps(gateway.live);
  const call = { caller: { projectId: tenant.projectId } as ProjectCaller, params: { batch_id: id } };
  const cancel = (send: Queue['send']) => cancelBatch({ batches, batchQueue: { send }, now: gateway.live.now }, call);
  await expect(
    cancel(async () => {
      throw new GatewayError('overloaded');
    }),
  ).rejects.toThrow();
  expect((await cancel(async (message) => void sent.push(message))).status).toBe('cancelling');
  expect(sent).toEqual([{ projectId: tenant.projectId, lane: '0' }]);
});

describe('creating', () => {
  const wantedOf = async (tenant: Tenant) => ({
    input_file_id: await inputFile(on().gateway, tenant.projectId, jsonl(chats(1))),
    endpoint: '/v1/chat/completions' as const,
    completion_window: '24h' as const,
  });

  test('again, by the SDK, what has ended in the meantime makes no second batch', async () => {
    const { gateway, ledger } = on();
    const tenant = await gateway.tenant();
    const wanted = await wantedOf(tenant);
    const first = await tenant.client.batches.create(wanted);
    await ended(gateway, tenant.client, first.id);
    const again = await tenant.client.batches.create(wanted, { headers: { 'x-stainless-retry-count': '1' } });
    expect(again.id).toBe(first.id);
    expect(await ledger(tenant.projectId)).toHaveLength(1);
  });

  test('under an Idempotency-Key is answered the same when its file is gone, and refused with other metadata', async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    const wanted = { ...(await wantedOf(tenant)), metadata: { b: '1', a: '2' } };
    const keyed = { headers: { 'Idempotency-Key': 'night-1' } };
    const first = await tenant.client.batches.create(wanted, keyed);
    await ended(gateway, tenant.client, first.id);
    await filesOf(gateway.live).delete(tenant.projectId, wanted.input_file_id);
    const again = await tenant.client.batches.create({ ...wanted, metadata: { a: '2', b: '1' } }, keyed);
    expect([again.id, again.status]).toEqual([first.id, 'completed']);
    const other = tenant.client.batches.create({ ...wanted, metadata: { a: '2' } }, keyed);
    await expect(other).rejects.toMatchObject({ status: 400 });
  });

  test('where the queue is down, and a worker has begun it nevertheless, has been done', async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    const deps = batchesDeps(gateway.live);
    const { lanes, tasks, batches } = batchLaneDeps(gateway.live);
    const hand = { projectId: tenant.projectId, lane: 0, workerId: 'there' };
    const { nowMs } = gateway.clock;
    await lanes.claim(hand, { lease: { workerId: 'there', untilMs: nowMs + 60_000 }, nowMs });
    const listed = await gateway.admin().admin.organization.projects.apiKeys.list(tenant.projectId);
    const caller = await batchLaneDeps(gateway.live).callerNow(tenant.projectId, listed.data[0]?.id ?? '');
    if (!caller) throw new Error('no key');
    const create = (isTaken: boolean) => async () => {
      const made = createBatch(
        {
          ...deps,
          batchQueue: {
            send: async () => {
              const [batch] = await batches.unfinished(tenant.projectId);
              if (!batch) throw new Error('no batch');
              const inHand = { batchId: batch.id, work: 'validation' } as const;
              if (isTaken) await tasks.take(hand, { batch, inHand, output: undefined });
              throw new GatewayError('overloaded');
            },
          },
        },
        { caller, body: await wantedOf(tenant), headers: {}, requestId: 'request' },
      );
      return made;
    };
    await expect(create(false)()).rejects.toThrow();
    expect((await tenant.client.batches.list()).data).toEqual([]);
    const { id } = await create(true)();
    gateway.clock.nowMs += 21 * 60_000;
    await gateway.runSchedule('sweep');
    expect((await ended(gateway, tenant.client, id)).request_counts).toMatchObject({ completed: 1 });
  });
});

test.each([
  ['aaa', 0],
  ['batch_', 0],
  ['lane_0', 1],
  ['zzz', 1],
])('a listing after %s, which is none, begins where that would be', async (after, count) => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  await newBatch(gateway, tenant, chats(1));
  expect((await tenant.client.batches.list({ after })).data).toHaveLength(count);
});

test('a listing of batches with many errors goes on where a page of the database ends', async () => {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { batches } = batchLaneDeps(gateway.live);
  const message = 'x'.repeat(1_000);
  const errors = Array.from({ length: 100 }, (_, line) => ({ code: 'invalid_url', message, param: 'url', line }));
  const ids = Array.from({ length: 25 }, (_, i) => `batch_${1_000 + i}`);
  for (const id of ids) {
    const wanted = { projectId: tenant.projectId, id, apiKeyId: 'key_a', inputFileId: 'file-a', createdAtMs: 0 };
    const more = { endpoint: '/v1/chat/completions', metadata: null, outputExpiresSeconds: null } as const;
    await batches.create({ ...newBatchRow({ ...wanted, ...more }), status: 'failed', errors });
  }
  const listed: string[] = [];
  for await (const { id } of tenant.client.batches.list({ limit: 100 })) listed.push(id);
  expect(listed).toEqual(ids.toReversed());
});
