/** I9: a line of a batch costs what a live call costs, and little more. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { chatLine, ended, newBatch } from '../support/batch-scene.ts';
import { scene } from '../support/scene.ts';

const sent: string[] = [];

const counted = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return (command: { constructor: { name: string }; input: { TableName?: string } }) => {
        sent.push(`${command.constructor.name} ${command.input.TableName?.split('-').at(-1) ?? ''}`);
        return target.send(command as never);
      };
    },
  });

const on = scene({ override: ({ db, onceDb }) => ({ db: counted(db), onceDb: counted(onceDb) }) });

test('a batch of 300 lines takes less than five and a half round trips a line, all else included', async () => {
  const { gateway } = on();
  const { client, projectId } = await gateway.tenant();
  const { id } = await newBatch(
    gateway,
    { client, projectId },
    Array.from({ length: 300 }, (_, i) => chatLine(`c${i}`)),
  );
  sent.length = 0;
  await gateway.runQueue('batches');
  await gateway.idle();
  const costs = [...sent];
  expect((await ended(gateway, client, id)).status).toBe('completed');
  const by = Object.fromEntries([...Map.groupBy(costs, (one) => one)].map(([name, all]) => [name, all.length]));
  expect(by['PutCommand batchLines']).toBe(300 + 3);
  expect(costs.length / 300).toBeLessThan(5.5);
});
