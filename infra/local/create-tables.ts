/** Makes the tables that are missing, from the same definitions as the stack's. */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import {
  type IndexDefinition,
  isLocal,
  localQueueTable,
  type TableDefinition,
  type TableName,
  tables,
} from '../../shared/tables.ts';

type Keyed = { readonly partitionKey: string; readonly sortKey?: string };

const keySchema = ({ partitionKey, sortKey }: Keyed) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  ...(sortKey === undefined ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' as const }]),
];

const keyNames = ({ partitionKey, sortKey }: Keyed): string[] =>
  sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];

const indexInput = ([IndexName, index]: readonly [string, IndexDefinition]) => ({
  IndexName,
  KeySchema: keySchema(index),
  Projection:
    index.attributes.length > 0
      ? { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...index.attributes] }
      : { ProjectionType: 'KEYS_ONLY' as const },
});

export function tableInput(TableName: string, definition: TableDefinition): CreateTableCommandInput {
  const indexes = Object.entries(definition.indexes ?? {});
  const names = new Set([definition, ...indexes.map(([, index]) => index)].flatMap(keyNames));
  const local = indexes.filter(([, index]) => isLocal(index, definition));
  const global = indexes.filter(([, index]) => !isLocal(index, definition));
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(definition),
    AttributeDefinitions: [...names].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    ...(local.length > 0 && { LocalSecondaryIndexes: local.map(indexInput) }),
    ...(global.length > 0 && { GlobalSecondaryIndexes: global.map(indexInput) }),
  };
}

export type TableNames = Readonly<Record<TableName, string>>;

export async function createTables(client: DynamoDBClient, names: TableNames): Promise<void> {
  await Promise.all(
    Object.entries(tables).map(([name, definition]) => createTable(client, names[name as TableName], definition)),
  );
}

export const createQueueTable = (client: DynamoDBClient, name: string): Promise<void> =>
  createTable(client, name, localQueueTable);

async function createTable(client: DynamoDBClient, name: string, definition: TableDefinition): Promise<void> {
  await client.send(new CreateTableCommand(tableInput(name, definition))).catch((error: unknown) => {
    if (!(error instanceof ResourceInUseException)) throw error;
  });
}
