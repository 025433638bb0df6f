/** SQS's part on one machine, and that of Lambda's event source mappings: the functions of the queues, called with what is in a table. */
import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import type { QueueHandler } from '../../shared/queues/queue-handler.ts';
import type { QueueStore, Received } from '../../shared/queues/queue-store.ts';
import type { QueueDefinition } from '../queues.ts';
import type { OnEnded } from './ended-request.ts';
import { lambdaContext } from './invoke.ts';

/** The functions of queues, loaded as Lambda loads them. The environment must be complete by now. */
export async function loadQueued(queues: readonly QueueDefinition[]): Promise<ReadonlyMap<string, QueueHandler>> {
  const names = new Set(queues.map((queue) => queue.function));
  const loaded = [...names].map(async (name) => {
    const { handler } = (await import(`../../functions/${name}.ts`)) as { handler: QueueHandler };
    return [name, handler] as const;
  });
  return new Map(await Promise.all(loaded));
}

const recordOf = ({ queue, id, message, receives }: Received, nowMs: number): SQSRecord => {
  const body = JSON.stringify(message);
  return {
    messageId: id,
    receiptHandle: `${id}.${receives}`,
    body,
    attributes: {
      ApproximateReceiveCount: String(receives),
      SentTimestamp: String(nowMs),
      SenderId: 'local',
      ApproximateFirstReceiveTimestamp: String(nowMs),
    },
    messageAttributes: {},
    md5OfBody: createHash('md5').update(body).digest('hex'),
    eventSource: 'aws:sqs',
    eventSourceARN: `arn:aws:sqs:local:000000000000:${queue}`,
    awsRegion: 'local',
  };
};

export type Delivering = {
  readonly store: QueueStore;
  readonly now: () => number;
  /** Nobody waits for it, and it is delivered again. */
  readonly onFailure: (queue: string, error: unknown) => void;
  /** Of the requests that the functions of queues put to the gateway. */
  readonly onEnded?: OnEnded;
  /** Fires when the host is to stop. */
  readonly stopping?: AbortSignal;
};

/** What a function is told that it has left when the host is to stop: it ends what it has under way, and begins nothing. */
const stoppingMs = 30_000;

/** What is visible, as long as there is room for it. */
export const receive = (
  { store, now }: Delivering,
  { name, localVisibilitySeconds, maxReceives }: QueueDefinition,
  most: number,
): Promise<Received[]> => {
  const nowMs = now();
  return store.receive(name, { nowMs, visibleAgainAtMs: nowMs + localVisibilitySeconds * 1000, most, maxReceives });
};

/** One call of the function. Messages that it has worked on are gone afterwards. */
export async function deliver(
  { store, now, onFailure, onEnded, stopping }: Delivering,
  { name, function: functionName, localVisibilitySeconds }: QueueDefinition,
  handler: QueueHandler,
  batch: readonly Received[],
): Promise<void> {
  const event: SQSEvent = { Records: batch.map((received) => recordOf(received, now())) };
  const visibleMs = localVisibilitySeconds * 1000;
  const atWork = setInterval(() => {
    for (const received of batch)
      store.extend(received, now() + visibleMs).catch((error: unknown) => onFailure(name, error));
  }, visibleMs / 3);
  const context = lambdaContext(functionName, randomUUID(), now, {
    onRequestEnd: (record) => onEnded?.({ record, origin: `queue ${name}` }),
  });
  try {
    const getRemainingTimeInMillis = () =>
      Math.min(context.getRemainingTimeInMillis(), stopping?.aborted ? stoppingMs : Number.POSITIVE_INFINITY);
    const { batchItemFailures } = await handler(event, { ...context, getRemainingTimeInMillis });
    const failed = new Set(batchItemFailures.map(({ itemIdentifier }) => itemIdentifier));
    await Promise.all(batch.filter(({ id }) => !failed.has(id)).map((received) => store.delete(received)));
  } catch (error) {
    onFailure(name, error);
  } finally {
    clearInterval(atWork);
  }
}

/** How soon a message is seen: right after others, and after a time of silence. */
const busyMs = 250;
const idleMs = 1_000;
/** Where messages are gathered: here somebody looks at what becomes of them. */
const gatheringMs = 5_000;

export type RunningQueues = {
  /** Receives nothing any more, and resolves when what is under way has ended. */
  stop(): Promise<void>;
};

export function startQueues(
  queues: readonly QueueDefinition[],
  handlers: ReadonlyMap<string, QueueHandler>,
  delivering: Delivering,
): RunningQueues {
  const stopping = new AbortController();
  const { signal } = stopping;

  async function serve(queue: QueueDefinition, handler: QueueHandler): Promise<void> {
    const { batchSize, maxConcurrency } = queue;
    const underWay = new Set<Promise<void>>();
    while (!signal.aborted) {
      const room = maxConcurrency - underWay.size;
      const received = room === 0 ? [] : await receive(delivering, queue, room * batchSize).catch(failed(queue));
      for (let first = 0; first < received.length; first += batchSize) {
        const work = deliver(
          { ...delivering, stopping: signal },
          queue,
          handler,
          received.slice(first, first + batchSize),
        ).finally(() => underWay.delete(work));
        underWay.add(work);
      }
      await sleep(queue.batchingWindowSeconds ? gatheringMs : underWay.size > 0 ? busyMs : idleMs, undefined, {
        signal,
      }).catch(() => {});
    }
    await Promise.all(underWay);
  }

  const failed =
    ({ name }: QueueDefinition) =>
    (error: unknown): Received[] => {
      delivering.onFailure(name, error);
      return [];
    };

  const serving = queues.flatMap((queue) => {
    const handler = handlers.get(queue.function);
    return handler ? serve(queue, handler) : [];
  });
  return {
    async stop() {
      stopping.abort();
      await Promise.all(serving);
    },
  };
}
