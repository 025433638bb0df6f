/**
 * Which keys of a project have limits of their own: a set in the project's item,
 * so that they can be counted in the transaction that makes one more.
 */
import { GatewayError } from '../errors.ts';
import { projectKey } from '../projects/project-store.ts';

/** Their counters share one item with the project's, and every call pays for its size. */
export const maxLimitedKeys = 50;

/** Fails where the project is archived, and where it is full. */
export const takeIn = (TableName: string, projectId: string, keyId: string) => ({
  Update: {
    TableName,
    Key: projectKey(projectId),
    UpdateExpression: 'ADD limitedKeyIds :added',
    ConditionExpression:
      'archivedAt = :active AND (attribute_not_exists(limitedKeyIds) OR size(limitedKeyIds) < :most OR contains(limitedKeyIds, :key))',
    ExpressionAttributeValues: {
      ':added': new Set([keyId]),
      ':key': keyId,
      ':most': maxLimitedKeys,
      ':active': null,
    },
  },
});

/** Whether they were in or not. */
export const leaveOut = (TableName: string, projectId: string, keyIds: readonly string[]) => ({
  Update: {
    TableName,
    Key: projectKey(projectId),
    UpdateExpression: 'DELETE limitedKeyIds :gone',
    ConditionExpression: 'attribute_exists(id)',
    ExpressionAttributeValues: { ':gone': new Set(keyIds) },
  },
});

export const tooManyLimitedKeys = (): GatewayError =>
  new GatewayError('conflict', {
    message: `At most ${maxLimitedKeys} keys of a project have limits of their own. Take another's away first, or delete it.`,
  });
