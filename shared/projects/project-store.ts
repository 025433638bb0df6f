/** Projects, all in one partition, so that a listing sees what was just created. */
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
import type { ProjectPolicy } from '../limits/limits.ts';
import { type Project, projectSchema } from './project.ts';

export interface ProjectStore {
  create(project: Project): Promise<void>;
  get(id: string): Promise<Project | undefined>;
  /** In order of creation. */
  list(page: PageRequest, includeArchived: boolean): Promise<Page<Project>>;
  /** `missing`, or `archived` where an archived project would have changed. */
  rename(id: string, name: string): Promise<Project | 'missing' | 'archived'>;
  /** Once and for good: archiving again changes nothing. */
  archive(id: string, archivedAt: number): Promise<Project | 'missing'>;
  /** Undefined where what would change is not as it was when `project` was read, or the project is archived: read again. */
  changePolicy(project: Project, changes: Partial<ProjectPolicy>): Promise<Project | undefined>;
}

/** The one organization that a gateway serves. */
const organization = 'organization';

export const projectKey = (id: string) => ({ organization, id });

export const dynamoProjectStore = (db: DynamoDBDocumentClient, TableName: string): ProjectStore => {
  const get = async (id: string): Promise<Project | undefined> => {
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: projectKey(id), ConsistentRead: true })));
    return Item && projectSchema.parse(Item);
  };

  /** The updated project, or undefined where the condition did not hold. */
  const update = async (
    id: string,
    set: string,
    condition: string,
    values: Record<string, unknown>,
    /** Attributes that are written with a # before them, some of whose names are reserved words. */
    named: readonly string[] = [],
  ): Promise<Project | undefined> => {
    const command = new UpdateCommand({
      TableName,
      Key: projectKey(id),
      UpdateExpression: `SET ${set}`,
      ConditionExpression: condition,
      ...(named.length > 0 && {
        ExpressionAttributeNames: Object.fromEntries(named.map((name) => [`#${name}`, name])),
      }),
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
    });
    try {
      return projectSchema.parse((await db.send(command)).Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      return orRefuse(Promise.reject(error));
    }
  };

  return {
    get,

    async create(project) {
      await orRefuse(db.send(new PutCommand({ TableName, Item: { ...projectKey(project.id), ...project } })));
    },

    async list({ after, limit }, includeArchived) {
      const found: Project[] = [];
      let start = after === undefined ? undefined : projectKey(after);
      // Archived projects are filtered after they are read, so a page may take several reads; one more than asked for tells whether there are more.
      do {
        const { Items = [], LastEvaluatedKey } = await orRefuse(
          db.send(
            new QueryCommand({
              TableName,
              KeyConditionExpression: 'organization = :organization',
              ...(includeArchived ? {} : { FilterExpression: 'archivedAt = :active' }),
              ExpressionAttributeValues: {
                ':organization': organization,
                ...(includeArchived ? {} : { ':active': null }),
              },
              ConsistentRead: true,
              ...(start && { ExclusiveStartKey: start }),
            }),
          ),
        );
        found.push(...Items.map((item) => projectSchema.parse(item)));
        start = LastEvaluatedKey && projectKey(projectSchema.shape.id.parse(LastEvaluatedKey['id']));
      } while (start && found.length <= limit);
      return pageOf(found, limit);
    },

    async rename(id, name) {
      const condition = 'attribute_exists(id) AND archivedAt = :active';
      const renamed = await update(id, '#name = :name', condition, { ':name': name, ':active': null }, ['name']);
      return renamed ?? ((await get(id)) ? 'archived' : 'missing');
    },

    async archive(id, archivedAt) {
      const archived = await update(id, 'archivedAt = :at', 'attribute_exists(id) AND archivedAt = :active', {
        ':at': archivedAt,
        ':active': null,
      });
      return archived ?? (await get(id)) ?? 'missing';
    },

    async changePolicy(project, changes) {
      const names = Object.keys(changes) as (keyof ProjectPolicy)[];
      // A project of before there were policies has none of the attributes, and what it is shown with are defaults.
      const unchanged = names.map((name) => `(attribute_not_exists(#${name}) OR #${name} = :${name}Before)`);
      return update(
        project.id,
        names.map((name) => `#${name} = :${name}`).join(', '),
        ['attribute_exists(id)', 'archivedAt = :active', ...unchanged].join(' AND '),
        Object.fromEntries([
          [':active', null],
          ...names.flatMap((name) => [
            [`:${name}`, changes[name]],
            [`:${name}Before`, project[name]],
          ]),
        ]),
        names,
      );
    },
  };
};
