/** API keys, and the service accounts whose keys they are: they come and go together. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import * as z from 'zod/mini';
import { assignments } from '../dynamo/assignments.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { type Page, type PageRequest, pageOf } from '../http/page.ts';
import { type ApiKey, apiKeySchema, type StoredApiKey, storedApiKeySchema } from './api-key.ts';
import type { Digest } from './digest.ts';

export type KeyChanges = { readonly scopes?: readonly string[] | undefined; readonly expiresAt?: number | undefined };

export interface KeyStore {
  /** By public id, with the digest; for checking a presented key. Sees the latest write. */
  find(id: string): Promise<StoredApiKey | undefined>;
  /** A project's own key; another project's is as good as missing (I5). */
  get(projectId: string, id: string): Promise<ApiKey | undefined>;
  /** In order of creation. Read through an index, which trails writes by a moment. */
  list(projectId: string, page: PageRequest): Promise<Page<ApiKey>>;
  /** Undefined when the project has no such key. */
  update(projectId: string, id: string, changes: KeyChanges): Promise<ApiKey | undefined>;
  /** Notes that the key was used. Losing this is no harm (I12). */
  touch(id: string, lastUsedAt: number): Promise<void>;
  rememberRoot(digest: Digest): Promise<void>;
  findRoot(): Promise<Digest | undefined>;
}

/** Not an id that any key can have. */
const rootId = 'root';
const digestSchema = z.object({ digest: z.string(), pepperVersion: z.string() });

export const dynamoKeyStore = (db: DynamoDBDocumentClient, TableName: string): KeyStore => {
  const find = async (id: string): Promise<StoredApiKey | undefined> => {
    if (id === rootId) return undefined;
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: { id }, ConsistentRead: true })));
    return Item && storedApiKeySchema.parse(Item);
  };

  return {
    find,

    async get(projectId, id) {
      const key = await find(id);
      return key?.projectId === projectId ? apiKeySchema.parse(key) : undefined;
    },

    async list(projectId, { after, limit }) {
      const { Items = [] } = await orRefuse(
        db.send(
          new QueryCommand({
            TableName,
            IndexName: 'byProject',
            KeyConditionExpression: 'projectId = :project',
            ExpressionAttributeValues: { ':project': projectId },
            Limit: limit + 1,
            ...(after && { ExclusiveStartKey: { projectId, id: after } }),
          }),
        ),
      );
      return pageOf(
        Items.map((item) => apiKeySchema.parse(item)),
        limit,
      );
    },

    async update(projectId, id, { scopes, expiresAt }) {
      const { ExpressionAttributeValues, ...assigned } = assignments({ scopes, expiresAt });
      const command = new UpdateCommand({
        TableName,
        Key: { id },
        ...assigned,
        ConditionExpression: 'projectId = :project',
        ExpressionAttributeValues: { ...ExpressionAttributeValues, ':project': projectId },
        ReturnValues: 'ALL_NEW',
      });
      try {
        const { Attributes } = await db.send(command);
        return apiKeySchema.parse(Attributes);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        return orRefuse(Promise.reject(error));
      }
    },

    async touch(id, lastUsedAt) {
      const command = new UpdateCommand({
        TableName,
        Key: { id },
        UpdateExpression: 'SET lastUsedAt = :now',
        // The key may have been deleted since it was read: an update would bring back a stump of it.
        ConditionExpression: 'attribute_exists(id)',
        ExpressionAttributeValues: { ':now': lastUsedAt },
      });
      await db.send(command);
    },

    async rememberRoot(digest) {
      await db.send(new PutCommand({ TableName, Item: { id: rootId, ...digest } }));
    },

    async findRoot() {
      const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: { id: rootId } })));
      return Item && digestSchema.parse(Item);
    },
  };
};
