/**
 * Service accounts with their API keys. An account's item knows the ids of its
 * keys, so that both always change in one transaction: no key outlives its
 * account, and none is made for an account or a project that is gone.
 */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { assignments } from '../dynamo/assignments.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { type Page, type PageRequest, pageOf } from '../http/page.ts';
import type { ApiKey, StoredApiKey } from '../keys/api-key.ts';
import { isLimited } from '../keys/key-policy.ts';
import { leaveOut, takeIn } from '../keys/limited-keys.ts';
import { projectKey } from '../projects/project-store.ts';
import { type ServiceAccount, serviceAccountSchema } from './service-account.ts';

/** A transaction has at most 100 items, and an account is deleted in one with all its keys. */
export const maxKeysPerAccount = 50;

export type AccountChanges = { readonly name?: string | undefined; readonly role?: ServiceAccount['role'] | undefined };

export type AccountWithKeys = { readonly account: ServiceAccount; readonly keyIds: readonly string[] };

export interface ServiceAccountStore {
  /** `archived` where the project takes no more; the caller has seen that it exists. */
  create(account: ServiceAccount, firstKey: StoredApiKey | undefined): Promise<'created' | 'archived'>;
  get(projectId: string, id: string): Promise<ServiceAccount | undefined>;
  /** The account with the ids of its keys. */
  getWithKeys(projectId: string, id: string): Promise<AccountWithKeys | undefined>;
  /** In order of creation. */
  list(projectId: string, page: PageRequest): Promise<Page<ServiceAccount>>;
  update(projectId: string, id: string, changes: AccountChanges): Promise<ServiceAccount | undefined>;
  /** `limits-full` where as many keys of the project have limits of their own as may. */
  addKey(key: StoredApiKey): Promise<'added' | 'archived' | 'missing' | 'full' | 'limits-full'>;
  removeKey(key: ApiKey): Promise<'removed' | 'missing'>;
  /** With all its keys, or not at all. */
  delete(projectId: string, id: string): Promise<'deleted' | 'missing' | 'conflict'>;
}

export type AccountTables = { readonly accounts: string; readonly keys: string; readonly projects: string };

/** Why each item of a transaction failed, in order; null when it was something else. */
const reasons = (error: unknown): (string | undefined)[] | null =>
  error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []).map(({ Code }) => Code) : null;

const conditionFailed = 'ConditionalCheckFailed';

export const dynamoServiceAccountStore = (db: DynamoDBDocumentClient, tables: AccountTables): ServiceAccountStore => {
  const projectIsActive = (projectId: string) => ({
    ConditionCheck: {
      TableName: tables.projects,
      Key: projectKey(projectId),
      ConditionExpression: 'archivedAt = :active',
      ExpressionAttributeValues: { ':active': null },
    },
  });
  const putKey = (key: StoredApiKey) => ({
    Put: { TableName: tables.keys, Item: key, ConditionExpression: 'attribute_not_exists(id)' },
  });
  const projectTakesNoMore = async (projectId: string): Promise<boolean> => {
    const command = new GetCommand({ TableName: tables.projects, Key: projectKey(projectId), ConsistentRead: true });
    const { Item } = await orRefuse(db.send(command));
    return Item?.['archivedAt'] !== null;
  };
  const read = async (projectId: string, id: string) => {
    const command = new GetCommand({ TableName: tables.accounts, Key: { projectId, id }, ConsistentRead: true });
    const { Item } = await orRefuse(db.send(command));
    return (
      Item && {
        account: serviceAccountSchema.parse(Item),
        keyIds: [...((Item['keyIds'] as Set<string> | undefined) ?? [])],
      }
    );
  };

  return {
    async create(account, firstKey) {
      const item = { ...account, ...(firstKey && { keyIds: new Set([firstKey.id]) }) };
      const command = new TransactWriteCommand({
        TransactItems: [
          projectIsActive(account.projectId),
          { Put: { TableName: tables.accounts, Item: item, ConditionExpression: 'attribute_not_exists(id)' } },
          ...(firstKey ? [putKey(firstKey)] : []),
        ],
      });
      try {
        await db.send(command);
        return 'created';
      } catch (error) {
        if (reasons(error)?.[0] === conditionFailed) return 'archived';
        return orRefuse(Promise.reject(error));
      }
    },

    async get(projectId, id) {
      return (await read(projectId, id))?.account;
    },

    getWithKeys: read,

    async list(projectId, { after, limit }) {
      const command = new QueryCommand({
        TableName: tables.accounts,
        KeyConditionExpression: 'projectId = :project',
        ExpressionAttributeValues: { ':project': projectId },
        ConsistentRead: true,
        Limit: limit + 1,
        ...(after && { ExclusiveStartKey: { projectId, id: after } }),
      });
      const { Items = [] } = await orRefuse(db.send(command));
      return pageOf(
        Items.map((item) => serviceAccountSchema.parse(item)),
        limit,
      );
    },

    async update(projectId, id, changes) {
      const command = new UpdateCommand({
        TableName: tables.accounts,
        Key: { projectId, id },
        ...assignments(changes),
        ConditionExpression: 'attribute_exists(id)',
        ReturnValues: 'ALL_NEW',
      });
      try {
        return serviceAccountSchema.parse((await db.send(command)).Attributes);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        return orRefuse(Promise.reject(error));
      }
    },

    async addKey(key) {
      const command = new TransactWriteCommand({
        TransactItems: [
          isLimited(key) ? takeIn(tables.projects, key.projectId, key.id) : projectIsActive(key.projectId),
          {
            Update: {
              TableName: tables.accounts,
              Key: { projectId: key.projectId, id: key.serviceAccountId },
              UpdateExpression: 'ADD keyIds :new',
              ConditionExpression: 'attribute_exists(id) AND (attribute_not_exists(keyIds) OR size(keyIds) < :most)',
              ExpressionAttributeValues: { ':new': new Set([key.id]), ':most': maxKeysPerAccount },
            },
          },
          putKey(key),
        ],
      });
      try {
        await db.send(command);
        return 'added';
      } catch (error) {
        const [project, account] = reasons(error) ?? [];
        if (project === conditionFailed) return (await projectTakesNoMore(key.projectId)) ? 'archived' : 'limits-full';
        if (account !== conditionFailed) return orRefuse(Promise.reject(error));
        return (await read(key.projectId, key.serviceAccountId)) ? 'full' : 'missing';
      }
    },

    async removeKey({ projectId, id, serviceAccountId }) {
      const command = new TransactWriteCommand({
        TransactItems: [
          { Delete: { TableName: tables.keys, Key: { id }, ConditionExpression: 'attribute_exists(id)' } },
          {
            Update: {
              TableName: tables.accounts,
              Key: { projectId, id: serviceAccountId },
              UpdateExpression: 'DELETE keyIds :gone',
              ConditionExpression: 'attribute_exists(id)',
              ExpressionAttributeValues: { ':gone': new Set([id]) },
            },
          },
          leaveOut(tables.projects, projectId, [id]),
        ],
      });
      try {
        await db.send(command);
        return 'removed';
      } catch (error) {
        // The key went first, or its account went and took it along.
        if (reasons(error)?.includes(conditionFailed)) return 'missing';
        return orRefuse(Promise.reject(error));
      }
    },

    async delete(projectId, id) {
      const found = await read(projectId, id);
      if (!found) return 'missing';
      const { keyIds } = found;
      const command = new TransactWriteCommand({
        TransactItems: [
          {
            Delete: {
              TableName: tables.accounts,
              Key: { projectId, id },
              // No key has come or gone since they were read.
              ...(keyIds.length > 0
                ? { ConditionExpression: 'keyIds = :keys', ExpressionAttributeValues: { ':keys': new Set(keyIds) } }
                : { ConditionExpression: 'attribute_exists(id) AND attribute_not_exists(keyIds)' }),
            },
          },
          ...keyIds.map((keyId) => ({ Delete: { TableName: tables.keys, Key: { id: keyId } } })),
          ...(keyIds.length > 0 ? [leaveOut(tables.projects, projectId, keyIds)] : []),
        ],
      });
      try {
        await db.send(command);
        return 'deleted';
      } catch (error) {
        if (reasons(error)?.includes(conditionFailed)) return 'conflict';
        return orRefuse(Promise.reject(error));
      }
    },
  };
};
