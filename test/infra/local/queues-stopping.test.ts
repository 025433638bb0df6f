import { deliver } from '../../../infra/local/queues.ts';
import { type QueueDefinition, queues } from '../../../infra/queues.ts';
import type { QueueStore, Received } from '../../../shared/queues/queue-store.ts';

const [queue] = queues as readonly QueueDefinition[];
const store: QueueStore = {
  send: async () => {},
  receive: async () => [],
  extend: async () => true,
  delete: async () => {},
  dead: async () => [],
};
const received: Received = { queue: 'responses', id: 'msg_1', message: {}, visibleAtMs: 0, receives: 1 };

test('a function is told that it has little time left as soon as the host is to stop', async () => {
  if (!queue) throw new Error('no queues');
  const stopping = new AbortController();
  const left: number[] = [];
  const delivering = {
    store,
    now: () => 1_000,
    stopping: stopping.signal,
    onFailure: (_: string, error: unknown) => {
      throw error;
    },
  };
  await deliver(
    delivering,
    queue,
    async (_event, { getRemainingTimeInMillis }) => {
      left.push(getRemainingTimeInMillis());
      stopping.abort();
      left.push(getRemainingTimeInMillis());
      return { batchItemFailures: [] };
    },
    [received],
  );
  expect(left).toEqual([900_000, 30_000]);
});
