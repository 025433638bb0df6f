/** Changes a key's own limits, which its project counts. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { assignments, unchanged } from '../dynamo/assignments.ts';
import { orRefuse } from '../dynamo/outage.ts';
import type { KeyPolicy } from '../limits/limits.ts';
import type { ApiKey } from './api-key.ts';
import { isLimited } from './key-policy.ts';
import type { KeyChanges } from './key-store.ts';
import { leaveOut, takeIn } from './limited-keys.ts';

export interface KeyPolicyStore {
  /**
   * All that changes, or nothing. `full` where as many keys of the project have limits of their own as
   * may, `overtaken` where the key's are not as they were when `key` was read. The caller has seen that the
   * project is active.
   */
  change(key: ApiKey, policy: KeyPolicy, changes: KeyChanges): Promise<'changed' | 'full' | 'overtaken'>;
}

export const dynamoKeyPolicyStore = (
  db: DynamoDBDocumentClient,
  tables: { readonly keys: string; readonly projects: string },
): KeyPolicyStore => ({
  async change({ projectId, id, limits, spendLimitMicroUsd }, policy, changes) {
    const { ExpressionAttributeValues, ...update } = assignments({ ...changes, ...policy });
    const asRead = unchanged({ limits, spendLimitMicroUsd });
    const command = new TransactWriteCommand({
      TransactItems: [
        isLimited(policy) ? takeIn(tables.projects, projectId, id) : leaveOut(tables.projects, projectId, [id]),
        {
          Update: {
            TableName: tables.keys,
            Key: { id },
            ...update,
            ConditionExpression: `projectId = :project AND ${asRead.condition}`,
            ExpressionAttributeValues: { ...ExpressionAttributeValues, ...asRead.values, ':project': projectId },
          },
        },
      ],
    });
    try {
      await db.send(command);
      return 'changed';
    } catch (error) {
      const [project, key] = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      if (key?.Code === 'ConditionalCheckFailed') return 'overtaken';
      if (project?.Code === 'ConditionalCheckFailed') return 'full';
      return orRefuse(Promise.reject(error));
    }
  },
});
