/** A worker of a queue as it is shipped, which works on what there is until it is killed. Its clock is ahead by as much as it is told. */
import { flushCompileCache } from 'node:module';
import { deliver, receive } from '../../../infra/local/queues.ts';
import { type QueueDefinition, queues } from '../../../infra/queues.ts';
import type { QueueName } from '../../../shared/queues/queue.ts';
import type { QueueHandler } from '../../../shared/queues/queue-handler.ts';
import { dynamoQueueStore } from '../../../shared/queues/queue-store.ts';
import { clientsOf } from './house.ts';

export type WorkerDoom = {
  readonly queue: QueueName;
  readonly bundle: string;
  readonly endpoint: string;
  readonly queueTable: string;
  readonly aheadMs: number;
  readonly loops: number;
  /** How many of its messages are delivered twice at the same time, in [0, 1]. */
  readonly twice?: number;
};

const {
  queue: name,
  twice = 0,
  bundle,
  endpoint,
  queueTable,
  aheadMs,
  loops,
} = JSON.parse(process.argv[2] ?? '{}') as WorkerDoom;

const realNow = Date.now.bind(Date);
Date.now = () => realNow() + aheadMs;

const { handler } = (await import(bundle)) as { handler: QueueHandler };
const queue = queues.find((one) => one.name === name);
if (!queue) throw new Error(`no queue is called ${name}`);
const delivering = {
  store: dynamoQueueStore(clientsOf(endpoint).db, queueTable),
  now: () => Date.now(),
  onFailure: () => {},
};

async function work(queue: QueueDefinition): Promise<void> {
  for (;;) {
    const batch = await receive(delivering, queue, 1);
    if (batch.length === 0) {
      process.send?.('idle');
      return;
    }
    const times = Math.random() < twice ? 2 : 1;
    await Promise.all(Array.from({ length: times }, () => deliver(delivering, queue, handler, batch)));
  }
}

process.on('message', () => {
  for (let loop = 0; loop < loops; loop += 1) void work(queue);
});
flushCompileCache();
process.send?.('loaded');
