/** Spend alerts, each scope's in a partition of its own with a count of them beside. */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { type Firings, type SpendAlert, type SpendAlertSettings, spendAlertSchema } from './spend-alert.ts';

/** Few enough to be read in one go whenever money has moved. */
export const maxAlertsPerScope = 20;

export interface SpendAlertStore {
  create(alert: SpendAlert): Promise<'created' | 'full'>;
  get(scope: string, id: string): Promise<SpendAlert | undefined>;
  /** All of a scope, in order of creation. */
  all(scope: string): Promise<SpendAlert[]>;
  /** Leaves alone what has been told. Undefined when there is no such alert. */
  update(scope: string, id: string, settings: SpendAlertSettings): Promise<SpendAlert | undefined>;
  delete(scope: string, id: string): Promise<'deleted' | 'missing'>;
  /** False when the alert has changed since it was read, by a rival's claim or by its owner. */
  claim(alert: SpendAlert, firings: Firings): Promise<boolean>;
  /** Ends a claim. Changes nothing if another has taken it over. */
  markSent(alert: SpendAlert, month: string, claimId: string, sentAtMs: number): Promise<void>;
}

/** Not an id that an alert can have. */
const countId = '#count';

const isFirstToFail = (error: unknown): boolean =>
  error instanceof TransactionCanceledException && error.CancellationReasons?.[0]?.Code === 'ConditionalCheckFailed';

export const dynamoSpendAlertStore = (db: DynamoDBDocumentClient, TableName: string): SpendAlertStore => {
  /** The updated alert, or undefined where the condition did not hold. */
  const update = async (
    { scope, id }: Pick<SpendAlert, 'scope' | 'id'>,
    input: Omit<UpdateCommandInput, 'TableName' | 'Key'>,
  ): Promise<SpendAlert | undefined> => {
    const command = new UpdateCommand({ TableName, Key: { scope, id }, ReturnValues: 'ALL_NEW', ...input });
    try {
      return spendAlertSchema.parse((await db.send(command)).Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      return orRefuse(Promise.reject(error));
    }
  };

  const count = (scope: string, change: 1 | -1) => ({
    Update: {
      TableName,
      Key: { scope, id: countId },
      UpdateExpression: 'ADD alerts :change',
      ...(change > 0 && { ConditionExpression: 'attribute_not_exists(alerts) OR alerts < :most' }),
      ExpressionAttributeValues: { ':change': change, ...(change > 0 && { ':most': maxAlertsPerScope }) },
    },
  });

  return {
    async create(alert) {
      const put = { TableName, Item: alert, ConditionExpression: 'attribute_not_exists(id)' };
      try {
        await db.send(new TransactWriteCommand({ TransactItems: [count(alert.scope, 1), { Put: put }] }));
        return 'created';
      } catch (error) {
        if (isFirstToFail(error)) return 'full';
        return orRefuse(Promise.reject(error));
      }
    },

    async get(scope, id) {
      const command = new GetCommand({ TableName, Key: { scope, id }, ConsistentRead: true });
      const { Item } = await orRefuse(db.send(command));
      return Item && spendAlertSchema.parse(Item);
    },

    async all(scope) {
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: '#scope = :scope AND id > :count',
        ExpressionAttributeNames: { '#scope': 'scope' },
        // The count is first in its partition: no letter or digit sorts before it.
        ExpressionAttributeValues: { ':scope': scope, ':count': countId },
        ConsistentRead: true,
      });
      const { Items = [] } = await orRefuse(db.send(command));
      return Items.map((item) => spendAlertSchema.parse(item));
    },

    update: (scope, id, { thresholdCents, recipients, subjectPrefix }) =>
      update(
        { scope, id },
        {
          UpdateExpression:
            'SET thresholdCents = :threshold, recipients = :recipients, subjectPrefix = :prefix ADD version :one',
          ConditionExpression: 'attribute_exists(id)',
          ExpressionAttributeValues: {
            ':threshold': thresholdCents,
            ':recipients': recipients,
            ':prefix': subjectPrefix,
            ':one': 1,
          },
        },
      ),

    async delete(scope, id) {
      const gone = { TableName, Key: { scope, id }, ConditionExpression: 'attribute_exists(id)' };
      try {
        await db.send(new TransactWriteCommand({ TransactItems: [{ Delete: gone }, count(scope, -1)] }));
        return 'deleted';
      } catch (error) {
        if (isFirstToFail(error)) return 'missing';
        return orRefuse(Promise.reject(error));
      }
    },

    async claim(alert, firings) {
      const won = await update(alert, {
        UpdateExpression: 'SET firings = :firings ADD version :one',
        ConditionExpression: 'version = :read',
        ExpressionAttributeValues: { ':firings': firings, ':read': alert.version, ':one': 1 },
      });
      return won !== undefined;
    },

    async markSent(alert, month, claimId, sentAtMs) {
      await update(alert, {
        UpdateExpression: 'SET firings.#month.#state = :sent, firings.#month.sentAtMs = :at ADD version :one',
        ConditionExpression: 'firings.#month.claimId = :claim',
        ExpressionAttributeNames: { '#month': month, '#state': 'state' },
        ExpressionAttributeValues: { ':sent': 'sent', ':at': sentAtMs, ':claim': claimId, ':one': 1 },
      });
    },
  };
};
