import type { SQSBatchResponse } from 'aws-lambda';
import * as z from 'zod/mini';
import type { Facts, Log } from '../../../shared/observability/log.ts';
import { type QueueEvent, queueHandler } from '../../../shared/queues/queue-handler.ts';

const schema = z.strictObject({ responseId: z.string() });
const context = { getRemainingTimeInMillis: () => 1_000 };
const event = (...bodies: string[]): QueueEvent => ({
  Records: bodies.map((body, index) => ({
    messageId: `m${index}`,
    body,
    attributes: { ApproximateReceiveCount: String(index + 1) },
  })),
});
const failed = (...ids: string[]): SQSBatchResponse => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

function scene() {
  const lines: Facts[] = [];
  const log: Log = { info: () => {}, warn: () => {}, error: (_message, facts = {}) => lines.push(facts) };
  const seen: unknown[] = [];
  const handler = queueHandler({ log }, schema, async (delivery) => {
    seen.push(delivery);
    if (delivery.message.responseId === 'bad') throw new Error('no');
  });
  return { handler, seen, lines };
}

test('each message is worked on, with how often it has been delivered', async () => {
  const { handler, seen } = scene();
  expect(await handler(event('{"responseId":"a"}', '{"responseId":"b"}'), context)).toEqual(failed());
  expect(seen).toEqual([
    { message: { responseId: 'a' }, receives: 1 },
    { message: { responseId: 'b' }, receives: 2 },
  ]);
});

test('a message that fails is delivered again, and those beside it are not', async () => {
  const { handler, lines } = scene();
  expect(await handler(event('{"responseId":"bad"}', '{"responseId":"b"}'), context)).toEqual(failed('m0'));
  expect(lines).toEqual([{ messageId: 'm0', error: new Error('no') }]);
});

test.each(['', '{', '{"responseId":1}', '{"responseId":"a","prompt":"b"}', 'null'])(
  'the message %p is none of ours: it is worked on by nobody, and ends among the dead letters',
  async (body) => {
    const { handler, seen } = scene();
    expect(await handler(event(body), context)).toEqual(failed('m0'));
    expect(seen).toEqual([]);
  },
);
