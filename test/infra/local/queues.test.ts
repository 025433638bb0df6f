import type { SQSEvent } from 'aws-lambda';
import type { EndedRequest } from '../../../infra/local/ended-request.ts';
import { deliver, receive, startQueues } from '../../../infra/local/queues.ts';
import type { QueueDefinition } from '../../../infra/queues.ts';
import type { Context } from '../../../shared/http/event.ts';
import type { RequestRecord } from '../../../shared/observability/request-record.ts';
import { type QueueHandler, queueEventSchema } from '../../../shared/queues/queue-handler.ts';
import { dynamoQueueStore } from '../../../shared/queues/queue-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';

let database: TestDatabase;
beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.stop());

const queue: QueueDefinition = {
  name: 'responses',
  function: 'worker',
  visibilitySeconds: 960,
  localVisibilitySeconds: 60,
  batchSize: 2,
  maxConcurrency: 2,
  maxReceives: 3,
  tables: {},
  summary: '',
};

function scene(nowMs = 0) {
  const store = dynamoQueueStore(database.db, database.queueTable);
  const clock = { nowMs };
  const failures: unknown[] = [];
  const delivering = { store, now: () => clock.nowMs, onFailure: (...failure: unknown[]) => failures.push(failure) };
  const send = (id: string) => store.send('responses', id, { responseId: id }, 0);
  return { store, clock, failures, delivering, send };
}

const nothingFailed: QueueHandler = async () => ({ batchItemFailures: [] });

test('the function gets an event of SQS, and what it has worked on is not delivered again', async () => {
  const { delivering, send, clock } = scene();
  await send('m1');
  const events: SQSEvent[] = [];
  const handler: QueueHandler = async (event, context) => {
    expect(context.getRemainingTimeInMillis()).toBe(900_000);
    events.push(event as SQSEvent);
    return { batchItemFailures: [] };
  };
  await deliver(delivering, queue, handler, await receive(delivering, queue, 2));
  expect(events.map((event) => queueEventSchema.parse(event).Records)).toEqual([
    [{ messageId: 'm1', body: '{"responseId":"m1"}', attributes: { ApproximateReceiveCount: '1' } }],
  ]);
  clock.nowMs = 60_000;
  expect(await receive(delivering, queue, 2)).toEqual([]);
});

test('the host hears of the requests that a function of a queue makes, and of which queue that was', async () => {
  const { delivering, send } = scene();
  await send('m1');
  const heard: EndedRequest[] = [];
  const record = { requestId: 'resp_1' } as RequestRecord;
  const handler: QueueHandler = async (_event, context) => {
    (context as Context).onRequestEnd?.(record);
    return { batchItemFailures: [] };
  };
  const telling = { ...delivering, onEnded: (ended: EndedRequest) => heard.push(ended) };
  await deliver(telling, queue, handler, await receive(delivering, queue, 1));
  expect(heard).toEqual([{ record, origin: 'queue responses' }]);
});

test('a message that has failed is delivered again when it is visible, without those beside it', async () => {
  const { delivering, send, clock } = scene();
  await send('m1');
  await send('m2');
  const handler: QueueHandler = async () => ({ batchItemFailures: [{ itemIdentifier: 'm2' }] });
  await deliver(delivering, queue, handler, await receive(delivering, queue, 2));
  clock.nowMs = 59_999;
  expect(await receive(delivering, queue, 2)).toEqual([]);
  clock.nowMs = 60_000;
  expect(await receive(delivering, queue, 2)).toMatchObject([{ id: 'm2', receives: 2 }]);
});

test('a call that fails as a whole is told of, and all of it delivered again', async () => {
  const { delivering, send, clock, failures } = scene();
  await send('m1');
  const handler: QueueHandler = () => Promise.reject(new Error('out of memory'));
  await deliver(delivering, queue, handler, await receive(delivering, queue, 2));
  expect(failures).toEqual([['responses', new Error('out of memory')]]);
  clock.nowMs = 60_000;
  expect(await receive(delivering, queue, 2)).toHaveLength(1);
});

test('what is sent is worked on while it runs, never more at once than it may, and its end waits for what is under way', async () => {
  const { delivering, send, store } = scene(1);
  for (const id of ['m1', 'm2', 'm3', 'm4', 'm5']) await send(id);
  const sizes: number[] = [];
  const finish: (() => void)[] = [];
  const handler: QueueHandler = (event) => {
    sizes.push((event as SQSEvent).Records.length);
    return new Promise((resolve) => finish.push(() => resolve({ batchItemFailures: [] })));
  };
  const running = startQueues([queue], new Map([['worker', handler]]), delivering);
  const called = async (times: number) => {
    while (sizes.length < times) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  await called(2);
  expect(sizes).toEqual([2, 2]);
  for (const end of finish.splice(0)) end();
  await called(3);
  expect(sizes).toEqual([2, 2, 1]);
  let stopped = false;
  const stopping = running.stop().then(() => {
    stopped = true;
  });
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(stopped).toBe(false);
  for (const end of finish.splice(0)) end();
  await stopping;
  expect(await store.receive('responses', { nowMs: 1e9, visibleAgainAtMs: 1e9, most: 9, maxReceives: 9 })).toEqual([]);
});

test('a message outlives the process that had it: it is delivered when that has said nothing for a while', async () => {
  const first = scene();
  await first.send('m1');
  // Its process is gone from here on.
  await receive(first.delivering, queue, 1);
  const second = scene(60_000);
  const worked: unknown[] = [];
  const handler: QueueHandler = async (event) => {
    worked.push(...queueEventSchema.parse(event).Records.map(({ messageId }) => messageId));
    return nothingFailed(event, { getRemainingTimeInMillis: () => 0 });
  };
  await deliver(second.delivering, queue, handler, await receive(second.delivering, queue, 1));
  expect(worked).toEqual(['m1']);
});
