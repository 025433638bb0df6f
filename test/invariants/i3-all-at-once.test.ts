/**
 * I3, where the parts meet: retries, circuits, the cache, calls that wait for one another, keyed calls, callers who
 * leave or are in a hurry, providers that misbehave and a store that fails, drawn at random and at once. Each part
 * has tests of its own; this one asks only whether the books are true.
 */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type OpenAI from 'openai';
import type { Config } from '../../shared/config/schema.ts';
import { adminKey, oneProvider, type Tenant } from '../support/gateway.ts';
import { misbehaving, misbehavioursOf } from '../support/misbehaviours.ts';
import { holdTo } from '../support/policy.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import type { Script } from '../support/scripted-provider.ts';
import { expectTrueBooks, ledgerOf } from './support/books.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

const callers = 20;
const callsEach = 10;

let shareOfWritesThatFail = 0;
const flaky = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: { constructor: { name: string } }) => {
        const fails = /Put|Update|Delete/.test(command.constructor.name) && Math.random() < shareOfWritesThatFail;
        if (!fails) return target.send(command as never);
        // Half of them are applied all the same.
        if (Math.random() < 0.5) await target.send(command as never);
        throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      };
    },
  });

const other = anotherProvider();
const timeouts = { connectMs: 300, firstChunkMs: 200, idleMs: 200, totalMs: 600 };
const configured = (baseURL: string): Config => ({
  ...oneProvider(baseURL),
  providers: {
    one: { kind: 'openai', baseURL, timeouts },
    two: { kind: 'openai', baseURL: other().baseURL, timeouts },
  },
  models: { 'test-model': { targets: [['one/a', 'two/a'], 'two/b'], price: { input: 1, output: 4 } } },
  resilience: { drainSeconds: 1, circuit: { failures: 40, openSeconds: 1 }, retry: { budgetReserve: 1_000 } },
});
const on = scene(
  { override: ({ db, onceDb }) => ({ db: flaky(db), onceDb: flaky(onceDb), random: Math.random }) },
  configured,
);

const oneOf = <Value>(values: readonly Value[]): Value => values[Math.floor(Math.random() * values.length)] as Value;
const sometimes = (share: number): boolean => Math.random() < share;

/** What takes long, and what leaves a provider alone for the rest of the test. */
const tooMuch = /9 MB|drips|401/;
const scripts = (call: 'whole' | 'stream'): Script[] =>
  misbehavioursOf(call).flatMap(([name]) => (tooMuch.test(name) ? [] : [misbehaving(name)]));
const [whole, streamed, well] = [scripts('whole'), scripts('stream'), misbehaving('behaves well')];
const moody: Script = (response, asked) =>
  (sometimes(0.6) ? well : oneOf(asked.body['stream'] === true ? streamed : whole))(response, asked);

function drawnHeaders(content: string): Record<string, string> {
  return {
    ...(sometimes(0.5) && { 'x-sluice-cache': 'on' }),
    ...(sometimes(0.1) && { 'cache-control': oneOf(['no-cache', 'no-store', 'only-if-cached', 'max-age=0']) }),
    ...(sometimes(0.3) && { 'x-stainless-timeout': oneOf(['0', '1', '2']) }),
    ...(sometimes(0.3) && { 'x-stainless-retry-count': '1' }),
    ...(sometimes(0.3) && { 'idempotency-key': content }),
  };
}

async function call(client: OpenAI): Promise<void> {
  const stream = sometimes(0.6);
  const content = `${oneOf([1, 2, 3, 4, 5, 6, 7, 8])} ${stream}`;
  const body = { ...question, messages: [{ role: 'user' as const, content }] };
  const leaving = new AbortController();
  const timer = sometimes(0.3) ? setTimeout(() => leaving.abort(), Math.random() * 300) : undefined;
  const options = { headers: drawnHeaders(content), signal: leaving.signal };
  try {
    if (!stream) await client.chat.completions.create(body, options);
    else for await (const _ of await client.chat.completions.create({ ...body, stream }, options)) void _;
  } catch {
    // Whatever it is told: the books are what is asked about.
  } finally {
    clearTimeout(timer);
  }
}

async function tenantWho(onDisconnect: 'drain' | 'cancel'): Promise<Tenant> {
  const { gateway, database } = on();
  const tenant = await gateway.tenant();
  const policy = { on_disconnect: onDisconnect };
  await gateway
    .withKey(adminKey)
    .post(`/organization/projects/${tenant.projectId}/resilience_policy`, { body: policy });
  await holdTo(database, tenant.projectId, {
    limits: { requestsPerMinute: 60_000, burst: 10_000 },
    spendLimitMicroUsd: 1_000_000_000,
    concurrentStreams: 1_000,
  });
  return tenant;
}

const warnings: Error[] = [];
const note = (warning: Error) => void warnings.push(warning);
beforeAll(() => void process.on('warning', note));
afterAll(() => void process.off('warning', note));

test.each([
  ['a store that works', 0],
  ['a store that fails now and then', 0.03],
])(
  'with %s',
  async (_, share) => {
    const { gateway, provider, database } = on();
    const tenants = [await tenantWho('drain'), await tenantWho('cancel')];
    provider.script = moody;
    other().script = moody;
    shareOfWritesThatFail = share;
    const loop = async () => {
      for (let calls = 0; calls < callsEach; calls += 1) await call(oneOf(tenants).client);
    };
    await Promise.all(Array.from({ length: callers }, loop));
    await gateway.idle();
    shareOfWritesThatFail = 0;

    const { nowMs } = gateway.clock;
    const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
    for (const { projectId } of tenants) {
      const open = (await ledgerOf(house, projectId, nowMs)).filter(({ state }) => state === 'open');
      if (share === 0) expect(open).toEqual([]);
    }
    await house.sweepAt(muchLater(nowMs));
    for (const { projectId } of tenants) await expectTrueBooks(house, projectId, nowMs);
    expect(gateway.logs.filter(({ facts }) => facts['why'] === 'internal')).toEqual([]);
    expect(warnings).toEqual([]);
  },
  60_000,
);
