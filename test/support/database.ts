/** A DynamoDB of a test file's own: a real engine, in memory, with the real tables. `DYNAMODB_ENDPOINT` names another engine. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { createQueueTable, createTables, type TableNames } from '../../infra/local/create-tables.ts';
import { startDynoxide } from '../../infra/local/dynoxide.ts';
import { documentClient } from '../../shared/dynamo/client.ts';
import { randomBase62 } from '../../shared/ids.ts';
import { tableNames } from '../../shared/tables.ts';

export type TestDatabase = {
  readonly endpoint: string;
  readonly db: DynamoDBDocumentClient;
  readonly names: TableNames;
  /** The queues of one machine. */
  readonly queueTable: string;
  stop(): Promise<void>;
};

const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const unreachable = 'http://127.0.0.1:9';

export async function testDatabase(): Promise<TestDatabase> {
  const given = process.env['DYNAMODB_ENDPOINT'];
  const dynoxide = given && given !== unreachable ? null : await startDynoxide(null);
  const endpoint = dynoxide?.endpoint ?? given ?? unreachable;
  const db = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: endpoint });
  const prefix = `test-${randomBase62(8)}`;
  const names = Object.fromEntries(tableNames.map((name) => [name, `${prefix}-${name}`])) as TableNames;
  const queueTable = `${prefix}-queue`;
  await Promise.all([createTables(db, names), createQueueTable(db, queueTable)]);
  return {
    endpoint,
    db,
    names,
    queueTable,
    async stop() {
      db.destroy();
      await dynoxide?.stop();
    },
  };
}
