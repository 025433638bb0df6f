/** Violations, by project and in order of time. */
import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { retentionDays, type Violation, violationSchema } from './violation.ts';

/** Ids between which to look, both included. */
export type IdRange = { readonly from: string; readonly to: string };

export type Order = 'asc' | 'desc';

export type Reading = {
  /** Absent: without it, which is most of what there is to read. */
  readonly withContent?: boolean;
  /** So many at a time, for whoever will not want more. Absent: as many as the database brings. */
  readonly atATime?: number;
};

export interface ViolationStore {
  /** Rejects where the store is down. Whoever calls has answered by then, and goes on (I12). */
  append(violation: Violation): Promise<void>;
  /** A project's, and nobody else's (I5). Refuses where the store is down: half a list would look like a whole one. */
  within(projectId: string, range: IdRange, order: Order, reading?: Reading): AsyncIterable<Violation>;
}

const daySeconds = 86_400;

/** Every name by another: some are reserved words. */
const alias = (name: string): string => `#${name}`;
const { content: _, ...others } = violationSchema.shape;
const names = Object.keys(others);
const aliases = Object.fromEntries([...names, 'content', 'truncated'].map((name) => [alias(name), name]));
const everythingElse = [...names.map(alias), '#content.#truncated'].join(', ');

export const dynamoViolationStore = (db: DynamoDBDocumentClient, TableName: string): ViolationStore => ({
  async append(violation) {
    const expiresAt = violation.createdAt + retentionDays * daySeconds;
    await db.send(new PutCommand({ TableName, Item: { ...violation, expiresAt } }));
  },

  async *within(projectId, { from, to }, order, { withContent = false, atATime } = {}) {
    let start: Record<string, unknown> | undefined;
    do {
      const { Items = [], LastEvaluatedKey } = await orRefuse(
        db.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: '#projectId = :projectId AND #id BETWEEN :from AND :to',
            ...(withContent
              ? { ExpressionAttributeNames: { '#projectId': 'projectId', '#id': 'id' } }
              : { ProjectionExpression: everythingElse, ExpressionAttributeNames: aliases }),
            ExpressionAttributeValues: { ':projectId': projectId, ':from': from, ':to': to },
            ScanIndexForward: order === 'asc',
            ...(atATime !== undefined && { Limit: atATime }),
            ...(start && { ExclusiveStartKey: start }),
          }),
        ),
      );
      for (const item of Items) yield violationSchema.parse(item);
      start = LastEvaluatedKey;
    } while (start);
  },
});
