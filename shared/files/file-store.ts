/** The files of projects, each under its project and its id (I5): another project's is as good as none. Down: 503 (I12). */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
} from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { type FilePurpose, type StoredFile, storedFileSchema } from './file.ts';

export type FileQuery = {
  readonly purpose?: FilePurpose;
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  /** The id of the file that came last. */
  readonly after?: string;
};

export interface FileStore {
  /**
   * For one whose bytes are still to be written: as one whose time is over, which nobody sees. False, and it stays as it is, where it
   * is kept already.
   */
  begin(file: Omit<StoredFile, 'bytes' | 'expiresAt'>): Promise<boolean>;
  /** The same file twice is one file. */
  create(file: StoredFile): Promise<void>;
  get(projectId: string, id: string): Promise<StoredFile | undefined>;
  list(projectId: string, query: FileQuery): Promise<{ readonly files: readonly StoredFile[]; readonly more: boolean }>;
  /** False where there is none. */
  delete(projectId: string, id: string): Promise<boolean>;
  /** Those whose time has been over for a while, of all projects, for the sweep. Down: throws, and the next sweep tries again. */
  expired(): AsyncIterable<StoredFile>;
  /** Such a file, once its bytes are gone. False where it has changed since it was found. Down: throws likewise. */
  forget(file: StoredFile): Promise<boolean>;
}

/** All of them in one partition of the index: they come one by one, and the sweep looks every few minutes. */
const expiryShard = 'files';

/**
 * A file whose time is over is gone for everybody at once, and its bytes an hour later: one that is being written has been put
 * down as over before its first byte, so that what a killed function leaves is found, and no function runs that long.
 */
const graceSeconds = 3_600;

/** Ten digits until the year 2286, so that the text sorts as the number. */
const timeText = (seconds: number): string => `${seconds}`.padStart(10, '0');

const itemOf = (file: StoredFile): Record<string, unknown> => ({
  ...file,
  ...(file.expiresAt !== null && { expiryShard, eraseAfter: timeText(file.expiresAt + graceSeconds) }),
});

export const dynamoFileStore = (
  db: DynamoDBDocumentClient,
  TableName: string,
  { now }: { readonly now: () => number },
): FileStore => {
  const nowSeconds = (): number => Math.floor(now() / 1000);
  const isThere = ({ expiresAt }: StoredFile): boolean => expiresAt === null || expiresAt > nowSeconds();

  /** One page of the database's own, which may hold none that is asked for. */
  async function found(projectId: string, { purpose, order, limit }: FileQuery, start: object | undefined) {
    const { Items = [], LastEvaluatedKey } = await orRefuse(
      db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: 'projectId = :projectId',
          ...(purpose && { FilterExpression: 'purpose = :purpose' }),
          ExpressionAttributeValues: { ':projectId': projectId, ...(purpose && { ':purpose': purpose }) },
          ScanIndexForward: order === 'asc',
          ConsistentRead: true,
          ...(!purpose && { Limit: limit + 1 }),
          ...(start && { ExclusiveStartKey: start }),
        }),
      ),
    );
    return { files: Items.map((item) => storedFileSchema.parse(item)).filter(isThere), next: LastEvaluatedKey };
  }

  return {
    async begin(file) {
      const command = new PutCommand({
        TableName,
        Item: itemOf({ ...file, bytes: 0, expiresAt: file.createdAt }),
        ConditionExpression: 'attribute_not_exists(id) OR expiresAt = createdAt',
      });
      try {
        await db.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        return orRefuse(Promise.reject(error));
      }
    },

    async create(file) {
      await orRefuse(db.send(new PutCommand({ TableName, Item: itemOf(file) })));
    },

    async get(projectId, id) {
      const command = new GetCommand({ TableName, Key: { projectId, id }, ConsistentRead: true });
      const { Item } = await orRefuse(db.send(command));
      const file = Item && storedFileSchema.parse(Item);
      return file && isThere(file) ? file : undefined;
    },

    async list(projectId, query) {
      const files: StoredFile[] = [];
      let start: Record<string, unknown> | undefined =
        query.after === undefined ? undefined : { projectId, id: query.after };
      do {
        const page = await found(projectId, query, start);
        files.push(...page.files);
        start = page.next;
      } while (start && files.length <= query.limit);
      return { files: files.slice(0, query.limit), more: files.length > query.limit };
    },

    async delete(projectId, id) {
      const command = new DeleteCommand({ TableName, Key: { projectId, id }, ReturnValues: 'ALL_OLD' });
      const { Attributes } = await orRefuse(db.send(command));
      return Attributes !== undefined;
    },

    async *expired() {
      let start: Record<string, unknown> | undefined;
      do {
        const { Items = [], LastEvaluatedKey } = await db.send(
          new QueryCommand({
            TableName,
            IndexName: 'expiring',
            KeyConditionExpression: 'expiryShard = :shard AND eraseAfter <= :now',
            ExpressionAttributeValues: { ':shard': expiryShard, ':now': timeText(nowSeconds()) },
            ...(start && { ExclusiveStartKey: start }),
          }),
        );
        for (const item of Items) yield storedFileSchema.parse(item);
        start = LastEvaluatedKey;
      } while (start);
    },

    async forget({ projectId, id, expiresAt }) {
      const command = new DeleteCommand({
        TableName,
        Key: { projectId, id },
        ConditionExpression: 'expiresAt = :expiresAt',
        ExpressionAttributeValues: { ':expiresAt': expiresAt },
      });
      try {
        await db.send(command);
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw error;
      }
    },
  };
};
