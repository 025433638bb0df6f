/** Makes the tables that are missing, from the same definitions as the stack's. */
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  type DynamoDBClient,
  ResourceInUseException,
} from '@aws-sdk/client-dynamodb';
import { localQueueTable, type TableDefinition, type TableName, tables } from '../../shared/tables.ts';

type Keyed = { readonly partitionKey: string; readonly sortKey?: string };

const keySchema = ({ partitionKey, sortKey }: Keyed) => [
  { AttributeName: partitionKey, KeyType: 'HASH' as const },
  ...(sortKey === undefined ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' as const }]),
];

const keyNames = ({ partitionKey, sortKey }: Keyed): string[] =>
  sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];

export function tableInput(TableName: string, definition: TableDefinition): CreateTableCommandInput {
  const indexes = Object.entries(definition.indexes ?? {});
  const names = new Set([definition, ...indexes.map(([, index]) => index)].flatMap(keyNames));
  return {
    TableName,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keySchema(definition),
    AttributeDefinitions: [...names].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map(([IndexName, index]) => ({
        IndexName,
        KeySchema: keySchema(index),
        Projection:
          index.attributes.length > 0
            ? { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...index.attributes] }
            : { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
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
