/** Admin keys, all in one partition: they are few, and a listing must see what was just created. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { type Page, type PageRequest, pageOf } from '../http/page.ts';
import { type AdminKey, adminKeySchema, type StoredAdminKey, storedAdminKeySchema } from './admin-key.ts';

export type Order = 'asc' | 'desc';

export interface AdminKeyStore {
  /** With the digest; for checking a presented key. Sees the latest write. */
  find(id: string): Promise<StoredAdminKey | undefined>;
  get(id: string): Promise<AdminKey | undefined>;
  /** By time of creation. */
  list(page: PageRequest, order: Order): Promise<Page<AdminKey>>;
  create(key: StoredAdminKey): Promise<void>;
  /** What was deleted; undefined when there was nothing. */
  delete(id: string): Promise<AdminKey | undefined>;
  /** Notes that the key was used. Losing this is no harm (I12). */
  touch(id: string, lastUsedAt: number): Promise<void>;
}

/** The one organization that a gateway serves. */
const organization = 'organization';
const keyOf = (id: string) => ({ organization, id });

export const dynamoAdminKeyStore = (db: DynamoDBDocumentClient, TableName: string): AdminKeyStore => {
  const find = async (id: string): Promise<StoredAdminKey | undefined> => {
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: keyOf(id), ConsistentRead: true })));
    return Item && storedAdminKeySchema.parse(Item);
  };

  return {
    find,

    async get(id) {
      const key = await find(id);
      return key && adminKeySchema.parse(key);
    },

    async list({ after, limit }, order) {
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: 'organization = :organization',
        ExpressionAttributeValues: { ':organization': organization },
        ConsistentRead: true,
        ScanIndexForward: order === 'asc',
        Limit: limit + 1,
        ...(after && { ExclusiveStartKey: keyOf(after) }),
      });
      const { Items = [] } = await orRefuse(db.send(command));
      return pageOf(
        Items.map((item) => adminKeySchema.parse(item)),
        limit,
      );
    },

    async create(key) {
      const command = new PutCommand({
        TableName,
        Item: { organization, ...key },
        ConditionExpression: 'attribute_not_exists(id)',
      });
      await orRefuse(db.send(command));
    },

    async delete(id) {
      const command = new DeleteCommand({ TableName, Key: keyOf(id), ReturnValues: 'ALL_OLD' });
      const { Attributes } = await orRefuse(db.send(command));
      return Attributes && adminKeySchema.parse(Attributes);
    },

    async touch(id, lastUsedAt) {
      const command = new UpdateCommand({
        TableName,
        Key: keyOf(id),
        UpdateExpression: 'SET lastUsedAt = :now',
        // The key may have been deleted since it was read: an update would bring back a stump of it.
        ConditionExpression: 'attribute_exists(id)',
        ExpressionAttributeValues: { ':now': lastUsedAt },
      });
      try {
        await db.send(command);
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) throw error;
      }
    },
  };
};
