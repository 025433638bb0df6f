/**
 * Adds items to a conversation: all or none of them, one after the other, in one transaction with the head, which says
 * what position comes next. Of rivals one is first; the others see a `next` that has moved, and come again behind it.
 */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, GetCommand, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import type { BodyStore } from '../bodies/body-store.ts';
import { orRefuse } from '../dynamo/outage.ts';
import type { TransactItem } from '../dynamo/transaction.ts';
import { GatewayError } from '../errors.ts';
import type { Pause } from '../pause.ts';
import type { AppendToken } from './append-token.ts';
import { conversationOf, endOf, type Head, headSchema } from './conversation.ts';
import type { Item } from './item.ts';
import { type PendingRow, pendingRows, rowAt } from './item-row.ts';
import { type ConversationSettings, erasureDay, erasureShard } from './lifetime.ts';
import { bodyPlace, headPlace, itemPlace, type Name, partitionOf, tokenPlace } from './places.ts';
import { freeToken, keptFor, type TokenFor, tokenRow } from './token-row.ts';

export type AppendDeps = {
  readonly bodies: BodyStore;
  readonly settings: ConversationSettings;
  readonly now: () => number;
  readonly pause: Pause;
  /** In [0, 1). */
  readonly random: () => number;
  readonly newId: (prefix: string) => string;
};

export type Appending = {
  readonly items: readonly Item[];
  /** Absent: the same may be appended any number of times. */
  readonly token?: AppendToken;
  /** Only right behind this position: where something else has been added, nothing is. */
  readonly after?: number;
  /** Written in the same transaction, once it is known where the items begin. */
  readonly beside?: (first: number) => readonly TransactItem[];
  /** Of a thread: one more response needs it. */
  readonly uses?: number;
};

export type Appended =
  | { readonly kind: 'appended'; readonly first: number }
  /** The token was taken: by so many items from there on. */
  | { readonly kind: 'repeated'; readonly first: number; readonly count: number }
  | { readonly kind: 'missing' }
  /** Others have gone on from there. */
  | { readonly kind: 'overtaken' }
  /** One of those beside it could not be written. */
  | { readonly kind: 'refused' };

/** A transaction writes a hundred items: the head, the token, and up to three beside it are among them. */
export const mostAtOnce = 95;

const maxTries = 15;
const firstPauseMs = 20;
const longestPauseMs = 1_000;

export const tooManyAtOnce = (param: string): GatewayError =>
  new GatewayError('invalid_request', {
    message: `At most ${mostAtOnce} items can be added to a conversation at once.`,
    param,
  });

const contended = (): GatewayError =>
  new GatewayError('conflict', {
    message: 'Many requests add to this conversation at the same time. Try again.',
    headers: { 'x-should-retry': 'true', 'retry-after': '1' },
  });

/** What is set with every change of a head, so that it ends later. */
export function untilLater(id: string, settings: ConversationSettings, nowMs: number) {
  const endsAt = endOf(id, settings, Math.floor(nowMs / 1000));
  if (endsAt === null) return { assignments: [], values: {} };
  return {
    assignments: ['endsAt = :endsAt', 'erasureShard = :erasureShard', 'eraseAfter = :eraseAfter'],
    values: { ':endsAt': endsAt, ':erasureShard': erasureShard(id), ':eraseAfter': erasureDay(endsAt) },
  };
}

export function appender(db: DynamoDBDocumentClient, TableName: string, deps: AppendDeps) {
  const { bodies, settings, now, pause, random, newId } = deps;
  const never = new AbortController().signal;
  const nowSeconds = (): number => Math.floor(now() / 1000);

  const at = async (name: Name, place: string) => {
    const Key = { conversation: partitionOf(name), place };
    return (await orRefuse(db.send(new GetCommand({ TableName, Key, ConsistentRead: true })))).Item;
  };
  const head = async (name: Name): Promise<Head | undefined> => {
    const Item = await at(name, headPlace);
    return Item && headSchema.parse(Item);
  };

  const isOpen = '#state = :open AND (endsAt = :never OR endsAt > :now)';
  const openNames = { '#state': 'state' };
  const openValues = () => ({ ':open': 'open', ':never': null, ':now': nowSeconds() });

  /** Where it is and that it is there, before the body itself: whoever deletes the conversation finds all of them. */
  async function putBodies(name: Name, rows: readonly PendingRow[]): Promise<readonly string[] | 'missing'> {
    const large = rows.flatMap((row) => ('body' in row ? [row] : []));
    if (large.length === 0) return [];
    const conversation = partitionOf(name);
    const told = new TransactWriteCommand({
      TransactItems: [
        {
          ConditionCheck: {
            TableName,
            Key: { conversation, place: headPlace },
            ConditionExpression: '#state IN (:open, :staged)',
            ExpressionAttributeNames: openNames,
            ExpressionAttributeValues: { ':open': 'open', ':staged': 'staged' },
          },
        },
        ...large.map(({ bodyKey }) => ({ Put: { TableName, Item: { conversation, place: bodyPlace(bodyKey) } } })),
      ],
    });
    for (let tries = 1; ; tries += 1) {
      const outcome = await send(told);
      if (outcome === 'done') break;
      if (outcome.some(({ Code }) => Code === 'ConditionalCheckFailed')) return 'missing';
      await later(tries);
    }
    await Promise.all(large.map(({ bodyKey, body }) => orRefuse(bodies.put(bodyKey, body))));
    return large.map(({ bodyKey }) => bodyKey);
  }

  /** The reasons where it was cancelled. */
  async function send(command: TransactWriteCommand) {
    try {
      await db.send(command);
      return 'done' as const;
    } catch (error) {
      if (error instanceof TransactionCanceledException) return error.CancellationReasons ?? [];
      return orRefuse(Promise.reject(error));
    }
  }

  async function later(tries: number): Promise<void> {
    if (tries >= maxTries) throw contended();
    await pause(Math.ceil(random() * Math.min(longestPauseMs, firstPauseMs * 2 ** tries)), never);
  }

  const tokenPut = (name: Name, token: AppendToken, appended: TokenFor): TransactItem => ({
    Put: {
      TableName,
      Item: { conversation: partitionOf(name), place: tokenPlace(token.token), ...tokenRow(token, appended) },
      ...freeToken(token, nowSeconds()),
    },
  });

  const headUpdate = (name: Name, next: number, { items, uses = 0 }: Appending): TransactItem => {
    const { assignments, values } = untilLater(name.id, settings, now());
    return {
      Update: {
        TableName,
        Key: { conversation: partitionOf(name), place: headPlace },
        UpdateExpression: `SET ${['#next = :then', ...assignments].join(', ')} ADD #uses :uses`,
        ConditionExpression: `#next = :next AND ${isOpen}`,
        ExpressionAttributeNames: { ...openNames, '#next': 'next', '#uses': 'uses' },
        ExpressionAttributeValues: {
          ...openValues(),
          ...values,
          ':next': next,
          ':then': next + items.length,
          ':uses': uses,
        },
      },
    };
  };

  async function appendRows(
    name: Name,
    rows: readonly PendingRow[],
    append: string,
    appending: Appending,
  ): Promise<Appended> {
    const { token, after, beside = () => [] } = appending;
    let next = after;
    for (let tries = 1; ; tries += 1) {
      const seen = next ?? conversationOf(await head(name), nowSeconds())?.next;
      if (seen === undefined) return { kind: 'missing' };
      const others = beside(seen);
      const outcome = await send(
        new TransactWriteCommand({
          TransactItems: [
            headUpdate(name, seen, appending),
            ...(token ? [tokenPut(name, token, { append, first: seen, count: rows.length })] : []),
            ...others,
            ...rows.map((row, index) => ({ Put: { TableName, Item: rowAt(name, seen + index, append, row) } })),
          ],
        }),
      );
      if (outcome === 'done') return { kind: 'appended', first: seen };
      const failed = outcome.map(({ Code }) => Code === 'ConditionalCheckFailed');
      // A transaction whose answer was lost meets itself.
      const [row, kept] = failed.some(Boolean)
        ? await Promise.all([at(name, itemPlace(seen)), token && at(name, tokenPlace(token.token))])
        : [];
      if (row?.['append'] === append) return { kind: 'appended', first: seen };
      const before = token && kept && keptFor(token, kept, nowSeconds());
      if (before) return { kind: 'repeated', ...before };
      if (failed[0]) {
        const found = conversationOf(await head(name), nowSeconds());
        if (!found) return { kind: 'missing' };
        if (after !== undefined && found.next !== after) return { kind: 'overtaken' };
        next = found.next;
      } else if (failed.some(Boolean)) return { kind: 'refused' };
      await later(tries);
    }
  }

  return {
    head,
    send,
    putBodies,

    async append(name: Name, appending: Appending): Promise<Appended> {
      const append = newId('app_');
      const rows = pendingRows(name, append, appending.items);
      const put = await putBodies(name, rows);
      if (put === 'missing') return { kind: 'missing' };
      const appended = await appendRows(name, rows, append, appending);
      // Nothing refers to them. Where this fails the conversation's own deletion finds them.
      if (appended.kind !== 'appended') await Promise.all(put.map((key) => bodies.delete(key).catch(() => {})));
      return appended;
    },
  };
}

export type Appender = ReturnType<typeof appender>;
