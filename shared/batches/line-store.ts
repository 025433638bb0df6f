/** The lines of batches, each batch in a partition of its own below its project (I5). Store down: 503 (I12). */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { BodyStore } from '../bodies/body-store.ts';
import { orRefuse } from '../dynamo/outage.ts';
import type { BatchKey } from './batch.ts';
import type { CountedLine } from './counts.ts';
import {
  type Chunk,
  chunkPlace,
  chunkSchema,
  linePlace,
  lineSchema,
  partitionOf,
  type StoredLine,
} from './line-row.ts';

export type Recording = {
  readonly workerId: string;
  /** Unix seconds. */
  readonly expiresAt: number;
};

export type LineRange = Pick<Chunk, 'firstLine' | 'lastLine'>;

export interface LineStore {
  /** What is there already stays as it is. */
  createChunk(key: BatchKey, chunk: Chunk, expiresAt: number): Promise<void>;
  chunk(key: BatchKey, chunk: number): Promise<Chunk | undefined>;
  /** In order. */
  chunks(key: BatchKey): AsyncIterable<Chunk>;
  /** How often a worker has died at it, this time included. */
  died(key: BatchKey, chunk: number): Promise<number>;
  /** Whoever is first: the one that was, where that is another. */
  record(key: BatchKey, line: StoredLine, by: Recording): Promise<CountedLine | null>;
  /** By their numbers. */
  recorded(key: BatchKey, range: LineRange): Promise<Map<number, CountedLine>>;
  /** Those that have succeeded, or the others, in order and with their bodies. */
  read(key: BatchKey, range: LineRange, succeeded: boolean): AsyncIterable<StoredLine>;
}

/** With what else stands in an item, which has at most 400 kB. */
const maxItemBytes = 300_000;

const countedSchema = z.pick(lineSchema, { succeeded: true, usage: true });
const numberedSchema = z.pick(lineSchema, { line: true, succeeded: true, usage: true });

export function dynamoLineStore(db: DynamoDBDocumentClient, TableName: string, bodies: BodyStore): LineStore {
  const chunkKey = (key: BatchKey, chunk: number) => ({ batch: partitionOf(key), place: chunkPlace(chunk) });

  async function* between(key: BatchKey, from: string, to: string, attributes?: readonly string[]) {
    let start: Record<string, unknown> | undefined;
    do {
      const page = await orRefuse(
        db.send(
          new QueryCommand({
            TableName,
            KeyConditionExpression: '#batch = :batch AND place BETWEEN :from AND :to',
            ExpressionAttributeValues: { ':batch': partitionOf(key), ':from': from, ':to': to },
            ConsistentRead: true,
            ExclusiveStartKey: start,
            ExpressionAttributeNames: Object.fromEntries(
              ['batch', ...(attributes ?? [])].map((name) => [`#${name}`, name]),
            ),
            ...(attributes && { ProjectionExpression: attributes.map((name) => `#${name}`).join(', ') }),
          }),
        ),
      );
      yield* page.Items ?? [];
      start = page.LastEvaluatedKey;
    } while (start);
  }

  /** A large body in the bucket, under a name that nobody else's answer to that line has. */
  async function row(key: BatchKey, line: StoredLine, { workerId, expiresAt }: Recording) {
    const at = { batch: partitionOf(key), place: linePlace(line.line) };
    const { body, ...rest } = line;
    if (body === undefined || Buffer.byteLength(body) <= maxItemBytes) return { ...at, ...line, expiresAt };
    const bodyKey = `batches/${key.projectId}/${key.id}/${line.line}/${workerId}`;
    await orRefuse(bodies.put(bodyKey, Buffer.from(body)));
    return { ...at, ...rest, bodyKey, expiresAt };
  }

  return {
    async createChunk(key, chunk, expiresAt) {
      const Item = { ...chunkKey(key, chunk.chunk), ...chunk, expiresAt };
      try {
        await db.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(place)' }));
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) await orRefuse(Promise.reject(error));
      }
    },

    async chunk(key, chunk) {
      const command = new GetCommand({ TableName, Key: chunkKey(key, chunk), ConsistentRead: true });
      const { Item } = await orRefuse(db.send(command));
      return Item && chunkSchema.parse(Item);
    },

    async *chunks(key) {
      for await (const item of between(key, 'chunk#', 'chunk#~')) yield chunkSchema.parse(item);
    },

    async died(key, chunk) {
      const command = new UpdateCommand({
        TableName,
        Key: chunkKey(key, chunk),
        UpdateExpression: 'ADD deaths :one',
        ExpressionAttributeValues: { ':one': 1 },
        ReturnValues: 'ALL_NEW',
      });
      return chunkSchema.parse((await orRefuse(db.send(command))).Attributes).deaths;
    },

    async record(key, line, by) {
      const Item = await row(key, line, by);
      try {
        const command = new PutCommand({
          TableName,
          Item,
          ConditionExpression: 'attribute_not_exists(place)',
        });
        await orRefuseUnlessThere(db.send(command));
        return null;
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
      const first = (await this.recorded(key, { firstLine: line.line, lastLine: line.line })).get(line.line);
      return first ?? { succeeded: line.succeeded, usage: line.usage };
    },

    async recorded(key, { firstLine, lastLine }) {
      const found = new Map<number, CountedLine>();
      const attributes = ['line', 'succeeded', 'usage'];
      for await (const item of between(key, linePlace(firstLine), linePlace(lastLine), attributes)) {
        const { line } = numberedSchema.parse(item);
        found.set(line, countedSchema.parse(item));
      }
      return found;
    },

    async *read(key, { firstLine, lastLine }, succeeded) {
      for await (const item of between(key, linePlace(firstLine), linePlace(lastLine))) {
        if (item['succeeded'] !== succeeded) continue;
        const { bodyKey, ...line } = lineSchema.parse(item);
        const body = bodyKey === undefined ? undefined : await orRefuse(bodies.get(bodyKey));
        yield body ? { ...line, body: Buffer.from(body).toString('utf8') } : line;
      }
    },
  };
}

/** That somebody was there before is for the caller to know. */
const orRefuseUnlessThere = async (work: Promise<unknown>): Promise<void> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof ConditionalCheckFailedException) throw error;
    await orRefuse(Promise.reject(error));
  }
};
