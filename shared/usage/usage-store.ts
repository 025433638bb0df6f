/** The ledger of attempts. A project's days are partitions, so that one tenant's query never passes another's rows (I5). */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { DeleteCommand, type DynamoDBDocumentClient, PutCommand, paginateQuery } from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { type OpenAttempt, type Settlement, type StoredAttempt, storedAttemptSchema } from './attempt.ts';

export interface UsageStore {
  /** Before the provider is called. Without a row there is no call: 503 (I12). */
  open(attempt: OpenAttempt): Promise<void>;
  /** An attempt that was not let in, and so never made. */
  takeBack(attempt: OpenAttempt): Promise<void>;
  /**
   * Once. A second settlement of the same attempt, whatever it says, changes
   * nothing; the answer is who has settled it.
   */
  settle(attempt: OpenAttempt, settlement: Settlement): Promise<Settlement['settledBy']>;
  /** A project's attempts that started in [fromMs, toMs), in order of time. */
  between(projectId: string, fromMs: number, toMs: number, reading?: Reading): AsyncIterable<StoredAttempt>;
}

/** `latest` sees every write that has been acknowledged, and costs twice as much. */
export type Reading = 'latest' | 'cheap';

const dayMs = 86_400_000;
const instant = (ms: number): string => new Date(ms).toISOString();
const projectDay = (projectId: string, ms: number): string => `${projectId}#${instant(ms).slice(0, 10)}`;

/** An attempt's place in the ledger. */
export const attemptKey = ({ projectId, startedAtMs, id }: OpenAttempt) => ({
  projectDay: projectDay(projectId, startedAtMs),
  position: `${instant(startedAtMs)}#${id}`,
});

export const dynamoUsageStore = (db: DynamoDBDocumentClient, TableName: string): UsageStore => ({
  async open(attempt) {
    const put = new PutCommand({
      TableName,
      Item: { ...attemptKey(attempt), ...attempt, state: 'open' },
      // A repeated request whose first arrives late must not undo a settlement. A row may be opened twice: for another shard.
      ConditionExpression: 'attribute_not_exists(#state) OR #state = :open',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':open': 'open' },
    });
    await orRefuse(db.send(put));
  },

  async takeBack(attempt) {
    await db.send(new DeleteCommand({ TableName, Key: attemptKey(attempt) }));
  },

  async settle(attempt, settlement) {
    const put = new PutCommand({
      TableName,
      Item: { ...attemptKey(attempt), ...attempt, ...settlement, state: 'settled' },
      // Not settled yet. A row that is missing altogether is written whole: better late than never.
      ConditionExpression: 'attribute_not_exists(#state) OR #state = :open',
      ExpressionAttributeNames: { '#state': 'state' },
      ExpressionAttributeValues: { ':open': 'open' },
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      await db.send(put);
      return settlement.settledBy;
    } catch (error) {
      // Settled already: by this very write, if its answer was lost and the SDK repeated it, or by the sweep.
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return error.Item?.['settledBy']?.S === 'sweep' ? 'sweep' : 'gateway';
    }
  },

  async *between(projectId, fromMs, toMs, reading = 'cheap') {
    for (let day = Math.floor(fromMs / dayMs) * dayMs; day < toMs; day += dayMs) {
      const from = Math.max(fromMs, day);
      const to = Math.min(toMs, day + dayMs);
      const pages = paginateQuery(
        { client: db },
        {
          TableName,
          ConsistentRead: reading === 'latest',
          // The upper end is exclusive: every position of its instant sorts after the bare instant.
          KeyConditionExpression: 'projectDay = :day AND #position BETWEEN :from AND :to',
          ExpressionAttributeNames: { '#position': 'position' },
          ExpressionAttributeValues: { ':day': projectDay(projectId, day), ':from': instant(from), ':to': instant(to) },
        },
      );
      for (let page = await orRefuse(pages.next()); !page.done; page = await orRefuse(pages.next())) {
        yield* (page.value.Items ?? []).map((item) => storedAttemptSchema.parse(item));
      }
    }
  },
});
