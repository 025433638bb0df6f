/** The composition root goes on: the queues of one machine, for who loads them only there. */
import type { Live } from './deps.ts';
import { sortableId } from './ids.ts';
import type { Queue, QueueName } from './queues/queue.ts';
import { dynamoQueueStore } from './queues/queue-store.ts';
import { storedQueue } from './queues/stored-queue.ts';

export const localQueue = ({ db, now }: Live, table: string, name: QueueName): Queue =>
  storedQueue({ store: dynamoQueueStore(db, table), now, newId: (prefix) => sortableId(prefix, now()) }, name);
