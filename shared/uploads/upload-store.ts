/** Uploads and their parts, each under its project (I5). Down: 503 (I12). */
import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  TransactWriteCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import {
  type Completion,
  mostParts,
  type Upload,
  type UploadPart,
  type UploadWithParts,
  uploadPartSchema,
  uploadSchema,
} from './upload.ts';

export interface UploadStore {
  create(upload: Upload): Promise<void>;
  get(projectId: string, id: string): Promise<Upload | undefined>;
  withParts(projectId: string, id: string): Promise<UploadWithParts | undefined>;
  /** False, and it is not added, where the upload is pending no more, or has as many as it may. */
  addPart(upload: Upload, part: UploadPart): Promise<boolean>;
  /** Only one at a time, and that as often as it comes. False where the upload has ended, or is being completed in another way. */
  beginCompleting(upload: Upload, completion: Completion): Promise<boolean>;
  /** The parts were wrong, and may be others next time. Where they are by now, nothing changes. */
  reopen(upload: Upload, completion: Completion): Promise<void>;
  /** False where it is cancelled, or pending. Twice is as good as once. */
  complete(upload: Upload): Promise<boolean>;
  /** False where it is being completed, or has been. Twice is as good as once. */
  cancel(upload: Upload): Promise<boolean>;
}

/** For so long it is told what has become of one; then DynamoDB may drop it. */
const keptSeconds = 86_400;

/** Behind the id of its upload, and before that of the next. */
const partPlace = (uploadId: string, partId: string): string => `${uploadId}/${partId}`;

/** Is the upload being completed in this way? What is alike comes out alike, so it may be tried at the same time. */
const isThisOne = '(#state = :completing AND partIds = :partIds AND md5 = :md5)';
const valuesOf = ({ partIds, md5 = '' }: Completion) => ({
  ':completing': 'completing',
  ':partIds': partIds,
  ':md5': md5.toLowerCase(),
});

export const dynamoUploadStore = (db: DynamoDBDocumentClient, TableName: string): UploadStore => {
  const keyOf = ({ projectId, id }: Pick<Upload, 'projectId' | 'id'>) => ({ projectId, id });
  const removeAfter = ({ expiresAt }: Upload): number => expiresAt + keptSeconds;

  /** Where its state is among `from`. */
  async function changed(
    upload: Upload,
    condition: string,
    change: Pick<UpdateCommandInput, 'UpdateExpression' | 'ExpressionAttributeValues'>,
  ): Promise<boolean> {
    const command = new UpdateCommand({
      TableName,
      Key: keyOf(upload),
      ConditionExpression: condition,
      ExpressionAttributeNames: { '#state': 'state' },
      ...change,
    });
    try {
      await db.send(command);
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      return orRefuse(Promise.reject(error));
    }
  }

  return {
    async create(upload) {
      const Item = { ...upload, partCount: 0, removeAfter: removeAfter(upload) };
      await orRefuse(db.send(new PutCommand({ TableName, Item })));
    },

    async get(projectId, id) {
      const command = new GetCommand({ TableName, Key: { projectId, id }, ConsistentRead: true });
      const { Item } = await orRefuse(db.send(command));
      return Item && uploadSchema.parse(Item);
    },

    async withParts(projectId, id) {
      // As many parts as there may be are far from the megabyte that one query brings.
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: 'projectId = :projectId AND id BETWEEN :upload AND :last',
        ExpressionAttributeValues: { ':projectId': projectId, ':upload': id, ':last': partPlace(id, '~') },
        ConsistentRead: true,
      });
      const { Items: [head, ...rest] = [] } = await orRefuse(db.send(command));
      // DynamoDB drops what is over in any order: its parts may outlive the upload.
      if (head?.['id'] !== id) return undefined;
      const parts = rest.map((item) => uploadPartSchema.parse({ ...item, id: item['partId'] }));
      return { upload: uploadSchema.parse(head), parts };
    },

    async addPart(upload, part) {
      const counted = {
        TableName,
        Key: keyOf(upload),
        UpdateExpression: 'ADD partCount :one',
        ConditionExpression: '#state = :pending AND partCount < :most',
        ExpressionAttributeNames: { '#state': 'state' },
        ExpressionAttributeValues: { ':one': 1, ':pending': 'pending', ':most': mostParts },
      };
      const { id, ...rest } = part;
      const Item = {
        projectId: upload.projectId,
        id: partPlace(upload.id, id),
        partId: id,
        ...rest,
        removeAfter: removeAfter(upload),
      };
      try {
        await db.send(new TransactWriteCommand({ TransactItems: [{ Update: counted }, { Put: { TableName, Item } }] }));
        return true;
      } catch (error) {
        const [first] = (error instanceof TransactionCanceledException && error.CancellationReasons) || [];
        if (first?.Code === 'ConditionalCheckFailed') return false;
        return orRefuse(Promise.reject(error));
      }
    },

    beginCompleting: (upload, completion) =>
      changed(upload, `#state = :pending OR ${isThisOne}`, {
        UpdateExpression: 'SET #state = :completing, partIds = :partIds, md5 = :md5',
        ExpressionAttributeValues: { ':pending': 'pending', ...valuesOf(completion) },
      }),

    async reopen(upload, completion) {
      await changed(upload, isThisOne, {
        UpdateExpression: 'SET #state = :pending REMOVE partIds, md5',
        ExpressionAttributeValues: { ':pending': 'pending', ...valuesOf(completion) },
      });
    },

    complete: (upload) =>
      changed(upload, '#state IN (:completing, :completed)', {
        UpdateExpression: 'SET #state = :completed',
        ExpressionAttributeValues: { ':completing': 'completing', ':completed': 'completed' },
      }),

    cancel: (upload) =>
      changed(upload, '#state IN (:pending, :cancelled)', {
        UpdateExpression: 'SET #state = :cancelled',
        ExpressionAttributeValues: { ':pending': 'pending', ':cancelled': 'cancelled' },
      }),
  };
};
