/** The composition root goes on: queues, and what the functions that they call are made of. */
import { idsFrom, type Live } from './deps.ts';
import { type Queue, type QueueName, queueVariable } from './queues/queue.ts';
import { dynamoQueueStore } from './queues/queue-store.ts';
import { sqsQueue } from './queues/sqs-queue.ts';
import { storedQueue } from './queues/stored-queue.ts';

/** For routes, and for functions of queues, that say `queues`. */
export function queueOf({ env, db, now }: Live, name: QueueName): Queue {
  const { urls, table } = env.queues;
  const url = urls[name];
  if (url) return sqsQueue(env.aws, url);
  if (table) return storedQueue({ store: dynamoQueueStore(db, table), now, newId: idsFrom(now) }, name);
  throw new Error(`${queueVariable(name)} is not set. Does the route say \`queues\` in infra/routes.ts?`);
}
