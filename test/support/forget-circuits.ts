/** Has a gateway think well of all providers again: what one test finds out about them is not the next one's. */
import { DeleteCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { TestDatabase } from './database.ts';
import type { TestGateway } from './gateway.ts';

/** Longer than an instance believes its own writes rather than a look: shared/circuits/known-circuits.ts. */
const untilItLooksMs = 6_000;

type House = { readonly database: TestDatabase; readonly gateway: Pick<TestGateway, 'clock' | 'idle'> };

export async function forgetCircuits({ database: { db, names }, gateway: { clock, idle } }: House): Promise<void> {
  // What a call has found out is written after its answer.
  await idle();
  const TableName = names.circuits;
  const { Items = [] } = await db.send(
    new QueryCommand({
      TableName,
      KeyConditionExpression: '#scope = :scope',
      ExpressionAttributeNames: { '#scope': 'scope' },
      ExpressionAttributeValues: { ':scope': 'gateway' },
      ConsistentRead: true,
    }),
  );
  for (const { scope, name } of Items) await db.send(new DeleteCommand({ TableName, Key: { scope, name } }));
  if (Items.length > 0) clock.nowMs += untilItLooksMs;
}
