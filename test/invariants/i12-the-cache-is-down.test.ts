/** I12: without the cache, calls go on as if it were empty. And nothing of what is cached is in a log (I6). */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { asked, newQuestion, streamed } from '../support/cache-scene.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, refusal, wellBehaved } from '../support/scripted-provider.ts';

type Command = { constructor: { name: string }; input: { TableName?: string } };
let down: (command: Command) => boolean = () => false;
const seen: string[] = [];
const underWay = { now: 0, most: 0 };

const failing = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: Command) => {
        seen.push(`${command.constructor.name} ${command.input.TableName?.split('-').at(-1)}`);
        underWay.most = Math.max(underWay.most, ++underWay.now);
        try {
          if (down(command)) throw Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
          return await target.send(command as never);
        } finally {
          underWay.now -= 1;
        }
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: failing(db), onceDb: failing(onceDb) }) });
afterEach(() => {
  down = () => false;
});
const ofTheCache = ({ input }: Command): boolean => input.TableName?.endsWith('responseCache') ?? false;
const canary = 'canary-of-the-cached-answer';
const logged = () => JSON.stringify(on().gateway.logs);

/** More than an item holds, however well it is compressed. */
const large = () => canary + Array.from({ length: 12_000 }, () => Math.random().toString(36).slice(2)).join('');
const folder = () => on().gateway.live.env.bodies.folder ?? '';
const bodiesIn = () =>
  readdirSync(folder(), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());

test('the table is down: the provider is asked, and whoever runs the gateway is told', async () => {
  const { tenant, provider, gateway } = on();
  const body = newQuestion();
  down = ofTheCache;
  for (const ask of [asked, streamed, asked]) {
    provider.script = ask === asked ? answer(completion(canary)) : wellBehaved;
    expect((await ask(tenant.client, body)).cache).toBe('miss');
    await gateway.idle();
  }
  const messages = gateway.logs.map(({ message }) => message);
  expect(messages).toEqual(expect.arrayContaining(['cache not read', 'answer not cached']));
  expect(logged()).not.toContain(canary);
  expect(logged()).not.toContain(body.messages[0]?.content);
});

test('an item that is no entry is as good as none', async () => {
  const { tenant, gateway, database, provider } = on();
  const body = newQuestion();
  await asked(tenant.client, body);
  await gateway.idle();
  const { ScanCommand, PutCommand } = await import('@aws-sdk/lib-dynamodb');
  const TableName = database.names.responseCache;
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName }));
  for (const { id, ...rest } of Items)
    await database.db.send(new PutCommand({ TableName, Item: { id, ...rest, body: 1 } }));
  expect((await asked(tenant.client, body)).cache).toBe('miss');
  await gateway.idle();
  for (const { id, ...rest } of Items)
    await database.db.send(new PutCommand({ TableName, Item: { id, ...rest, body: Buffer.from('no zstd') } }));
  expect((await asked(tenant.client, body)).cache).toBe('miss');
  expect(provider.asked).toHaveLength(3);
});

test('a large answer is kept outside of the table, and given again from there', async () => {
  const { tenant, gateway, provider } = on();
  const body = newQuestion();
  const content = large();
  provider.script = answer(completion(content));
  await asked(tenant.client, body);
  await gateway.idle();
  const [file] = bodiesIn();
  expect(join(file?.parentPath ?? '', file?.name ?? '')).toContain(`/cache/${tenant.projectId}/`);
  const { cache, data } = await asked(tenant.client, body);
  expect([cache, data.choices[0]?.message.content === content]).toEqual(['hit', true]);
  expect((await streamed(tenant.client, body)).text === content).toBe(true);
  expect(provider.asked).toHaveLength(1);
  expect(logged()).not.toContain(canary);
});

test('a body that is gone, or cannot be read, is asked for again; in an outage there is none', async () => {
  const { tenant, gateway, provider } = on();
  const body = newQuestion();
  for (const spoil of [(file: string) => rmSync(file), (file: string) => writeFileSync(file, 'no zstd')]) {
    provider.script = answer(completion(large()));
    await asked(tenant.client, body);
    await gateway.idle();
    for (const { parentPath, name } of bodiesIn()) spoil(join(parentPath, name));
    provider.script = refusal(500, { message: 'x' });
    await expect(asked(tenant.client, body)).rejects.toMatchObject({ status: 502 });
    await gateway.idle();
  }
  expect(logged()).not.toContain(canary);
});

test('the store of bodies is down: the answer is not kept, and nothing else happens', async () => {
  const { tenant, gateway, provider } = on();
  rmSync(folder(), { recursive: true, force: true });
  writeFileSync(folder(), 'a file where the folder should be');
  try {
    const body = newQuestion();
    provider.script = answer(completion(large()));
    for (const _ of [1, 2]) {
      expect((await asked(tenant.client, body)).cache).toBe('miss');
      await gateway.idle();
    }
    expect(gateway.logs.map(({ message }) => message)).toContain('answer not cached');
    expect(logged()).not.toContain(canary);
  } finally {
    rmSync(folder());
  }
});

test('an answer of more than a megabyte is not kept at all', async () => {
  const { tenant, gateway, provider } = on();
  const body = newQuestion();
  provider.script = answer(completion('x'.repeat(1024 * 1024)));
  for (const _ of [1, 2]) {
    expect((await asked(tenant.client, body)).cache).toBe('miss');
    await gateway.idle();
  }
  expect(gateway.logs.filter(({ level }) => level !== 'info')).toEqual([]);
});

const operationsOf = async (work: () => Promise<unknown>) => {
  await on().gateway.idle();
  seen.length = 0;
  underWay.most = 0;
  await work();
  await on().gateway.idle();
  return [...seen].sort();
};

test('I9: a request that does not ask for the cache costs not an operation more', async () => {
  const { tenant } = on();
  await asked(tenant.client, newQuestion(), {});
  const seenOperations = await operationsOf(() => asked(tenant.client, newQuestion(), {}));
  expect(seenOperations.filter((operation) => operation.includes('responseCache'))).toEqual([]);
});

test('I9: one that does reads once, beside its admission, and writes once, after its answer', async () => {
  const { tenant } = on();
  const body = newQuestion();
  await asked(tenant.client, newQuestion());
  const missed = await operationsOf(() => asked(tenant.client, body));
  expect(missed.filter((operation) => operation.includes('responseCache'))).toEqual([
    'GetCommand responseCache',
    'PutCommand responseCache',
  ]);
  expect(underWay.most).toBeGreaterThanOrEqual(3);
  const hit = await operationsOf(() => asked(tenant.client, body));
  expect(hit.filter((operation) => operation.includes('responseCache'))).toEqual(['GetCommand responseCache']);
});

test('I9: who is refused from what the instance remembers costs no operation, the cache’s neither', async () => {
  const { gateway, database } = on();
  const tenant = await gateway.tenant();
  await holdTo(database, tenant.projectId, { limits: { requestsPerMinute: 1, burst: 1 } });
  const body = newQuestion();
  await asked(tenant.client, body);
  await gateway.idle();
  await expect(asked(tenant.client, body)).rejects.toMatchObject({ status: 429 });
  const refused = await operationsOf(() => asked(tenant.client, body).catch(() => {}));
  expect(refused).toEqual([]);
});
