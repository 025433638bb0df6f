/** New threads: with their items, the response that begins them, and what they go on from, all at once or not at all. Store down: 503 (I12). */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand, TransactWriteCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { type AppendDeps, appender, mostAtOnce, untilLater } from '../conversations/append-store.ts';
import { isThread, type Parent } from '../conversations/conversation.ts';
import type { Item } from '../conversations/item.ts';
import { type PendingRow, pendingRows, rowAt } from '../conversations/item-row.ts';
import { erasureDay, erasureShard } from '../conversations/lifetime.ts';
import { headPlace, type Name, partitionOf } from '../conversations/places.ts';
import { orRefuse } from '../dynamo/outage.ts';
import type { TransactItem } from '../dynamo/transaction.ts';
import { GatewayError } from '../errors.ts';

export type Beginning = {
  readonly items: readonly Item[];
  /** Where it goes on from, the nearest first. */
  readonly parents: readonly Parent[];
  /** Written in the same transaction. */
  readonly beside: readonly TransactItem[];
};

export interface ThreadStore {
  /** `refused`: one of those beside it could not be written, or what it goes on from is gone. */
  begin(thread: Name, beginning: Beginning): Promise<'begun' | 'refused'>;
  /** Threads that others go on from are kept for as long as those. */
  extend(threads: readonly Name[]): Promise<void>;
}

const daySeconds = 86_400;
/** Of rows that are written one by one. */
const atOnce = 25;
const maxTries = 6;

export function dynamoThreadStore(db: DynamoDBDocumentClient, TableName: string, deps: AppendDeps): ThreadStore {
  const { settings, now, newId, pause, random } = deps;
  const { putBodies } = appender(db, TableName, deps);
  const never = new AbortController().signal;
  const nowSeconds = (): number => Math.floor(now() / 1000);
  const keyOf = (name: Name) => ({ conversation: partitionOf(name), place: headPlace });
  const open = { '#state': 'state' };

  const headOf = (thread: Name, { items, parents }: Beginning, state: 'open' | 'staged') => {
    const endsAt =
      state === 'open' ? nowSeconds() + settings.responseExpireDays * daySeconds : nowSeconds() + daySeconds;
    const ends = { endsAt, erasureShard: erasureShard(thread.id), eraseAfter: erasureDay(endsAt) };
    const head = { ...keyOf(thread), state, createdAt: nowSeconds(), metadata: {}, next: items.length, uses: 1 };
    // What is staged needs no other: its place is taken for real by the head that replaces it.
    return { ...head, parents: state === 'open' ? parents : [], ...ends };
  };

  /** Nobody knows of the thread before its head is open; where that never happens, the sweep erases what is here. */
  async function stage(thread: Name, beginning: Beginning, append: string, rows: readonly PendingRow[], all: boolean) {
    await orRefuse(db.send(new PutCommand({ TableName, Item: headOf(thread, beginning, 'staged') })));
    if ((await putBodies(thread, rows)) === 'missing') throw new GatewayError('overloaded');
    for (let done = 0; all && done < rows.length; done += atOnce) {
      const some = rows.slice(done, done + atOnce);
      await orRefuse(
        Promise.all(
          some.map((row, index) =>
            db.send(new PutCommand({ TableName, Item: rowAt(thread, done + index, append, row) })),
          ),
        ),
      );
    }
  }

  /** It is there, and is needed by one more. */
  function parentUse(projectId: string, { id }: Parent): TransactItem {
    const Key = keyOf({ projectId, id });
    const isOpen = '#state = :open AND (endsAt = :never OR endsAt > :now)';
    const values = { ':open': 'open', ':never': null, ':now': nowSeconds() };
    if (!isThread(id)) {
      const check = { ConditionExpression: isOpen, ExpressionAttributeNames: open, ExpressionAttributeValues: values };
      return { ConditionCheck: { TableName, Key, ...check } };
    }
    const later = untilLater(id, settings, now());
    return {
      Update: {
        TableName,
        Key,
        UpdateExpression: `SET ${later.assignments.join(', ')} ADD #uses :one`,
        ConditionExpression: isOpen,
        ExpressionAttributeNames: { ...open, '#uses': 'uses' },
        ExpressionAttributeValues: { ...values, ...later.values, ':one': 1 },
      },
    };
  }

  return {
    async begin(thread, beginning) {
      const { items, parents, beside } = beginning;
      const append = newId('app_');
      const isLong = items.length > mostAtOnce;
      const rows = pendingRows(thread, append, items, ...(isLong ? [Number.POSITIVE_INFINITY] : []));
      if (isLong || rows.some((row) => 'body' in row)) await stage(thread, beginning, append, rows, isLong);
      const [parent] = parents;
      const TransactItems: TransactItem[] = [
        { Put: { TableName, Item: headOf(thread, beginning, 'open') } },
        ...(parent ? [parentUse(thread.projectId, parent)] : []),
        ...beside,
        ...(isLong ? [] : rows.map((row, index) => ({ Put: { TableName, Item: rowAt(thread, index, append, row) } }))),
      ];
      for (let tries = 1; ; tries += 1) {
        try {
          await db.send(new TransactWriteCommand({ TransactItems }));
          return 'begun';
        } catch (error) {
          if (!(error instanceof TransactionCanceledException)) return orRefuse(Promise.reject(error));
          const reasons = error.CancellationReasons ?? [];
          if (reasons.some(({ Code }) => Code === 'ConditionalCheckFailed')) return 'refused';
          if (tries >= maxTries) throw new GatewayError('overloaded', { cause: error });
          await pause(Math.ceil(random() * 20 * 2 ** tries), never);
        }
      }
    },

    async extend(threads) {
      await Promise.all(
        threads.map(async (thread) => {
          const { assignments, values } = untilLater(thread.id, settings, now());
          const command = new UpdateCommand({
            TableName,
            Key: keyOf(thread),
            UpdateExpression: `SET ${assignments.join(', ')}`,
            // Once a day: more often the index would be written with every turn.
            ConditionExpression: '#state = :open AND eraseAfter < :eraseAfter',
            ExpressionAttributeNames: open,
            ExpressionAttributeValues: { ...values, ':open': 'open' },
          });
          await orRefuse(
            db.send(command).catch((error: unknown) => {
              if (!(error instanceof ConditionalCheckFailedException)) throw error;
            }),
          );
        }),
      );
    },
  };
}
