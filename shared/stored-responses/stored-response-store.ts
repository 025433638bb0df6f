/** Stored responses, each under its project and its id (I5): another project's is as good as none. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import type { BodyStore } from '../bodies/body-store.ts';
import { orRefuse } from '../dynamo/outage.ts';
import {
  type HeldItems,
  heldItemsSchema,
  type JsonObject,
  type ResponseStatus,
  responseStatusSchema,
  type StoredResponse,
  unfinishedStatuses,
} from './stored-response.ts';

export interface StoredResponseStore {
  /** A new one: of background work before it has begun, or of a run that has ended. Store down: 503 (I12). */
  put(response: StoredResponse): Promise<'put' | 'exists'>;
  /** Undefined where there is none, it is another project's, was deleted, or has expired. Store down: 503 (I12). */
  get(projectId: string, id: string): Promise<StoredResponse | undefined>;
  /**
   * Puts it in place of one whose status is among `from`. False, and nothing is written, where there is none or its status is
   * another by now: a run that ends and a caller who cancels it cannot both win. Store down: 503 (I12).
   */
  replace(response: StoredResponse, from: readonly ResponseStatus[]): Promise<boolean>;
  /**
   * With its body. False where there was none. What its items say stays where others go on from them: delete-response.ts
   * lets go of those. Store down: 503 (I12).
   */
  delete(projectId: string, id: string): Promise<boolean>;
}

const rowSchema = z.object({
  status: responseStatusSchema,
  json: z.optional(z.string()),
  /** Too large for an item of the table. */
  bodyKey: z.optional(z.string()),
  items: z.nullable(heldItemsSchema),
  expiresAt: z.int(),
});

/** The rest of what DynamoDB takes, 400 kB, is for the keys, and for being wrong about what it counts. */
const maxItemBytes = 300_000;

const keyOf = (projectId: string, id: string): string => `${projectId}#${id}`;

export type StoredResponseDeps = { readonly bodies: BodyStore; readonly now: () => number };

type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

const unfinished = Object.fromEntries(unfinishedStatuses.map((status, index) => [`:from${index}`, status]));

/** What is put: small enough for the table, or already in the bucket. */
export type ResponseRow = Readonly<Record<string, unknown>> & { readonly id: string };

/**
 * The response of a run that has ended, in a transaction with its items: new, or in place of its own unfinished self,
 * which must be there where it was promised.
 */
export const endedResponsePut = (TableName: string, Item: ResponseRow, isPromised: boolean): TransactItem => ({
  Put: {
    TableName,
    Item,
    ConditionExpression: `${isPromised ? '' : 'attribute_not_exists(id) OR '}#status IN (${Object.keys(unfinished).join(', ')})`,
    ExpressionAttributeNames: { '#status': 'status' },
    ExpressionAttributeValues: unfinished,
  },
});

/** That a response is still there by the time that what follows on it is written. */
export const responseExists = (TableName: string, projectId: string, id: string): TransactItem => ({
  ConditionCheck: {
    TableName,
    Key: { id: keyOf(projectId, id) },
    ConditionExpression: 'attribute_exists(id)',
  },
});

/** The row without the place of its items, which only the transaction knows; a large body is put away first. */
export async function responseRow(
  bodies: BodyStore,
  { projectId, id, status, response, expiresAt }: Omit<StoredResponse, 'items'>,
): Promise<(items: HeldItems | null) => ResponseRow> {
  const row = { id: keyOf(projectId, id), status, expiresAt };
  const json = JSON.stringify(response);
  if (Buffer.byteLength(json) <= maxItemBytes) return (items) => ({ ...row, items, json });
  const bodyKey = `responses/${projectId}/${id}/${status}`;
  await orRefuse(bodies.put(bodyKey, Buffer.from(json)));
  return (items) => ({ ...row, items, bodyKey });
}

export const dynamoStoredResponseStore = (
  db: DynamoDBDocumentClient,
  TableName: string,
  { bodies, now }: StoredResponseDeps,
): StoredResponseStore => {
  async function written(response: StoredResponse, condition: object): Promise<boolean> {
    const row = await responseRow(bodies, response);
    try {
      await db.send(new PutCommand({ TableName, Item: row(response.items), ...condition }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      return orRefuse(Promise.reject(error));
    }
  }

  async function found(projectId: string, id: string) {
    const Key = { id: keyOf(projectId, id) };
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key, ConsistentRead: true })));
    const row = Item && rowSchema.parse(Item);
    // DynamoDB drops expired items days late.
    return row && row.expiresAt * 1000 > now() ? row : undefined;
  }

  return {
    put: async (response) =>
      (await written(response, { ConditionExpression: 'attribute_not_exists(id)' })) ? 'put' : 'exists',

    async get(projectId, id) {
      // Half of a surrogate pair is no character, and no store takes it: there is nothing of that name.
      const row = id.isWellFormed() ? await found(projectId, id) : undefined;
      if (!row) return undefined;
      const body = row.bodyKey === undefined ? undefined : await orRefuse(bodies.get(row.bodyKey));
      const json = row.json ?? (body && Buffer.from(body).toString('utf8'));
      // Its body has gone first, by its lifetime.
      if (json === undefined) return undefined;
      const { status, items, expiresAt } = row;
      return { projectId, id, status, response: JSON.parse(json) as JsonObject, items, expiresAt };
    },

    replace(response, from) {
      const names = from.map((_, index) => `:from${index}`);
      return written(response, {
        ConditionExpression: `#status IN (${names.join(', ')})`,
        ExpressionAttributeNames: { '#status': 'status' },
        ExpressionAttributeValues: Object.fromEntries(from.map((status, index) => [`:from${index}`, status])),
      });
    },

    async delete(projectId, id) {
      const Key = { id: keyOf(projectId, id) };
      const { Attributes } = await orRefuse(db.send(new DeleteCommand({ TableName, Key, ReturnValues: 'ALL_OLD' })));
      const row = Attributes && rowSchema.parse(Attributes);
      if (row?.bodyKey !== undefined) await orRefuse(bodies.delete(row.bodyKey));
      return row !== undefined && row.expiresAt * 1000 > now();
    },
  };
};
