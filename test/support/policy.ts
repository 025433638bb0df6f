/** Sets what a project is held to, as it is stored. */
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ProjectPolicy } from '../../shared/limits/limits.ts';
import type { TestDatabase } from './database.ts';

export async function holdTo(
  { db, names }: TestDatabase,
  projectId: string,
  policy: Partial<ProjectPolicy>,
): Promise<void> {
  for (const [name, value] of Object.entries(policy)) {
    await db.send(
      new UpdateCommand({
        TableName: names.projects,
        Key: { organization: 'organization', id: projectId },
        UpdateExpression: 'SET #n = :v',
        ExpressionAttributeNames: { '#n': name },
        ExpressionAttributeValues: { ':v': value },
      }),
    );
  }
}
