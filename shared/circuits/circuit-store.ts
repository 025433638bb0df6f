/**
 * Circuits, shared by all instances. All are in one partition, so that one query
 * shows everything that is wrong; what has never failed has no item in it.
 *
 * Its outage stops nobody (I12): these throw, and shared-circuits.ts goes on by
 * what it knows.
 */
import { type AttributeValue, ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { type Circuit, circuitSchema, type Tally, type TrippedCircuit, untouched } from './circuit.ts';

/** The circuit as it is after the write, or as it was found where the write did not apply. */
export type Written = { readonly applied: boolean; readonly circuit: Circuit };

/** Writes apply to the generation that they name, and change nothing of a later one. */
export interface CircuitStore {
  /** By name. Unless `exact`, it may lag behind a moment, for half the price. */
  all(exact?: boolean): Promise<ReadonlyMap<string, Circuit>>;
  /** Adds to a closed circuit's window, where that began after `windowAfterMs`. */
  count(name: string, generation: number, tally: Tally, windowAfterMs: number): Promise<Written>;
  /** Begins a closed circuit's window, where it has none that began after `windowAfterMs`. */
  startWindow(name: string, generation: number, tally: Tally, nowMs: number, windowAfterMs: number): Promise<Written>;
  /** Leaves a closed circuit's target alone until then, where it would not be anyway. */
  coolDown(name: string, generation: number, untilMs: number): Promise<Written>;
  /** Of any number of rivals who saw the same generation, one wins. */
  replace(name: string, generation: number, next: Circuit, nowMs: number): Promise<Written>;
  /** The same for a probe, which wins only where it is due: another's may have been renewed since. */
  takeProbe(name: string, generation: number, next: TrippedCircuit, nowMs: number): Promise<Written>;
  /** Holds on to a probe: moves the end of its lease. */
  renew(name: string, generation: number, leaseUntilMs: number): Promise<Written>;
}

const scope = 'gateway';

/**
 * A closed circuit's item is rubbish once its window is over, which is a day at the longest, and nobody who saw it
 * can be under way any more. An open one's is kept, since only a probe closes it.
 */
const keptSeconds = 90_000;
const expiresAfter = (atMs: number): number => Math.ceil(atMs / 1000) + keptSeconds;

const namedSchema = z.object({ name: z.string() });

const isOpen = '#generation = :generation AND #state <> :closed';
const isClosed = '#generation = :generation AND #state = :closed';

/** Nobody has ever written of it: then it is of the first generation. */
const orUnwritten = (generation: number): string =>
  generation === untouched.generation ? 'attribute_not_exists(#generation) OR ' : '';

/** A name for each `#attribute` of the expressions: many are reserved words. */
const attributesIn = (...expressions: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    expressions
      .join(' ')
      .match(/#\w+/g)
      ?.map((name) => [name, name.slice(1)]) ?? [],
  );

/** An item as an exception has it: as it went over the wire. These hold texts and numbers. */
const plain = (item: Record<string, AttributeValue>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).map(([name, { S, N }]) => [name, N === undefined ? S : Number(N)]));

type Where = { readonly where: string; readonly values: Readonly<Record<string, unknown>> };
type Update = Where & { readonly set: string };

/**
 * `onceDb` is a client that does not repeat requests: a failure must not be counted again because the answer was lost,
 * nor somebody be refused a probe because of the one that is his own.
 */
export function dynamoCircuitStore(
  db: DynamoDBDocumentClient,
  onceDb: DynamoDBDocumentClient,
  TableName: string,
): CircuitStore {
  const orAsFound = async (work: Promise<Circuit>): Promise<Written> => {
    try {
      return { applied: true, circuit: await work };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { applied: false, circuit: error.Item ? circuitSchema.parse(plain(error.Item)) : untouched };
    }
  };

  const update = (client: DynamoDBDocumentClient, name: string, { set, where, values }: Update): Promise<Written> => {
    const input: UpdateCommandInput = {
      TableName,
      Key: { scope, name },
      UpdateExpression: set,
      ConditionExpression: where,
      ExpressionAttributeNames: attributesIn(set, where),
      ExpressionAttributeValues: { ...values, ':closed': 'closed' },
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    };
    return orAsFound(client.send(new UpdateCommand(input)).then(({ Attributes }) => circuitSchema.parse(Attributes)));
  };

  const put = (client: DynamoDBDocumentClient, name: string, next: Circuit, { where, values }: Where) => {
    const command = new PutCommand({
      TableName,
      Item: { scope, name, ...next },
      ConditionExpression: where,
      ExpressionAttributeNames: attributesIn(where),
      ExpressionAttributeValues: values,
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    return orAsFound(client.send(command).then(() => circuitSchema.parse(next)));
  };

  return {
    async all(exact = false) {
      const query = new QueryCommand({
        TableName,
        KeyConditionExpression: '#scope = :scope',
        ExpressionAttributeNames: { '#scope': 'scope' },
        ExpressionAttributeValues: { ':scope': scope },
        ConsistentRead: exact,
      });
      const { Items = [] } = await db.send(query);
      return new Map(Items.map((item) => [namedSchema.parse(item).name, circuitSchema.parse(item)]));
    },

    count: (name, generation, { failures, successes }, windowAfterMs) =>
      update(onceDb, name, {
        set: 'ADD #failures :failures, #successes :successes',
        where: `${isClosed} AND #windowStartedAtMs > :after`,
        values: {
          ':generation': generation,
          ':failures': failures,
          ':successes': successes,
          ':after': windowAfterMs,
        },
      }),

    startWindow: (name, generation, { failures, successes }, nowMs, windowAfterMs) =>
      update(onceDb, name, {
        set: `SET #generation = :generation, #state = :closed, #failures = :failures, #successes = :successes,
          #windowStartedAtMs = :now, #coolUntilMs = if_not_exists(#coolUntilMs, :never), #expiresAt = :expiresAt`,
        where: `${orUnwritten(generation)}${isClosed} AND #windowStartedAtMs <= :after`,
        values: {
          ':generation': generation,
          ':failures': failures,
          ':successes': successes,
          ':now': nowMs,
          ':never': 0,
          ':after': windowAfterMs,
          ':expiresAt': expiresAfter(nowMs),
        },
      }),

    coolDown: (name, generation, untilMs) =>
      update(db, name, {
        set: `SET #generation = :generation, #state = :closed, #failures = if_not_exists(#failures, :none),
          #successes = if_not_exists(#successes, :none), #coolUntilMs = :until,
          #windowStartedAtMs = if_not_exists(#windowStartedAtMs, :none), #expiresAt = :expiresAt`,
        where: `${orUnwritten(generation)}${isClosed} AND #coolUntilMs < :until`,
        values: { ':generation': generation, ':none': 0, ':until': untilMs, ':expiresAt': expiresAfter(untilMs) },
      }),

    replace: (name, generation, next, nowMs) =>
      put(
        db,
        name,
        { ...next, ...(next.state === 'closed' && { expiresAt: expiresAfter(Math.max(nowMs, next.coolUntilMs)) }) },
        {
          where: `${orUnwritten(generation)}#generation = :generation`,
          values: { ':generation': generation },
        },
      ),

    takeProbe: (name, generation, next, nowMs) =>
      put(onceDb, name, next, {
        where: '#generation = :generation AND #retryAtMs <= :now',
        values: { ':generation': generation, ':now': nowMs },
      }),

    renew: (name, generation, leaseUntilMs) =>
      update(db, name, {
        set: 'SET #retryAtMs = :until',
        where: isOpen,
        values: { ':generation': generation, ':until': leaseUntilMs },
      }),
  };
}
