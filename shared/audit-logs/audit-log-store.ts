/** The audit log, by month and in order of time. Nothing here deletes, and no function's role allows it. */
import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { type AuditEntry, type AuditIntent, auditEntrySchema } from './audit-entry.ts';

/** Ids between which to look, both included. Ids are in the order of time. */
export type IdRange = { readonly month: string; readonly from: string; readonly to: string };
export type Order = 'newest' | 'oldest';

export interface AuditLogStore {
  /** Refuses where the store is down: what cannot be written down is not done (I12). */
  begin(intent: AuditIntent): Promise<void>;
  /** In place of its intent. Throws where the store is down; the change is made by then (I12: go on). */
  complete(entry: AuditEntry): Promise<void>;
  within(range: IdRange, order: Order): AsyncGenerator<AuditEntry>;
}

/**
 * As text: schemas of tools are nested deeper than DynamoDB nests, and have properties (`constructor`) that its client
 * takes for its own.
 */
function stored(entry: AuditEntry): object {
  if (entry.outcome !== 'succeeded') return entry;
  const { requested, before, after, ...rest } = entry;
  return { ...rest, changes: JSON.stringify({ requested, before, after }) };
}

function read({ changes, ...rest }: Readonly<Record<string, unknown>>): AuditEntry {
  return auditEntrySchema.parse(typeof changes === 'string' ? { ...rest, ...JSON.parse(changes) } : rest);
}

export const dynamoAuditLogStore = (db: DynamoDBDocumentClient, TableName: string): AuditLogStore => ({
  async begin(intent) {
    const command = new PutCommand({ TableName, Item: intent, ConditionExpression: 'attribute_not_exists(id)' });
    await orRefuse(db.send(command));
  },

  async complete(entry) {
    await db.send(new PutCommand({ TableName, Item: stored(entry) }));
  },

  async *within({ month, from, to }, order) {
    let start: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await orRefuse(
        db.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: '#month = :month AND id BETWEEN :from AND :to',
            // A reserved word.
            ExpressionAttributeNames: { '#month': 'month' },
            ExpressionAttributeValues: { ':month': month, ':from': from, ':to': to },
            ScanIndexForward: order === 'oldest',
            ConsistentRead: true,
            ...(start && { ExclusiveStartKey: start }),
          }),
        ),
      );
      for (const item of Items) yield read(item);
      start = LastEvaluatedKey;
    } while (start);
  },
});
