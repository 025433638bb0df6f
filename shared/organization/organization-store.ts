/** The organization's own settings: one item beside the projects, in a partition that no listing of projects reads. */
import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { type Organization, organizationSchema } from './organization.ts';

export interface OrganizationStore {
  /** Sees the latest write. */
  get(): Promise<Organization>;
  /** Null takes the limit away. Returns what was there before. */
  setSpendLimit(microUsd: number | null): Promise<Organization>;
}

const Key = { organization: 'settings', id: 'settings' } as const;

export const dynamoOrganizationStore = (db: DynamoDBDocumentClient, TableName: string): OrganizationStore => ({
  async get() {
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key, ConsistentRead: true })));
    return organizationSchema.parse(Item ?? {});
  },

  async setSpendLimit(microUsd) {
    const command = new UpdateCommand({
      TableName,
      Key,
      UpdateExpression: 'SET spendLimitMicroUsd = :limit',
      ExpressionAttributeValues: { ':limit': microUsd },
      ReturnValues: 'ALL_OLD',
    });
    const { Attributes } = await orRefuse(db.send(command));
    return organizationSchema.parse(Attributes ?? {});
  },
});
