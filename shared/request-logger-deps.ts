/** The composition root goes on: those who ask models put what their projects want logged into a queue. */
import type { BodyStore } from './bodies/body-store.ts';
import type { Live } from './deps.ts';
import { randomNonce } from './ids.ts';
import { type Queue, queueVariable } from './queues/queue.ts';
import { sqsQueue } from './queues/sqs-queue.ts';
import type { RequestLogWishes } from './request-log/project-request-log.ts';
import { createRequestLogger, type RequestLogger } from './request-log/request-logger.ts';

export const requestLoggerOf = (
  root: Live,
  bodiesOf: (root: Live) => BodyStore,
  { defaults, newId }: { readonly defaults: RequestLogWishes; readonly newId: (prefix: string) => string },
): RequestLogger =>
  createRequestLogger({
    defaults,
    hasContentKey: root.env.requestLog.hasContentKey,
    inbox: bodiesOf(root),
    queue: queueOf(root),
    log: root.log,
    countEvent: root.countEvent,
    newId,
    newNonce: randomNonce,
  });

/** Functions that send nothing else do without the table that is the queue of one machine: the bundles leave it out (I9). */
function queueOf(root: Live): Pick<Queue, 'send'> {
  const { urls, table } = root.env.queues;
  if (urls.requestLog) return sqsQueue(root.env.aws, urls.requestLog);
  if (!table) {
    throw new Error(`${queueVariable('requestLog')} is not set. Does the route say \`queues\` in infra/routes.ts?`);
  }
  return {
    async send(message) {
      const { localQueue } = await import('./local-queue-deps.ts');
      await localQueue(root, table, 'requestLog').send(message);
    },
  };
}
