/** Runs, by their id and the project that they belong to. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { type Page, type PageRequest, pageOf } from '../http/page.ts';
import { runRetentionDays, type StoredRun, storedRunSchema } from './run.ts';

type Ended = Pick<StoredRun, 'status' | 'endedAt' | 'steps' | 'failure'>;

/** What a run itself does with it rejects where the store is down, and the run goes on (I12): its caps hold all the same. */
export interface RunStore {
  begin(run: StoredRun): Promise<void>;
  /** Sees every cancellation that has been acknowledged. */
  isCancelled(run: Pick<StoredRun, 'projectId' | 'id'>): Promise<boolean>;
  end(run: Pick<StoredRun, 'projectId' | 'id'>, ended: Ended): Promise<void>;
  /** Null where there is none. 503 where the store is down. */
  find(id: string): Promise<StoredRun | null>;
  /** Asks a run under way to stop; the run as it is after that. Null where there is none. 503 where the store is down. */
  cancel(id: string, nowSeconds: number): Promise<StoredRun | null>;
  /** A project's, the newest first. 503 where the store is down. */
  list(projectId: string, page: PageRequest): Promise<Page<StoredRun>>;
}

const daySeconds = 86_400;

export const dynamoRunStore = (db: DynamoDBDocumentClient, TableName: string): RunStore => {
  const find = async (id: string): Promise<StoredRun | null> => {
    const { Items = [] } = await orRefuse(
      db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: '#id = :id',
          ExpressionAttributeNames: { '#id': 'id' },
          ExpressionAttributeValues: { ':id': id },
          ConsistentRead: true,
          Limit: 1,
        }),
      ),
    );
    return Items[0] ? storedRunSchema.parse(Items[0]) : null;
  };

  return {
    async begin(run) {
      const expiresAt = run.createdAt + runRetentionDays * daySeconds;
      await db.send(new PutCommand({ TableName, Item: { ...run, expiresAt } }));
    },

    async isCancelled({ projectId, id }) {
      const get = new GetCommand({
        TableName,
        Key: { id, projectId },
        ProjectionExpression: 'cancelRequestedAt',
        ConsistentRead: true,
      });
      const { Item } = await db.send(get);
      return Item?.['cancelRequestedAt'] != null;
    },

    async end({ projectId, id }, { status, endedAt, steps, failure }) {
      await db.send(
        new UpdateCommand({
          TableName,
          Key: { id, projectId },
          UpdateExpression: 'SET #status = :status, #endedAt = :endedAt, #steps = :steps, #failure = :failure',
          // Not one whose beginning could not be written: half a run would be no run.
          ConditionExpression: 'attribute_exists(#id)',
          ExpressionAttributeNames: {
            '#id': 'id',
            '#status': 'status',
            '#endedAt': 'endedAt',
            '#steps': 'steps',
            '#failure': 'failure',
          },
          ExpressionAttributeValues: { ':status': status, ':endedAt': endedAt, ':steps': steps, ':failure': failure },
        }),
      );
    },

    find,

    async cancel(id, nowSeconds) {
      const run = await find(id);
      if (run?.status !== 'in_progress' || run.cancelRequestedAt !== null) return run;
      const update = new UpdateCommand({
        TableName,
        Key: { id, projectId: run.projectId },
        UpdateExpression: 'SET #cancelRequestedAt = :now',
        ConditionExpression: '#status = :inProgress',
        ExpressionAttributeNames: { '#cancelRequestedAt': 'cancelRequestedAt', '#status': 'status' },
        ExpressionAttributeValues: { ':now': nowSeconds, ':inProgress': 'in_progress' },
        ReturnValues: 'ALL_NEW',
      });
      try {
        const { Attributes } = await db.send(update);
        return storedRunSchema.parse(Attributes);
      } catch (error) {
        // It has ended meanwhile.
        if (error instanceof ConditionalCheckFailedException) return find(id);
        return orRefuse(Promise.reject(error));
      }
    },

    async list(projectId, { after, limit }) {
      const { Items = [] } = await orRefuse(
        db.send(
          new QueryCommand({
            TableName,
            IndexName: 'byProject',
            KeyConditionExpression: `#projectId = :projectId${after === undefined ? '' : ' AND #id < :after'}`,
            ExpressionAttributeNames: { '#projectId': 'projectId', ...(after !== undefined && { '#id': 'id' }) },
            ExpressionAttributeValues: { ':projectId': projectId, ...(after !== undefined && { ':after': after }) },
            ScanIndexForward: false,
            Limit: limit + 1,
          }),
        ),
      );
      return pageOf(
        Items.map((item) => storedRunSchema.parse(item)),
        limit,
      );
    },
  };
};
