import { documentClient } from '../../../shared/dynamo/client.ts';
import { type ApiKey, apiKeySchema } from '../../../shared/keys/api-key.ts';
import { digestOf } from '../../../shared/keys/digest.ts';
import { dynamoKeyStore } from '../../../shared/keys/key-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { keyOf, nowSeconds, peppers, type Stores, storedTenant, storesOn } from '../stored-tenant.ts';

let database: TestDatabase;
let stores: Stores;

beforeAll(async () => {
  database = await testDatabase();
  stores = storesOn(database);
});
afterAll(() => database.stop());

describe('a stored key', () => {
  test('is found by its public id, with the digest that checks it', async () => {
    const { key } = await storedTenant(stores, { scopes: ['api.model.read'], expires_in_seconds: 60 });
    expect(await stores.keys.find(key.id)).toEqual(key);
    expect(await stores.keys.find('key_0000000000000000')).toBeUndefined();
  });

  test('is shown to its own project without the digest, and to no other (I5)', async () => {
    const { project, key } = await storedTenant(stores);
    const stranger = await storedTenant(stores);
    expect(await stores.keys.get(project.id, key.id)).toEqual(apiKeySchema.parse(key));
    expect(await stores.keys.get(stranger.project.id, key.id)).toBeUndefined();
  });

  test('is changed by its own project, and by no other (I5)', async () => {
    const { project, key } = await storedTenant(stores);
    const stranger = await storedTenant(stores);
    expect(await stores.keys.update(stranger.project.id, key.id, { expiresAt: nowSeconds })).toBeUndefined();
    expect(await stores.keys.find(key.id)).toEqual(key);
    expect(await stores.keys.update(project.id, key.id, { scopes: ['api.model.read'] })).toMatchObject({
      scopes: ['api.model.read'],
      expiresAt: null,
    });
    expect(await stores.keys.update(project.id, key.id, { expiresAt: nowSeconds + 5 })).toMatchObject({
      scopes: ['api.model.read'],
      expiresAt: nowSeconds + 5,
    });
  });

  test('that is missing cannot be changed into being', async () => {
    const { project } = await storedTenant(stores);
    expect(await stores.keys.update(project.id, 'key_0000000000000000', { scopes: [] })).toBeUndefined();
    expect(await stores.keys.find('key_0000000000000000')).toBeUndefined();
  });

  test('that was deleted is not brought back by noting its use', async () => {
    const { key } = await storedTenant(stores);
    await stores.accounts.removeKey(key);
    await stores.keys.touch(key.id, nowSeconds).catch(() => {});
    expect(await stores.keys.find(key.id)).toBeUndefined();
  });
});

describe('a listing of keys', () => {
  async function projectWith(count: number) {
    const { project, account, key } = await storedTenant(stores);
    const more = Array.from({ length: count - 1 }, (_, index) => keyOf(account, { name: `key ${index}` }).record);
    for (const record of more) expect(await stores.accounts.addKey(record)).toBe('added');
    return { project, ids: [key.id, ...more.map(({ id }) => id)].toSorted() };
  }

  test('holds a project’s own keys in order, without digests (I5)', async () => {
    const { project, ids } = await projectWith(3);
    await projectWith(2);
    const { items, hasMore } = await stores.keys.list(project.id, { limit: 100 });
    expect(items.map(({ id }) => id)).toEqual(ids);
    expect(hasMore).toBe(false);
    expect(items.filter((item) => 'digest' in item || 'pepperVersion' in item)).toEqual([]);
  });

  test.each([1, 2, 3, 4, 5, 6])(
    'in pages of %d has every key once, and says at the last that it is the last',
    async (limit) => {
      const { project, ids } = await projectWith(5);
      const seen: ApiKey[] = [];
      let pages = 0;
      for (let more = true; more; pages++) {
        const { items, hasMore } = await stores.keys.list(project.id, { after: seen.at(-1)?.id, limit });
        expect(items.length).toBeLessThanOrEqual(limit);
        seen.push(...items);
        more = hasMore;
      }
      expect(seen.map(({ id }) => id)).toEqual(ids);
      expect(pages).toBe(Math.ceil(5 / limit));
    },
  );

  test('does not reach into another project by a cursor of that project’s (I5)', async () => {
    const { project } = await projectWith(1);
    const { ids } = await projectWith(3);
    const { items } = await stores.keys.list(project.id, { after: ids[0], limit: 100 });
    expect(items.filter(({ projectId }) => projectId !== project.id)).toEqual([]);
  });
});

describe('the root key’s digest', () => {
  test('is kept beside the keys, and is nobody’s key', async () => {
    const { project } = await storedTenant(stores);
    const digest = digestOf('the root key', peppers);
    await stores.keys.rememberRoot(digest);
    expect(await stores.keys.findRoot()).toEqual(digest);
    expect(await stores.keys.get(project.id, 'root')).toBeUndefined();
    expect(await stores.keys.find('root')).toBeUndefined();
    expect(await stores.keys.update(project.id, 'root', { scopes: [] })).toBeUndefined();
    expect(await stores.keys.findRoot()).toEqual(digest);
  });
});

describe('while the table cannot be reached (I12)', () => {
  const unreachable = documentClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    dynamodbEndpoint: 'http://127.0.0.1:9',
  });
  const store = dynamoKeyStore(unreachable, 'keys');

  test.each<[string, () => Promise<unknown>]>([
    ['find', () => store.find('key_0')],
    ['get', () => store.get('proj', 'key_0')],
    ['list', () => store.list('proj', { limit: 1 })],
    ['update', () => store.update('proj', 'key_0', { scopes: [] })],
    ['findRoot', () => store.findRoot()],
  ])('%s refuses as overloaded', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });
});
