/** Conversations and threads, each in a partition of its own under its project (I5). Store down: 503, all of them (I12). */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { orRefuse } from '../dynamo/outage.ts';
import { GatewayError } from '../errors.ts';
import { type AppendDeps, type Appended, type Appending, appender, untilLater } from './append-store.ts';
import { type Conversation, conversationOf, headSchema } from './conversation.ts';
import { erasureDay, erasureShard } from './lifetime.ts';
import { headPlace, type Name, partitionOf } from './places.ts';

export type Metadata = Readonly<Record<string, string>>;

/** Of an object that has a member `constructor` DynamoDB's client would not know what it is. */
const storedMetadata = (metadata: Metadata): ReadonlyMap<string, string> => new Map(Object.entries(metadata));

export interface ConversationStore {
  /** Without items. The one that is there already where its name was given out before. */
  create(name: Name, metadata: Metadata): Promise<Conversation>;
  /** Undefined where there is none, it is another tenant's, was deleted, or is over. */
  get(name: Name): Promise<Conversation | undefined>;
  /** Undefined likewise. */
  setMetadata(name: Name, metadata: Metadata): Promise<Conversation | undefined>;
  /** All of it or nothing, behind everything that was appended before. */
  append(name: Name, appending: Appending): Promise<Appended>;
  /** From here on nobody reads it or adds to it. False where there was none. What is left: erasure-store.ts. */
  markDeleted(name: Name): Promise<boolean>;
}

export function dynamoConversationStore(
  db: DynamoDBDocumentClient,
  TableName: string,
  deps: AppendDeps,
): ConversationStore {
  const { settings, now } = deps;
  const { head, append } = appender(db, TableName, deps);
  const nowSeconds = (): number => Math.floor(now() / 1000);
  const get = async (name: Name) => conversationOf(await head(name), nowSeconds());
  const isOpen = '#state = :open AND (endsAt = :never OR endsAt > :now)';

  async function changed(name: Name, assignments: readonly string[], names: object, values: object) {
    const command = new UpdateCommand({
      TableName,
      Key: { conversation: partitionOf(name), place: headPlace },
      UpdateExpression: `SET ${assignments.join(', ')}`,
      ConditionExpression: isOpen,
      ExpressionAttributeNames: { '#state': 'state', ...names },
      ExpressionAttributeValues: { ':open': 'open', ':never': null, ':now': nowSeconds(), ...values },
      ReturnValues: 'ALL_NEW',
    });
    try {
      return headSchema.parse((await db.send(command)).Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      return orRefuse(Promise.reject(error));
    }
  }

  return {
    get,
    append,

    async create(name, metadata) {
      const { values } = untilLater(name.id, settings, now());
      const ends = Object.fromEntries(Object.entries(values).map(([alias, value]) => [alias.slice(1), value]));
      const createdAt = nowSeconds();
      const row = { conversation: partitionOf(name), state: 'open', createdAt, next: 0, uses: 0 } as const;
      const command = new PutCommand({
        TableName,
        Item: { ...row, metadata: storedMetadata(metadata), place: headPlace, parents: [], endsAt: null, ...ends },
        ConditionExpression: 'attribute_not_exists(place)',
      });
      try {
        await db.send(command);
        const { projectId, id } = name;
        return {
          projectId,
          id,
          createdAt,
          metadata: { ...metadata },
          next: 0,
          endsAt: null,
          parents: [],
          uses: 0,
          ...ends,
        };
      } catch (error) {
        if (!(error instanceof ConditionalCheckFailedException)) return orRefuse(Promise.reject(error));
      }
      const found = await get(name);
      // Made before, and deleted since: the same request does not make it again.
      if (!found)
        throw new GatewayError('conflict', { message: 'The conversation was created before, and deleted since.' });
      return found;
    },

    async setMetadata(name, metadata) {
      const { assignments, values } = untilLater(name.id, settings, now());
      const head = await changed(
        name,
        ['metadata = :metadata', ...assignments],
        {},
        { ':metadata': storedMetadata(metadata), ...values },
      );
      return conversationOf(head, nowSeconds());
    },

    async markDeleted(name) {
      const values = {
        ':deleted': 'deleted',
        ':none': {},
        ':erasureShard': erasureShard(name.id),
        ':eraseAfter': erasureDay(nowSeconds() - 86_400),
      };
      const head = await changed(
        name,
        ['#state = :deleted', 'metadata = :none', 'erasureShard = :erasureShard', 'eraseAfter = :eraseAfter'],
        {},
        values,
      );
      return head !== undefined;
    },
  };
}
