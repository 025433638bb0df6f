/** What a call is held to, through the official SDK. */

import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type OpenAI from 'openai';
import { APIError } from 'openai';
import type { ProjectPolicy } from '../../shared/limits/limits.ts';
import { question, scene } from '../support/scene.ts';

const on = scene();

/** A tenant of its own with that policy. */
async function heldTo(policy: Partial<ProjectPolicy>) {
  const { gateway, database } = on();
  const tenant = await gateway.tenant();
  for (const [name, value] of Object.entries(policy)) {
    await database.db.send(
      new UpdateCommand({
        TableName: database.names.projects,
        Key: { organization: 'organization', id: tenant.projectId },
        UpdateExpression: 'SET #n = :v',
        ExpressionAttributeNames: { '#n': name },
        ExpressionAttributeValues: { ':v': value },
      }),
    );
  }
  return tenant;
}

const outcome = async (client: OpenAI, body: object = question): Promise<APIError | null> => {
  try {
    await client.chat.completions.create({ ...question, ...body });
    return null;
  } catch (error) {
    if (error instanceof APIError) return error;
    throw error;
  }
};

test('60 a minute with 10 at once: nine or ten come in, and the next is told when', async () => {
  const { client } = await heldTo({ limits: { requestsPerMinute: 60 } });
  let admitted = 0;
  let refused: APIError | null = null;
  while (refused === null && admitted < 20) {
    refused = await outcome(client);
    if (refused === null) admitted += 1;
  }
  expect([9, 10]).toContain(admitted);
  expect(refused).toMatchObject({ status: 429, code: 'rate_limit_exceeded', type: 'requests' });
  on().gateway.clock.nowMs += Number(refused?.headers?.get('retry-after-ms'));
  expect(await outcome(client)).toBeNull();
});
