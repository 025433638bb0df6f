/** The contract of the store, on a real engine, and what the cache makes of what it holds. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { folderBodies } from '../../../shared/bodies/folder-bodies.ts';
import { dynamoCacheStore } from '../../../shared/cache/cache-store.ts';
import { maxAnswerBytes, packed, unpacked } from '../../../shared/cache/packed.ts';
import { createResponseCache, maxItemBytes } from '../../../shared/cache/response-cache.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { temporaryFolder } from '../../support/temporary.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

const clock = { nowMs: Date.parse('2026-11-22T10:00:00Z') };
const lifetime = { ttlSeconds: 60, staleSeconds: 30 };
const warnings: string[] = [];
const log = { info: () => {}, warn: (message: string) => void warnings.push(message), error: () => {} };
const store = () => dynamoCacheStore(database.db, database.names.responseCache);
const cache = (over = store()) =>
  createResponseCache({
    store: over,
    bodies: folderBodies(temporaryFolder()),
    log,
    now: () => clock.nowMs,
    newId: (prefix) => `${prefix}${Math.random().toString(36).slice(2)}`,
  });
const noise = (length: number) => Array.from({ length }, () => String.fromCharCode(33 + Math.random() * 90)).join('');

test('an entry is found as it was put, and a later one takes its place', async () => {
  const here = { kept: 'here', id: 'proj_a#1', storedAtMs: 1, expiresAt: 2, body: packed('one') } as const;
  await store().put(here);
  expect(await store().find('proj_a#1')).toMatchObject({ kept: 'here', storedAtMs: 1, expiresAt: 2 });
  await store().put({ kept: 'elsewhere', id: 'proj_a#1', storedAtMs: 3, expiresAt: 4, bodyKey: 'cache/x' });
  expect(await store().find('proj_a#1')).toEqual({
    kept: 'elsewhere',
    id: 'proj_a#1',
    storedAtMs: 3,
    expiresAt: 4,
    bodyKey: 'cache/x',
  });
});

test('there is nothing under a name that nobody has given', async () => {
  expect(await store().find('proj_a#none')).toBeUndefined();
});

test.each([
  ['in the item', 10, 'here'],
  ['elsewhere', maxItemBytes * 2, 'elsewhere'],
])('a text is kept %s by its size, and read again', async (where, length, kept) => {
  const text = noise(length);
  const [held] = [cache()];
  await held?.keep(`proj_a#${where}`, text, lifetime);
  expect((await store().find(`proj_a#${where}`))?.kept).toBe(kept);
  const found = await held?.find(`proj_a#${where}`);
  expect(found?.storedAtMs).toBe(clock.nowMs);
  expect((await found?.read()) === text).toBe(true);
});

test('who has found an entry reads its own body, whatever is put meanwhile', async () => {
  const held = cache();
  const texts = [noise(maxItemBytes * 2), noise(maxItemBytes * 2)] as const;
  await held.keep('proj_a#twice', texts[0], lifetime);
  const found = await held.find('proj_a#twice');
  await held.keep('proj_a#twice', texts[1], lifetime);
  expect((await found?.read()) === texts[0]).toBe(true);
  expect((await (await held.find('proj_a#twice'))?.read()) === texts[1]).toBe(true);
});

test('a body that time has taken is missing without a warning', async () => {
  warnings.length = 0;
  await store().put({ kept: 'elsewhere', id: 'proj_a#gone', storedAtMs: 1, expiresAt: 9_999_999_999, bodyKey: 'gone' });
  expect(await (await cache().find('proj_a#gone'))?.read()).toBeNull();
  expect(warnings).toEqual([]);
});

test('what has expired is not found, though DynamoDB still has it', async () => {
  const held = cache();
  await held.keep('proj_a#old', 'text', lifetime);
  clock.nowMs += 89_999;
  expect(await held.find('proj_a#old')).not.toBeNull();
  clock.nowMs += 1;
  expect(await held.find('proj_a#old')).toBeNull();
  expect(await store().find('proj_a#old')).toBeDefined();
});

test('what would unpack to more than an answer may be is not read', () => {
  expect(unpacked(packed('x'.repeat(maxAnswerBytes))).length).toBe(maxAnswerBytes);
  expect(() => unpacked(packed('x'.repeat(maxAnswerBytes + 1)))).toThrow();
});

test('a table that does not answer is given up: the call goes on without it', async () => {
  const silent = new Proxy(database.db, {
    get: (target, property, receiver) =>
      property === 'send'
        ? (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
            new Promise((__, reject) => abortSignal.addEventListener('abort', () => reject(new Error('aborted'))))
        : Reflect.get(target, property, receiver),
  }) as DynamoDBDocumentClient;
  warnings.length = 0;
  // What the platform's own timer does not keep alive, a test must.
  const alive = setInterval(() => {}, 1_000);
  expect(await cache(dynamoCacheStore(silent, 'any')).find('proj_a#1')).toBeNull();
  clearInterval(alive);
  expect(warnings).toEqual(['cache not read']);
});
