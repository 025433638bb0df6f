/** New prices in the ledger, in one transaction with the counters that paid the old ones: both move, or neither. */
import { TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, TransactWriteCommand } from '@aws-sdk/lib-dynamodb';
import { expressionOf } from '../admission/expression.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { attemptKey } from '../usage/usage-store.ts';
import type { Adjustment } from './adjustment.ts';
import type { Rerating } from './rerating.ts';

/** A transaction has at most 100 items; the counters are one. */
export const mostRowsPerBatch = 90;

export type Written =
  | { readonly is: 'written' }
  /** These rows are not as they were read, by their index. Nothing is written. */
  | { readonly is: 'changed'; readonly rows: readonly number[] }
  /** Calls of that time have not been closed by the sweep. Nothing is written. */
  | { readonly is: 'not_closed' }
  /** Another transaction has one of the items. Nothing is written. */
  | { readonly is: 'conflict' };

export interface ReratingStore {
  /** At most `mostRowsPerBatch`, which one item of counters has paid for; null where none has. Store down: 503 (I12). */
  write(batch: readonly Rerating[], adjustment: Adjustment | null): Promise<Written>;
}

export type ReratingTables = { readonly usage: string; readonly admission: string };

const updateOf = (TableName: string, { row, price, priceVersion, costMicroUsd }: Rerating) => ({
  Update: {
    TableName,
    Key: attemptKey(row),
    UpdateExpression:
      'SET price = :price, priceVersion = :version, costMicroUsd = :cost, ratedBefore = if_not_exists(ratedBefore, :first)',
    ConditionExpression: 'priceVersion = :versionRead AND costMicroUsd = :costRead',
    ExpressionAttributeValues: {
      ':price': price,
      ':version': priceVersion,
      ':cost': costMicroUsd,
      ':first': { priceVersion: row.priceVersion, costMicroUsd: row.costMicroUsd },
      ':versionRead': row.priceVersion,
      ':costRead': row.costMicroUsd,
    },
  },
});

export const dynamoReratingStore = (db: DynamoDBDocumentClient, tables: ReratingTables): ReratingStore => ({
  async write(batch, adjustment) {
    const counters = adjustment
      ? [
          {
            Update: {
              TableName: tables.admission,
              Key: { id: adjustment.counterId },
              ...expressionOf(adjustment.update),
            },
          },
        ]
      : [];
    // The rows first: the reasons of a cancellation come in the same order.
    const command = new TransactWriteCommand({
      TransactItems: [...batch.map((rerating) => updateOf(tables.usage, rerating)), ...counters],
    });
    try {
      await db.send(command);
      return { is: 'written' };
    } catch (error) {
      if (!(error instanceof TransactionCanceledException)) return orRefuse(Promise.reject(error));
      const failed = (error.CancellationReasons ?? []).flatMap(({ Code }, index) =>
        Code === 'ConditionalCheckFailed' ? [index] : [],
      );
      const rows = failed.filter((index) => index < batch.length);
      if (rows.length > 0) return { is: 'changed', rows };
      return failed.length > 0 ? { is: 'not_closed' } : { is: 'conflict' };
    }
  },
});
