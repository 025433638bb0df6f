/** Projects, all in one partition, so that a listing sees what was just created. */
import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import {
  type DynamoDBDocumentClient,
  GetCommand,
  PutCommand,
  QueryCommand,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { assignments, unchanged, unchangedMembers } from '../dynamo/assignments.ts';
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

/** Compared by their members. */
const maps: ReadonlySet<string> = new Set(['resilience', 'safety', 'context', 'requestLog']);

/** The one organization that a gateway serves. */
const organization = 'organization';

export const projectKey = (id: string) => ({ organization, id });

export const dynamoProjectStore = (db: DynamoDBDocumentClient, TableName: string): ProjectStore => {
  const get = async (id: string): Promise<Project | undefined> => {
    const { Item } = await orRefuse(db.send(new GetCommand({ TableName, Key: projectKey(id), ConsistentRead: true })));
    return Item && projectSchema.parse(Item);
  };

  /** The project as it then is, or undefined where the condition did not hold. */
  const changed = async (update: UpdateCommandInput): Promise<Project | undefined> => {
    try {
      const { Attributes } = await db.send(new UpdateCommand({ ...update, ReturnValues: 'ALL_NEW' }));
      return projectSchema.parse(Attributes);
    } catch (error) {
      if (error instanceof ConditionalCheckFailedException) return undefined;
      return orRefuse(Promise.reject(error));
    }
  };

  /** The same for an active project, whatever it was before. */
  const setActive = (id: string, attribute: 'name' | 'archivedAt', value: unknown): Promise<Project | undefined> =>
    changed({
      TableName,
      Key: projectKey(id),
      UpdateExpression: 'SET #attribute = :value',
      ConditionExpression: 'attribute_exists(id) AND archivedAt = :active',
      ExpressionAttributeNames: { '#attribute': attribute },
      ExpressionAttributeValues: { ':value': value, ':active': null },
    });

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
      return (await setActive(id, 'name', name)) ?? ((await get(id)) ? 'archived' : 'missing');
    },

    async archive(id, archivedAt) {
      return (await setActive(id, 'archivedAt', archivedAt)) ?? (await get(id)) ?? 'missing';
    },

    async changePolicy(project, changes) {
      const { ExpressionAttributeNames, ExpressionAttributeValues, ...assigned } = assignments(changes);
      const names = Object.keys(changes) as (keyof ProjectPolicy)[];
      const plain = names.filter((name) => !maps.has(name));
      const asRead = unchanged(Object.fromEntries(plain.map((name) => [name, project[name]])));
      const { resilience, safety, context, requestLog } = project;
      const members = [
        ...(changes.resilience ? [unchangedMembers('resilience', resilience)] : []),
        ...(changes.context ? [unchangedMembers('context', context)] : []),
        ...(changes.requestLog ? [unchangedMembers('requestLog', requestLog)] : []),
        // Its version stands for all of it.
        ...(changes.safety ? [unchangedMembers('safety', { version: safety.version })] : []),
      ];
      const conditions = ['attribute_exists(id)', 'archivedAt = :active', asRead.condition];
      return changed({
        TableName,
        Key: projectKey(project.id),
        ...assigned,
        ConditionExpression: [...conditions, ...members.map(({ condition }) => condition)]
          .filter(Boolean)
          .join(' AND '),
        ExpressionAttributeNames: Object.assign({}, ExpressionAttributeNames, ...members.map(({ names }) => names)),
        ExpressionAttributeValues: Object.assign(
          { ':active': null },
          ExpressionAttributeValues,
          asRead.values,
          ...members.map(({ values }) => values),
        ),
      });
    },
  };
};
