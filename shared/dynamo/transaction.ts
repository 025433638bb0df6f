/** All of some writes or none of them. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from '@aws-sdk/lib-dynamodb';
import type { Pause } from '../pause.ts';
import { orRefuse } from './outage.ts';

export type TransactItem = NonNullable<TransactWriteCommandInput['TransactItems']>[number];

export type TransactDeps = {
  readonly db: DynamoDBDocumentClient;
  readonly pause: Pause;
  /** In [0, 1). */
  readonly random: () => number;
};

const maxTries = 15;
const firstPauseMs = 10;
const longestPauseMs = 500;

/**
 * Null where it was done; else which of the conditions did not hold, in the order of the items. One that meets another on
 * an item is without effect, and comes again a moment later. Store down: 503 (I12).
 */
export async function transact(
  { db, pause, random }: TransactDeps,
  TransactItems: readonly TransactItem[],
): Promise<readonly boolean[] | null> {
  for (let tries = 1; ; tries += 1) {
    try {
      // A new command each time: under the token of the one before, DynamoDB would say that it was cancelled.
      await db.send(new TransactWriteCommand({ TransactItems: [...TransactItems] }));
      return null;
    } catch (error) {
      const codes = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
      const failed = codes.map(({ Code }) => Code === 'ConditionalCheckFailed');
      if (failed.some(Boolean)) return failed;
      const maySucceed = codes.some(({ Code }) => Code !== undefined && Code !== 'None' && Code !== 'ValidationError');
      if (!maySucceed || tries === maxTries) return orRefuse(Promise.reject(error));
      const most = Math.min(longestPauseMs, firstPauseMs * 2 ** tries);
      await pause(most * (0.5 + random() / 2), new AbortController().signal);
    }
  }
}
