/** The queue of one machine, as those see it who send. */
import type { Queue, QueueName } from './queue.ts';
import type { QueueStore } from './queue-store.ts';

export type StoredQueueDeps = {
  readonly store: Pick<QueueStore, 'send'>;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

export const storedQueue = ({ store, now, newId }: StoredQueueDeps, name: QueueName): Queue => ({
  send: (message, delaySeconds = 0) => store.send(name, newId('msg_'), message, now() + delaySeconds * 1000),
});
