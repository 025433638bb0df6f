import { createTables, tableInput } from '../../../infra/local/create-tables.ts';
import { projectSchema } from '../../../shared/projects/project.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.stop());

test('tables that are there stay as they are, with what is in them', async () => {
  const { dynamoProjectStore } = await import('../../../shared/projects/project-store.ts');
  const store = dynamoProjectStore(database.db, database.names.projects);
  const project = projectSchema.parse({ id: 'proj_1', name: 'kept', createdAt: 1, archivedAt: null });
  await store.create(project);
  await createTables(database.db, database.names);
  expect(await store.get('proj_1')).toEqual(project);
});

test('a table is made of its definition, each key declared once', () => {
  const input = tableInput('name', {
    partitionKey: 'id',
    indexes: { byOwner: { partitionKey: 'owner', sortKey: 'id', attributes: ['name'] } },
  });
  expect(input).toEqual({
    TableName: 'name',
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
    AttributeDefinitions: [
      { AttributeName: 'id', AttributeType: 'S' },
      { AttributeName: 'owner', AttributeType: 'S' },
    ],
    GlobalSecondaryIndexes: [
      {
        IndexName: 'byOwner',
        KeySchema: [
          { AttributeName: 'owner', KeyType: 'HASH' },
          { AttributeName: 'id', KeyType: 'RANGE' },
        ],
        Projection: { ProjectionType: 'INCLUDE', NonKeyAttributes: ['name'] },
      },
    ],
  });
});
