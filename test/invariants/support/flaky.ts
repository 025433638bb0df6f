/** A network that delays every write, and now and then loses the answer to one that has been applied. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';

export type Trouble = {
  /** Of a write's answers, so many are lost. */
  readonly lost: number;
  /** Before a write and after it, at most. */
  readonly delayMs: number;
};

const writes = new Set(['UpdateItemCommand', 'PutItemCommand', 'DeleteItemCommand']);

/** Inside the SDK's own repetitions, which take it for a broken connection. */
export function troubled(db: DynamoDBDocumentClient, { lost, delayMs }: Trouble): DynamoDBDocumentClient {
  db.middlewareStack.add(
    (next, context) => async (args) => {
      if (!writes.has(String(context['commandName']))) return next(args);
      await sleep(Math.random() * delayMs);
      const result = await next(args);
      await sleep(Math.random() * delayMs);
      if (Math.random() < lost) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' });
      return result;
    },
    { step: 'deserialize', priority: 'low', name: 'trouble' },
  );
  return db;
}
