/** Counters in DynamoDB: one item for each shard of a project, changed by conditional writes and nothing else. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, paginateQuery, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import type { Counters } from './counters.ts';
import { expressionOf } from './expression.ts';
import type { Update } from './update.ts';

/** Either way the counters are those after the write: all of them where it failed, the changed ones where it applied. */
export type Applied = { readonly applied: boolean; readonly counters: Counters };

export interface AdmissionStore {
  /**
   * The write that admits a call. Repeated when its answer is lost, so it may
   * apply twice: then too much is held until the epoch is closed, never too
   * little. `unsweptSince` puts the item into the sweep's index. Store down: 503 (I12).
   */
  admit(id: string, update: Update, unsweptSince?: string): Promise<Applied>;
  /** A write that must not apply twice: it is sent once, and whoever does not hear of it leaves the rest to the sweep. */
  once(id: string, update: Update): Promise<Applied>;
  /** Takes an item without open epochs out of the index, unless a call has come since. */
  leaveIndex(id: string, admissions: number): Promise<void>;
  get(id: string): Promise<Counters>;
  /** Items with epochs that began by then, oldest first. */
  unswept(before: string): AsyncIterable<Unswept>;
}

/** `sinceMs`: when the first epoch began that the sweep has not seen closed. */
export type Unswept = { readonly id: string; readonly sinceMs: number };

const sweepable = 'y';

const numbersOf = (item: Record<string, unknown> | undefined): Counters =>
  Object.fromEntries(
    Object.entries(item ?? {}).flatMap(([name, value]) => {
      if (typeof value === 'number') return [[name, value]];
      // A failed condition's item comes as DynamoDB has it.
      if (typeof value === 'object' && value !== null && 'N' in value) return [[name, Number(value.N)]];
      return [];
    }),
  );

/** `once` is a client that does not repeat requests. */
export const dynamoAdmissionStore = (
  db: DynamoDBDocumentClient,
  onceDb: DynamoDBDocumentClient,
  TableName: string,
): AdmissionStore => {
  const apply = async (client: DynamoDBDocumentClient, id: string, update: Update, since?: string) => {
    const command = new UpdateCommand({
      TableName,
      Key: { id },
      ...expressionOf(update, since === undefined ? {} : { sweepable, unsweptSince: since }),
      ReturnValues: 'UPDATED_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      return { applied: true, counters: numbersOf((await client.send(command)).Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { applied: false, counters: numbersOf(error.Item) };
    }
  };

  return {
    admit: (id, update, unsweptSince) => orRefuse(apply(db, id, update, unsweptSince)),
    once: (id, update) => apply(onceDb, id, update),

    async leaveIndex(id, admissions) {
      const command = new UpdateCommand({
        TableName,
        Key: { id },
        UpdateExpression: 'REMOVE sweepable, unsweptSince',
        ConditionExpression: '#n = :seen',
        ExpressionAttributeNames: { '#n': 'n' },
        ExpressionAttributeValues: { ':seen': admissions },
      });
      await db.send(command).catch((error: unknown) => {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      });
    },

    async get(id) {
      const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true })));
      return numbersOf(Item);
    },

    async *unswept(before) {
      const pages = paginateQuery(
        { client: db },
        {
          TableName,
          IndexName: 'unswept',
          KeyConditionExpression: 'sweepable = :yes AND unsweptSince <= :before',
          ExpressionAttributeValues: { ':yes': sweepable, ':before': before },
        },
      );
      for await (const { Items = [] } of pages)
        yield* Items.map((item) => ({ id: String(item['id']), sinceMs: Date.parse(String(item['unsweptSince'])) }));
    },
  };
};
