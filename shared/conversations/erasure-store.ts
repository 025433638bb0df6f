/**
 * What becomes of conversations and threads that were deleted, or are over: their items, their bodies and at last their
 * heads are gone. Nobody sees anything of them meanwhile, so that it may take as long as it takes: whoever deletes one begins with it, and
 * what is left when his time is up the sweep finds in the index.
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { BodyStore } from '../bodies/body-store.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { type Head, headSchema, isThread } from './conversation.ts';
import { erasureDay, erasureShard, erasureShards, isOver } from './lifetime.ts';
import { bodyKeyAt, headPlace, type Name, nameOf, partitionOf } from './places.ts';

export interface ErasureStore {
  /** Those that are due by now, and perhaps some that are not. Store down: throws, and the next sweep tries again. */
  due(): AsyncIterable<Name>;
  /** Takes away all of one that was deleted or is over. False where it is neither, or `enough` came first. Throws likewise. */
  erase(name: Name, enough: () => boolean): Promise<boolean>;
  /** A thread is needed by one response, or one other thread, less. Needed by none it is deleted. Store down: 503 (I12). */
  release(thread: Name): Promise<void>;
}

const placeSchema = z.object({ conversation: z.string(), place: z.string() });

/** Of rows and their bodies: what one instance has under way with DynamoDB and S3. */
const atOnce = 25;

export function dynamoErasureStore(
  db: DynamoDBDocumentClient,
  TableName: string,
  { bodies, now }: { readonly bodies: BodyStore; readonly now: () => number },
): ErasureStore {
  const nowSeconds = (): number => Math.floor(now() / 1000);
  const today = (): string => erasureDay(nowSeconds() - 86_400);
  const keyOf = (name: Name) => ({ conversation: partitionOf(name), place: headPlace });

  async function head(name: Name): Promise<Head | undefined> {
    const { Item } = await db.send(new GetCommand({ TableName, Key: keyOf(name), ConsistentRead: true }));
    return Item && headSchema.parse(Item);
  }

  /** Where what it is like has changed in the meantime: undefined. */
  async function marked(name: Name, condition: string, values: object): Promise<Head | undefined> {
    const command = new UpdateCommand({
      TableName,
      Key: keyOf(name),
      UpdateExpression:
        'SET #state = :deleted, metadata = :none, erasureShard = :erasureShard, eraseAfter = :eraseAfter',
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: {
        ':deleted': 'deleted',
        ':none': {},
        ':erasureShard': erasureShard(name.id),
        ':eraseAfter': today(),
        ...values,
      },
      ReturnValues: 'ALL_NEW',
    });
    try {
      return headSchema.parse((await db.send(command)).Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      throw error;
    }
  }

  async function released(thread: Name): Promise<void> {
    const command = new UpdateCommand({
      TableName,
      Key: keyOf(thread),
      UpdateExpression: 'ADD #uses :less',
      ConditionExpression: '#state = :open AND #uses > :none',
      ExpressionAttributeNames: { '#state': 'state', '#uses': 'uses' },
      ExpressionAttributeValues: { ':less': -1, ':open': 'open', ':none': 0 },
      ReturnValues: 'ALL_NEW',
    });
    try {
      const { uses } = headSchema.parse((await db.send(command)).Attributes);
      // Where somebody goes on from it just now, it is needed again and stays.
      if (uses === 0) await marked(thread, 'uses = :unused', { ':unused': 0 });
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    }
  }

  async function eraseRow({ conversation, place }: z.infer<typeof placeSchema>): Promise<void> {
    const bodyKey = bodyKeyAt(place);
    if (bodyKey !== undefined) await bodies.delete(bodyKey);
    await db.send(new DeleteCommand({ TableName, Key: { conversation, place } }));
  }

  /** The head last: without it nobody would look for the rest. */
  async function eraseRows(name: Name, enough: () => boolean): Promise<boolean> {
    for (;;) {
      const { Items = [] } = await db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'conversation = :conversation AND place > :head',
          ExpressionAttributeValues: { ':conversation': partitionOf(name), ':head': headPlace },
          ProjectionExpression: 'conversation, place',
          Limit: 500,
          ConsistentRead: true,
        }),
      );
      if (Items.length === 0) return true;
      const rows = Items.map((item) => placeSchema.parse(item));
      for (let done = 0; done < rows.length; done += atOnce) {
        if (enough()) return false;
        await Promise.all(rows.slice(done, done + atOnce).map(eraseRow));
      }
    }
  }

  async function* due(): AsyncGenerator<Name> {
    for (const shard of erasureShards) {
      let start: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await db.send(
          new QueryCommand({
            TableName,
            IndexName: 'erasures',
            KeyConditionExpression: 'erasureShard = :shard AND eraseAfter <= :today',
            ExpressionAttributeValues: { ':shard': shard, ':today': today() },
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        for (const item of Items) yield nameOf(placeSchema.parse(item).conversation);
        start = LastEvaluatedKey;
      } while (start);
    }
  }

  return {
    due,
    release: (thread) => orRefuse(released(thread)),

    async erase(name, enough) {
      const found = await head(name);
      if (!found) return false;
      const isDue = found.state === 'deleted' || isOver(found.endsAt, nowSeconds());
      if (!isDue) return false;
      if (found.state !== 'deleted') {
        const ended = await marked(name, 'endsAt <= :now AND #state <> :deleted', { ':now': nowSeconds() });
        if (!ended) return false;
      }
      if (!(await eraseRows(name, enough))) return false;
      const [parent] = found.parents;
      const gone = new DeleteCommand({ TableName, Key: keyOf(name), ReturnValues: 'ALL_OLD' });
      const { Attributes } = await db.send(gone);
      // Killed right here, the parent is not released, and stays until its time is over.
      if (Attributes && parent && isThread(parent.id)) await released({ projectId: name.projectId, id: parent.id });
      return true;
    },
  };
}
