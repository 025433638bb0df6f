import { PutCommand } from '@aws-sdk/lib-dynamodb';
import { documentClient } from '../../../shared/dynamo/client.ts';
import type { StoredApiKey } from '../../../shared/keys/api-key.ts';
import { unlimitedKey } from '../../../shared/keys/key-policy.ts';
import { dynamoKeyPolicyStore } from '../../../shared/keys/key-policy-store.ts';
import { maxLimitedKeys } from '../../../shared/keys/limited-keys.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { keyOf, newAccount, type Stores, storedTenant, storesOn } from '../stored-tenant.ts';

let database: TestDatabase;
let stores: Stores;

beforeAll(async () => {
  database = await testDatabase();
  stores = storesOn(database);
});
afterAll(() => database.stop());

const limited = { limits: { requestsPerDay: 5 }, spendLimitMicroUsd: 7 };

test('a key’s limits change with the rest, and no other key’s do', async () => {
  const { project, account, key } = await storedTenant(stores);
  const other = keyOf(account).record;
  await stores.accounts.addKey(other);
  expect(await stores.keyPolicies.change(key, limited, { scopes: ['api.model.read'] })).toBe('changed');
  expect(await stores.keys.find(key.id)).toEqual({ ...key, ...limited, scopes: ['api.model.read'] });
  expect(await stores.keys.get(project.id, other.id)).toMatchObject(unlimitedKey);
});

test('who has seen an older key is overtaken, and changes nothing', async () => {
  const { key } = await storedTenant(stores);
  await stores.keyPolicies.change(key, limited, {});
  expect(await stores.keyPolicies.change(key, { ...limited, spendLimitMicroUsd: 8 }, {})).toBe('overtaken');
  expect(await stores.keys.find(key.id)).toMatchObject(limited);
});

test('a key of before there were limits can be given some', async () => {
  const { key } = await storedTenant(stores);
  const { limits: _limits, spendLimitMicroUsd: _spend, ...old } = key;
  await database.db.send(new PutCommand({ TableName: database.names.keys, Item: old }));
  const read = await stores.keys.get(key.projectId, key.id);
  if (!read) throw new Error('the key is not there');
  expect(read).toMatchObject(unlimitedKey);
  expect(await stores.keyPolicies.change(read, limited, {})).toBe('changed');
  expect(await stores.keys.find(key.id)).toEqual({ ...key, ...limited });
});

test('a key that has gone is not brought back as a stump', async () => {
  const { key } = await storedTenant(stores);
  await stores.accounts.removeKey(key);
  expect(await stores.keyPolicies.change(key, limited, {})).toBe('overtaken');
  expect(await stores.keys.find(key.id)).toBeUndefined();
});

test('of many at once that want the last places, no more get one than there are', async () => {
  const { account } = await storedTenant(stores);
  const keys = Array.from({ length: maxLimitedKeys - 3 }, () =>
    keyOf(account, { spend_limit: { threshold_amount: 1 } }),
  );
  for (const { record } of keys) expect(await stores.accounts.addKey(record)).toBe('added');
  const rivals = newAccount(account.projectId);
  const wanting = Array.from({ length: 8 }, () => keyOf(rivals).record);
  await stores.accounts.create(rivals, undefined);
  for (const record of wanting) await stores.accounts.addKey(record);
  const ask = async (record: StoredApiKey): Promise<string> => {
    // Transactions on the same item turn each other down; the caller, told that with a 503, comes again.
    for (let tries = 0; tries < 50; tries++) {
      const outcome = await stores.keyPolicies.change(record, limited, {}).catch(() => null);
      if (outcome) return outcome;
    }
    return 'turned down for ever';
  };
  const outcomes = await Promise.all(wanting.map(ask));
  expect(outcomes.toSorted()).toEqual([...Array(3).fill('changed'), ...Array(5).fill('full')]);
  const stored = await Promise.all(wanting.map(({ id }) => stores.keys.find(id)));
  expect(stored.filter((key) => key?.spendLimitMicroUsd === limited.spendLimitMicroUsd)).toHaveLength(3);
});

test('what the database refuses to do is a 503 (I12)', async () => {
  const { key } = await storedTenant(stores);
  const db = documentClient({
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    dynamodbEndpoint: 'http://127.0.0.1:9',
  });
  const unreachable = dynamoKeyPolicyStore(db, database.names);
  await expect(unreachable.change(key, limited, {})).rejects.toMatchObject({ why: 'overloaded' });
  db.destroy();
});
