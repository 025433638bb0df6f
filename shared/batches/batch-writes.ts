/** What transactions write to a batch, as expressions. */
import type { TransactItem } from '../dynamo/transaction.ts';
import type { Batch, Counts } from './batch.ts';
import { type PendingBatch, statusIn } from './batch-row.ts';
import type { InHand } from './lane-store.ts';

export type Update = Omit<NonNullable<TransactItem['Update']>, 'TableName' | 'Key'>;

export const statusName = { '#status': 'status' };
const usageMembers = ['inputTokens', 'cachedTokens', 'outputTokens', 'reasoningTokens'] as const;

/** `#usage.inputTokens = #usage.inputTokens + :inputTokens`, and so on: ADD knows no members of maps. */
export const addedCounts = (added: Counts) => ({
  expression: [
    'completed = completed + :completed',
    'failed = failed + :failed',
    ...usageMembers.map((name) => `#usage.${name} = #usage.${name} + :${name}`),
  ].join(', '),
  values: {
    ':completed': added.completed,
    ':failed': added.failed,
    ...Object.fromEntries(usageMembers.map((name) => [`:${name}`, added.usage[name]])),
  },
});

/** What a batch is like once something of it is in somebody's hand. */
export function taken(batch: PendingBatch, inHand: InHand, output: Batch['output']): Update {
  const one = { ':one': 1 };
  if (inHand.work === 'validation') {
    return {
      UpdateExpression: 'SET atWork = atWork + :one',
      ConditionExpression: '#status = :validating AND atWork = :nobody',
      ExpressionAttributeNames: statusName,
      ExpressionAttributeValues: { ...one, ':validating': 'validating', ':nobody': 0 },
    };
  }
  if (inHand.work === 'end') {
    const { condition, values } = statusIn(['finalizing', 'cancelling']);
    return {
      UpdateExpression: 'SET atWork = atWork + :one, #output = if_not_exists(#output, :output)',
      ConditionExpression: `${condition} AND atWork = :nobody`,
      ExpressionAttributeNames: { ...statusName, '#output': 'output' },
      ExpressionAttributeValues: { ...one, ...values, ':output': output, ':nobody': 0 },
    };
  }
  const isReturned = batch.returned[0] === inHand.chunk;
  return {
    UpdateExpression: isReturned
      ? 'SET atWork = atWork + :one REMOVE returned[0]'
      : 'SET atWork = atWork + :one, nextChunk = nextChunk + :one',
    ConditionExpression: `#status = :open AND ${isReturned ? 'returned[0]' : 'nextChunk'} = :chunk`,
    ExpressionAttributeNames: statusName,
    ExpressionAttributeValues: { ...one, ':open': 'in_progress', ':chunk': inHand.chunk },
  };
}
