/** A function that a queue calls, and that works on all messages of a call at once. */
import * as z from 'zod/mini';
import { queueBatchHandler } from '../../../shared/queues/queue-batch-handler.ts';

const schema = z.object({ name: z.string() });
const logged: string[] = [];
const note = (message: string) => void logged.push(message);
const log = { info: note, warn: note, error: note };
const context = { getRemainingTimeInMillis: () => 1_000 };

const event = (...bodies: string[]) => ({
  Records: bodies.map((body, index) => ({
    messageId: `m${index}`,
    body,
    attributes: { ApproximateReceiveCount: String(index + 1) },
  })),
});

test('hands over all messages at once, and names those that are to come again', async () => {
  const seen: unknown[] = [];
  const handler = queueBatchHandler({ log }, schema, async (deliveries) => {
    seen.push(deliveries);
    return ['m1'];
  });
  expect(await handler(event('{"name":"a"}', '{"name":"b"}'), context)).toEqual({
    batchItemFailures: [{ itemIdentifier: 'm1' }],
  });
  expect(seen).toEqual([
    [
      { messageId: 'm0', message: { name: 'a' }, receives: 1 },
      { messageId: 'm1', message: { name: 'b' }, receives: 2 },
    ],
  ]);
});

test('what cannot be read comes again by itself, and does not hold up the rest', async () => {
  const seen: string[] = [];
  const handler = queueBatchHandler({ log }, schema, async (deliveries) => {
    seen.push(...deliveries.map(({ message }) => message.name));
    return [];
  });
  const answered = await handler(event('no JSON', '{"name":"b"}', '{"name":7}'), context);
  expect(answered.batchItemFailures.map(({ itemIdentifier }) => itemIdentifier)).toEqual(['m0', 'm2']);
  expect(seen).toEqual(['b']);
  expect(logged.filter((message) => message === 'message not worked on')).toHaveLength(2);
});

test('what the work throws concerns all of them', async () => {
  const handler = queueBatchHandler({ log }, schema, async () => {
    throw new Error('no');
  });
  await expect(handler(event('{"name":"a"}'), context)).rejects.toThrow('no');
});
