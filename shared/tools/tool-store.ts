/**
 * Tools, all in one partition under ids that are made of their names: a request that names some of them reads those and
 * no others. Where the table is down, what names a tool is refused (503), and nothing else notices (I12).
 */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { assignments } from '../dynamo/assignments.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { type Page, type PageRequest, pageOf } from '../http/page.ts';
import { type Tool, type ToolSettings, toolIdOf, toolSchema } from './tool.ts';

export type ToolChanges = { readonly [Name in keyof ToolSettings]?: ToolSettings[Name] | undefined } & {
  readonly secret?: string | undefined;
};

export interface ToolStore {
  create(tool: Tool): Promise<'created' | 'taken'>;
  get(id: string): Promise<Tool | undefined>;
  /** In the order of their names. */
  list(page: PageRequest): Promise<Page<Tool>>;
  /** Undefined when there is no such tool. */
  update(id: string, changes: ToolChanges): Promise<Tool | undefined>;
  delete(id: string): Promise<'deleted' | 'missing'>;
  /** Puts a tool there unless one of its name was put there in this way before, whatever has become of that. */
  createOnce(tool: Tool): Promise<void>;
}

/** The one organization that a gateway serves. */
const organization = 'organization';
const keyOf = (id: string) => ({ organization, id });

/** Sorts before the ids of tools. */
const onceMark = (id: string): string => `#once#${id}`;

/** As text: a schema may be nested deeper than DynamoDB nests, and hold numbers that it cannot. */
const stored = <Changes extends { readonly parameters?: unknown }>({ parameters, ...rest }: Changes) => ({
  ...rest,
  ...(parameters !== undefined && { parameters: JSON.stringify(parameters) }),
});

const read = (item: Readonly<Record<string, unknown>>): Tool =>
  toolSchema.parse({ ...item, parameters: JSON.parse(String(item['parameters'])) });

export const dynamoToolStore = (db: DynamoDBDocumentClient, TableName: string): ToolStore => {
  const putNew = async (item: Readonly<Record<string, unknown>> & { readonly id: string }): Promise<boolean> => {
    const Item = { ...keyOf(item.id), ...item };
    try {
      await db.send(new PutCommand({ TableName, Item, ConditionExpression: 'attribute_not_exists(id)' }));
      return true;
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return false;
      return orRefuse(Promise.reject(error));
    }
  };

  return {
    create: async (tool) => ((await putNew(stored(tool))) ? 'created' : 'taken'),

    async get(id) {
      const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: keyOf(id), ConsistentRead: true })));
      return Item && read(Item);
    },

    async list({ after, limit }) {
      const command = new QueryCommand({
        TableName,
        KeyConditionExpression: 'organization = :organization AND id > :after',
        ExpressionAttributeValues: { ':organization': organization, ':after': after ?? toolIdOf('') },
        ConsistentRead: true,
        Limit: limit + 1,
      });
      const { Items = [] } = await orRefuse(db.send(command));
      return pageOf(Items.map(read), limit);
    },

    async update(id, changes) {
      const command = new UpdateCommand({
        TableName,
        Key: keyOf(id),
        ...assignments(stored(changes)),
        ConditionExpression: 'attribute_exists(id)',
        ReturnValues: 'ALL_NEW',
      });
      try {
        const { Attributes } = await db.send(command);
        return Attributes && read(Attributes);
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return undefined;
        return orRefuse(Promise.reject(error));
      }
    },

    async delete(id) {
      const condition = { ConditionExpression: 'attribute_exists(id)' };
      try {
        await db.send(new DeleteCommand({ TableName, Key: keyOf(id), ...condition }));
        return 'deleted';
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return 'missing';
        return orRefuse(Promise.reject(error));
      }
    },

    async createOnce(tool) {
      // The tool first: whoever is stopped in between does it again, and is told that the name is taken.
      const { Item } = await orRefuse(
        db.send(new GetCommand({ TableName, Key: keyOf(onceMark(tool.id)), ConsistentRead: true })),
      );
      if (Item) return;
      await putNew(stored(tool));
      await putNew({ id: onceMark(tool.id) });
    },
  };
};
