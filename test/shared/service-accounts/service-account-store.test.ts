import { documentClient } from '../../../shared/dynamo/client.ts';
import type { ServiceAccount } from '../../../shared/service-accounts/service-account.ts';
import {
  dynamoServiceAccountStore,
  maxKeysPerAccount,
} from '../../../shared/service-accounts/service-account-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { keyOf, newAccount, newProject, nowSeconds, type Stores, storedTenant, storesOn } from '../stored-tenant.ts';

let database: TestDatabase;
let stores: Stores;

beforeAll(async () => {
  database = await testDatabase();
  stores = storesOn(database);
});
afterAll(() => database.stop());

async function emptyProject() {
  const project = newProject();
  await stores.projects.create(project);
  return project;
}

const keyIdsOf = async (projectId: string): Promise<string[]> =>
  (await stores.keys.list(projectId, { limit: 100 })).items.map(({ id }) => id);

describe('creating an account', () => {
  test('brings its first key along', async () => {
    const { project, account, key } = await storedTenant(stores);
    expect(await stores.accounts.get(project.id, account.id)).toEqual(account);
    expect(await stores.keys.find(key.id)).toEqual(key);
  });

  test('can do without a key', async () => {
    const project = await emptyProject();
    const account = newAccount(project.id);
    expect(await stores.accounts.create(account, undefined)).toBe('created');
    expect(await stores.accounts.get(project.id, account.id)).toEqual(account);
    expect(await keyIdsOf(project.id)).toEqual([]);
  });

  test('is refused in an archived project, key and all', async () => {
    const project = await emptyProject();
    await stores.projects.archive(project.id, nowSeconds);
    const account = newAccount(project.id);
    const { record } = keyOf(account);
    expect(await stores.accounts.create(account, record)).toBe('archived');
    expect(await stores.accounts.get(project.id, account.id)).toBeUndefined();
    expect(await stores.keys.find(record.id)).toBeUndefined();
  });

  test('never replaces an account or a key that is there', async () => {
    const { project, account, key } = await storedTenant(stores);
    const again = { ...account, name: 'usurper' };
    await expect(stores.accounts.create(again, keyOf(again).record)).rejects.toMatchObject({ why: 'overloaded' });
    const other = newAccount(project.id);
    const taken = { ...keyOf(other).record, id: key.id };
    await expect(stores.accounts.create(other, taken)).rejects.toMatchObject({ why: 'overloaded' });
    expect(await stores.accounts.get(project.id, account.id)).toEqual(account);
    expect(await stores.accounts.get(project.id, other.id)).toBeUndefined();
    expect(await stores.keys.find(key.id)).toEqual(key);
  });
});

describe('an account', () => {
  test('is changed field by field', async () => {
    const { project, account } = await storedTenant(stores);
    expect(await stores.accounts.update(project.id, account.id, { name: 'renamed' })).toEqual({
      ...account,
      name: 'renamed',
    });
    expect(await stores.accounts.update(project.id, account.id, { name: undefined, role: 'owner' })).toEqual({
      ...account,
      name: 'renamed',
      role: 'owner',
    });
  });

  test('of another project is as good as missing (I5)', async () => {
    const { account, key } = await storedTenant(stores);
    const { project: other } = await storedTenant(stores);
    expect(await stores.accounts.get(other.id, account.id)).toBeUndefined();
    expect(await stores.accounts.update(other.id, account.id, { name: 'stolen' })).toBeUndefined();
    expect(await stores.accounts.delete(other.id, account.id)).toBe('missing');
    expect(await stores.accounts.get(account.projectId, account.id)).toEqual(account);
    expect(await stores.keys.find(key.id)).toEqual(key);
  });

  test.each([1, 2, 3, 4])(
    'is listed once in pages of %d, in order, with its own project’s alone (I5)',
    async (limit) => {
      const project = await emptyProject();
      const made = [newAccount(project.id), newAccount(project.id), newAccount(project.id)];
      for (const account of made) await stores.accounts.create(account, keyOf(account).record);
      await storedTenant(stores);
      const seen: ServiceAccount[] = [];
      let pages = 0;
      for (let more = true; more; pages++) {
        const { items, hasMore } = await stores.accounts.list(project.id, { after: seen.at(-1)?.id, limit });
        seen.push(...items);
        more = hasMore;
      }
      expect(seen).toEqual(made.toSorted((a, b) => (a.id < b.id ? -1 : 1)));
      expect(pages).toBe(Math.ceil(3 / limit));
    },
  );
});

describe('adding a key', () => {
  test('is refused where the account is missing, and leaves nothing behind', async () => {
    const project = await emptyProject();
    const { record } = keyOf(newAccount(project.id));
    expect(await stores.accounts.addKey(record)).toBe('missing');
    expect(await stores.keys.find(record.id)).toBeUndefined();
    expect(await stores.accounts.get(project.id, record.serviceAccountId)).toBeUndefined();
  });

  test('is refused in an archived project, and leaves nothing behind', async () => {
    const { project, account } = await storedTenant(stores);
    await stores.projects.archive(project.id, nowSeconds);
    const { record } = keyOf(account);
    expect(await stores.accounts.addKey(record)).toBe('archived');
    expect(await stores.keys.find(record.id)).toBeUndefined();
  });

  test(`is refused past ${maxKeysPerAccount} keys, also when all come at once, and a place becomes free again`, async () => {
    const { project, account, key } = await storedTenant(stores);
    const wanted = Array.from({ length: maxKeysPerAccount + 5 }, () => keyOf(account).record);
    const answers = await Promise.all(wanted.map((record) => stores.accounts.addKey(record)));
    expect(answers.filter((answer) => answer === 'added')).toHaveLength(maxKeysPerAccount - 1);
    expect(answers.filter((answer) => answer === 'full')).toHaveLength(6);
    expect(await keyIdsOf(project.id)).toHaveLength(maxKeysPerAccount);

    expect(await stores.accounts.removeKey(key)).toBe('removed');
    expect(await stores.accounts.addKey(keyOf(account).record)).toBe('added');
    expect(await stores.accounts.addKey(keyOf(account).record)).toBe('full');

    expect(await stores.accounts.delete(project.id, account.id)).toBe('deleted');
    expect(await keyIdsOf(project.id)).toEqual([]);
  });
});

describe('removing a key', () => {
  test('happens once', async () => {
    const { account, key } = await storedTenant(stores);
    const answers = await Promise.all([1, 2, 3].map(() => stores.accounts.removeKey(key)));
    expect(answers.toSorted()).toEqual(['missing', 'missing', 'removed']);
    expect(await stores.keys.find(key.id)).toBeUndefined();
    expect(await stores.accounts.get(account.projectId, account.id)).toEqual(account);
  });

  test('leaves the account’s other keys', async () => {
    const { account, key } = await storedTenant(stores);
    const { record } = keyOf(account);
    await stores.accounts.addKey(record);
    await stores.accounts.removeKey(key);
    expect(await keyIdsOf(account.projectId)).toEqual([record.id]);
  });
});

describe('deleting an account', () => {
  test('takes all its keys along, and no others', async () => {
    const { project, account, key } = await storedTenant(stores);
    const neighbour = newAccount(project.id);
    const { record: others } = keyOf(neighbour);
    await stores.accounts.create(neighbour, others);
    const { record: second } = keyOf(account);
    await stores.accounts.addKey(second);
    expect(await stores.accounts.delete(project.id, account.id)).toBe('deleted');
    expect(await stores.accounts.get(project.id, account.id)).toBeUndefined();
    expect([await stores.keys.find(key.id), await stores.keys.find(second.id)]).toEqual([undefined, undefined]);
    expect(await keyIdsOf(project.id)).toEqual([others.id]);
  });

  test('works on one that has no keys, or no more of them', async () => {
    const project = await emptyProject();
    const account = newAccount(project.id);
    await stores.accounts.create(account, undefined);
    expect(await stores.accounts.delete(project.id, account.id)).toBe('deleted');
    const tenant = await storedTenant(stores);
    await stores.accounts.removeKey(tenant.key);
    expect(await stores.accounts.delete(tenant.project.id, tenant.account.id)).toBe('deleted');
    expect(await stores.accounts.delete(tenant.project.id, tenant.account.id)).toBe('missing');
  });

  test('while keys are added leaves no key without an account, on any interleaving', async () => {
    for (let round = 0; round < 15; round++) {
      const { project, account, key } = await storedTenant(stores);
      const wanted = Array.from({ length: 4 }, () => keyOf(account).record);
      const [deleted, ...added] = await Promise.all([
        stores.accounts.delete(project.id, account.id),
        ...wanted.map((record) => stores.accounts.addKey(record)),
      ]);
      const left = await Promise.all([key, ...wanted].map(({ id }) => stores.keys.find(id)));
      const alive = left.flatMap((found) => (found ? [found.id] : []));
      if (await stores.accounts.get(project.id, account.id)) {
        expect(deleted).toBe('conflict');
        expect(alive).toHaveLength(1 + added.filter((answer) => answer === 'added').length);
      } else {
        expect(deleted).toBe('deleted');
        expect(alive).toEqual([]);
      }
    }
  });

  test('from many at once is done by one', async () => {
    const { project, account } = await storedTenant(stores);
    const answers = await Promise.all([1, 2, 3, 4].map(() => stores.accounts.delete(project.id, account.id)));
    expect(answers.filter((answer) => answer === 'deleted')).toHaveLength(1);
    expect(answers.filter((answer) => answer !== 'deleted' && answer !== 'missing' && answer !== 'conflict')).toEqual(
      [],
    );
  });

  test.each([
    ['some', true],
    ['none', false],
  ])('that saw %s of the keys that there are is refused, and deletes none of them', async (_, hasKey) => {
    const { project, account, key } = await storedTenant(stores);
    if (!hasKey) await stores.accounts.removeKey(key);
    const { record } = keyOf(account);
    // Another instance adds a key between this one's read and its transaction.
    const between = new Proxy(database.db, {
      get(target, property) {
        if (property !== 'send') return Reflect.get(target, property);
        return async (command: Parameters<typeof target.send>[0]) => {
          const answer = await target.send(command);
          if (command.constructor.name === 'GetCommand') await stores.accounts.addKey(record);
          return answer;
        };
      },
    });
    const { names } = database;
    const tables = { accounts: names.serviceAccounts, keys: names.keys, projects: names.projects };
    const slow = dynamoServiceAccountStore(between, tables);
    expect(await slow.delete(project.id, account.id)).toBe('conflict');
    expect(await stores.accounts.get(project.id, account.id)).toEqual(account);
    expect(await keyIdsOf(project.id)).toEqual([...(hasKey ? [key.id] : []), record.id].toSorted());
    expect(await stores.accounts.delete(project.id, account.id)).toBe('deleted');
    expect(await keyIdsOf(project.id)).toEqual([]);
  });
});

describe('while the tables cannot be reached (I12)', () => {
  const unreachable = dynamoServiceAccountStore(
    documentClient({
      region: 'us-east-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
      dynamodbEndpoint: 'http://127.0.0.1:9',
    }),
    { accounts: 'accounts', keys: 'keys', projects: 'projects' },
  );
  const account = newAccount('proj');
  const { record } = keyOf(account);

  test.each<[string, () => Promise<unknown>]>([
    ['create', () => unreachable.create(account, record)],
    ['get', () => unreachable.get('proj', account.id)],
    ['list', () => unreachable.list('proj', { limit: 1 })],
    ['update', () => unreachable.update('proj', account.id, { name: 'name' })],
    ['addKey', () => unreachable.addKey(record)],
    ['removeKey', () => unreachable.removeKey(record)],
    ['delete', () => unreachable.delete('proj', account.id)],
  ])('%s refuses as overloaded', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ name: 'GatewayError', why: 'overloaded' });
  });
});

describe('a key with limits of its own', () => {
  const limited = { spend_limit: { threshold_amount: 1 } };

  test('comes to no archived project, nor to a missing account, and is not counted then', async () => {
    const { project, account } = await storedTenant(stores);
    const stray = keyOf(newAccount(project.id), limited).record;
    expect(await stores.accounts.addKey(stray)).toBe('missing');
    await stores.projects.archive(project.id, nowSeconds);
    const { record } = keyOf(account, limited);
    expect(await stores.accounts.addKey(record)).toBe('archived');
    expect(await stores.keys.find(record.id)).toBeUndefined();
    expect(await stores.keys.find(stray.id)).toBeUndefined();
  });

  test('is stored with them', async () => {
    const { account } = await storedTenant(stores);
    const { record } = keyOf(account, limited);
    expect(await stores.accounts.addKey(record)).toBe('added');
    expect(await stores.keys.find(record.id)).toMatchObject({ spendLimitMicroUsd: 10_000 });
  });
});
