/** Two processes that append to one conversation at once, and are killed in between: every item once, in order, no gap. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { QueryCommand } from '@aws-sdk/lib-dynamodb';
import { scene } from '../../support/scene.ts';
import type { Appending, Told } from './support/appending.ts';

const on = scene();
const script = join(import.meta.dirname, 'support', 'appending.ts');
const batches = 40;

/** From where it stands until it is done, killed so often on the way. */
async function write(
  writer: string,
  conversation: string,
  kills: number,
): Promise<{ acknowledged: number; repeated: number }> {
  const { database, tenant } = on();
  let [acknowledged, repeated] = [0, 0];
  for (let left = kills; acknowledged < batches; left -= 1) {
    const task: Appending = {
      endpoint: database.endpoint,
      table: database.names.conversations,
      projectId: tenant.projectId,
      conversation,
      writer,
      from: acknowledged,
      batches: batches - acknowledged,
    };
    const child = fork(script, [JSON.stringify(task)], { execArgv: [] });
    const exit = once(child, 'exit');
    const until = left > 0 ? acknowledged + 1 + Math.floor(Math.random() * 6) : batches;
    child.on('message', ({ batch, is }: Told) => {
      if (is === 'sent') {
        // With one on its way, which may have been applied or not.
        if (batch >= until) void sleep(Math.random() * 4).then(() => child.kill('SIGKILL'));
        return;
      }
      acknowledged = batch + 1;
      if (is === 'repeated') repeated += 1;
    });
    const [code] = await exit;
    // Killed, it has none.
    if (code) throw new Error(`the writer ended with ${code}`);
  }
  return { acknowledged, repeated };
}

test('what each of them was told is there once, together and in its order', async () => {
  const { database, tenant } = on();
  const { id } = await tenant.client.conversations.create();
  const outcomes = await Promise.all([write('a', id, 5), write('b', id, 5)]);
  expect(outcomes.map(({ acknowledged }) => acknowledged)).toEqual([batches, batches]);

  const { Items = [] } = await database.db.send(
    new QueryCommand({
      TableName: database.names.conversations,
      KeyConditionExpression: 'conversation = :conversation AND begins_with(place, :item)',
      ExpressionAttributeValues: { ':conversation': `${tenant.projectId}#${id}`, ':item': 'i#' },
      ConsistentRead: true,
    }),
  );
  const places = Items.map(({ place }) => place);
  expect(places).toEqual(places.map((_, index) => `i#${String(index).padStart(12, '0')}`));
  const ids = Items.map((item) => String(item['id']));
  for (const writer of ['a', 'b']) {
    const expected = Array.from({ length: batches }, (_, batch) =>
      [0, 1, 2].map((index) => `${writer}_${batch}_${index}`),
    );
    expect(ids.filter((one) => one.startsWith(writer))).toEqual(expected.flat());
  }
  // No batch has another's item in its midst.
  for (let index = 0; index < ids.length; index += 3) {
    expect(new Set(ids.slice(index, index + 3).map((one) => one.slice(0, -2))).size).toBe(1);
  }
  // They did meet.
  const turnsTaken = ids.filter((one, index) => index > 0 && one[0] !== ids[index - 1]?.[0]).length;
  expect(turnsTaken).toBeGreaterThan(2);
}, 60_000);
