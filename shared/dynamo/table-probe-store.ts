/** Does a table answer? A consistent read of a partition that nobody writes: half a unit, and all that the role may read of it. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { type TableName, tables } from '../tables.ts';

/** No key of anything: ids have a prefix and no dash. infra/constructs/tables.ts allows this one alone. */
export const probedPartition = 'health-check';

/** Rejects where it does not. */
export type ProbeTable = (name: TableName, signal: AbortSignal) => Promise<void>;

export const dynamoTableProbe =
  (db: DynamoDBDocumentClient, nameOf: (name: TableName) => string): ProbeTable =>
  async (name, abortSignal) => {
    const command = new QueryCommand({
      TableName: nameOf(name),
      KeyConditionExpression: '#key = :probed',
      ExpressionAttributeNames: { '#key': tables[name].partitionKey },
      ExpressionAttributeValues: { ':probed': probedPartition },
      ConsistentRead: true,
      Limit: 1,
    });
    await db.send(command, { abortSignal });
  };
