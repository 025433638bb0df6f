/** The queues of one machine: a table in the place of SQS, so that a message outlives the process that was to work on it. */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { orRefuse } from '../dynamo/outage.ts';
import type { QueueMessage, QueueName } from './queue.ts';

const itemSchema = z.object({
  queue: z.string(),
  /** In the order in which they were sent. */
  id: z.string(),
  message: z.record(z.string(), z.string()),
  visibleAtMs: z.int(),
  receives: z.int(),
});
type Item = z.infer<typeof itemSchema>;

/** A message that a worker has; nobody else is given it before it is visible again. */
export type Received = Item & { readonly queue: QueueName };

export type Receiving = {
  readonly nowMs: number;
  readonly visibleAgainAtMs: number;
  readonly most: number;
  /** Received so often and never deleted, a message is put aside. */
  readonly maxReceives: number;
};

export interface QueueStore {
  send(queue: QueueName, id: string, message: QueueMessage, visibleAtMs: number): Promise<void>;
  /** Each message is received by one of many rivals. */
  receive(queue: QueueName, receiving: Receiving): Promise<Received[]>;
  /** Keeps the message from others for longer. False when another has received it in the meantime. */
  extend(received: Received, visibleAgainAtMs: number): Promise<boolean>;
  /** It has been worked on. Without effect when another has received it in the meantime. */
  delete(received: Received): Promise<void>;
  /** Those that were put aside. */
  dead(queue: QueueName): Promise<QueueMessage[]>;
}

export const aside = (queue: string): string => `${queue}.dead`;

/** A receipt is good until the message is received again. */
const stillMine = 'receives = :receives';

export function dynamoQueueStore(db: DynamoDBDocumentClient, TableName: string): QueueStore {
  async function* messages(queue: string): AsyncGenerator<Item> {
    let start: Record<string, unknown> | undefined;
    do {
      const page = await orRefuse(
        db.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'queue = :queue',
            ExpressionAttributeValues: { ':queue': queue },
            ConsistentRead: true,
            Limit: 100,
            ExclusiveStartKey: start,
          }),
        ),
      );
      for (const item of page.Items ?? []) yield itemSchema.parse(item);
      start = page.LastEvaluatedKey;
    } while (start);
  }

  /** False where the condition did not hold, or what it is about was gone. */
  async function asSeen(work: Promise<unknown>): Promise<boolean> {
    try {
      await work;
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException)
        return false;
      return orRefuse(Promise.reject(error));
    }
  }

  const hide = ({ queue, id, receives }: Item, visibleAtMs: number, times: 0 | 1): Promise<boolean> =>
    asSeen(
      db.send(
        new UpdateCommand({
          TableName,
          Key: { queue, id },
          UpdateExpression: 'SET visibleAtMs = :visible ADD receives :times',
          ConditionExpression: stillMine,
          ExpressionAttributeValues: { ':visible': visibleAtMs, ':times': times, ':receives': receives },
        }),
      ),
    );

  const putAside = ({ queue, id, receives, ...item }: Item): Promise<boolean> =>
    asSeen(
      db.send(
        new TransactWriteCommand({
          TransactItems: [
            {
              Delete: {
                TableName,
                Key: { queue, id },
                ConditionExpression: stillMine,
                ExpressionAttributeValues: { ':receives': receives },
              },
            },
            { Put: { TableName, Item: { ...item, queue: aside(queue), id, receives } } },
          ],
        }),
      ),
    );

  return {
    async send(queue, id, message, visibleAtMs) {
      await orRefuse(db.send(new PutCommand({ TableName, Item: { queue, id, message, visibleAtMs, receives: 0 } })));
    },

    async receive(queue, { nowMs, visibleAgainAtMs, most, maxReceives }) {
      const received: Received[] = [];
      for await (const item of messages(queue)) {
        if (received.length >= most) break;
        if (item.visibleAtMs > nowMs) continue;
        if (item.receives >= maxReceives) await putAside(item);
        else if (await hide(item, visibleAgainAtMs, 1))
          received.push({ ...item, queue, visibleAtMs: visibleAgainAtMs, receives: item.receives + 1 });
      }
      return received;
    },

    extend: (received, visibleAgainAtMs) => hide(received, visibleAgainAtMs, 0),

    async delete({ queue, id, receives }) {
      await asSeen(
        db.send(
          new DeleteCommand({
            TableName,
            Key: { queue, id },
            ConditionExpression: stillMine,
            ExpressionAttributeValues: { ':receives': receives },
          }),
        ),
      );
    },

    async dead(queue) {
      const found: QueueMessage[] = [];
      for await (const { message } of messages(aside(queue))) found.push(message);
      return found;
    },
  };
}
