/** How much is left to do in a queue of one machine: queue-store.ts. Counted by reading, and so not beyond what one page of a person's time is. */
import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { timeOf } from '../ids.ts';
import type { QueueName } from './queue.ts';
import type { ReadQueueDepth } from './queue-depth.ts';
import { aside } from './queue-store.ts';

const itemSchema = z.object({ id: z.string(), visibleAtMs: z.int(), receives: z.int() });
type Item = z.infer<typeof itemSchema>;

/** Of messages: a queue that holds more says so many. */
const mostCounted = 10_000;

export const dynamoQueueDepth =
  (db: DynamoDBDocumentClient, TableName: string, now: () => number) =>
  (name: QueueName): ReadQueueDepth => {
    /** In the order in which they were sent. */
    async function itemsOf(queue: string, abortSignal: AbortSignal): Promise<Item[]> {
      const items: Item[] = [];
      let start: Record<string, unknown> | undefined;
      do {
        const page = await db.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: 'queue = :queue',
            ExpressionAttributeValues: { ':queue': queue },
            ProjectionExpression: 'id, visibleAtMs, receives',
            Limit: mostCounted - items.length,
            ExclusiveStartKey: start,
          }),
          { abortSignal },
        );
        items.push(...(page.Items ?? []).map((item) => itemSchema.parse(item)));
        start = page.LastEvaluatedKey;
      } while (start && items.length < mostCounted);
      return items;
    }

    return async (signal) => {
      const [items, dead] = await Promise.all([itemsOf(name, signal), itemsOf(aside(name), signal)]);
      const nowMs = now();
      const [oldest] = items;
      const hidden = items.filter(({ visibleAtMs }) => visibleAtMs > nowMs);
      const inProgress = hidden.filter(({ receives }) => receives > 0).length;
      return {
        waiting: items.length - hidden.length,
        inProgress,
        delayed: hidden.length - inProgress,
        deadLetters: dead.length,
        oldestAgeSeconds: oldest ? Math.max(0, Math.floor((nowMs - timeOf(oldest.id)) / 1000)) : null,
      };
    };
  };
