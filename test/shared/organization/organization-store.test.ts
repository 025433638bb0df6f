import { documentClient } from '../../../shared/dynamo/client.ts';
import { dynamoOrganizationStore } from '../../../shared/organization/organization-store.ts';
import { dynamoProjectStore } from '../../../shared/projects/project-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

test('the spend limit is none until it is set, then what it was set to, and none again', async () => {
  const store = dynamoOrganizationStore(database.db, database.names.projects);
  expect(await store.get()).toEqual({ spendLimitMicroUsd: null });
  expect(await store.setSpendLimit(5)).toEqual({ spendLimitMicroUsd: null });
  expect(await store.get()).toEqual({ spendLimitMicroUsd: 5 });
  expect(await store.setSpendLimit(null)).toEqual({ spendLimitMicroUsd: 5 });
  expect(await store.get()).toEqual({ spendLimitMicroUsd: null });
});

test('the settings are no project', async () => {
  const projects = dynamoProjectStore(database.db, database.names.projects);
  await dynamoOrganizationStore(database.db, database.names.projects).setSpendLimit(5);
  expect(await projects.list({ limit: 100 }, true)).toEqual({ items: [], hasMore: false });
  expect(await projects.get('settings')).toBeUndefined();
  await dynamoOrganizationStore(database.db, database.names.projects).setSpendLimit(null);
});

test('while the table cannot be reached, nothing is known and nothing is set (I12)', async () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' });
  const store = dynamoOrganizationStore(db, database.names.projects);
  await expect(store.get()).rejects.toMatchObject({ why: 'overloaded' });
  await expect(store.setSpendLimit(1)).rejects.toMatchObject({ why: 'overloaded' });
  db.destroy();
});
