/** A function that a queue calls, and that works on all of a call's messages at once. */
import * as z from 'zod/mini';
import type { Log } from '../observability/log.ts';
import { type Delivery, type QueueContext, type QueueHandler, queueEventSchema } from './queue-handler.ts';

/** With the id that the queue knows it by. */
export type Identified<Message> = Delivery<Message> & { readonly messageId: string };

/** `work` names the messages that are to be delivered again; what it throws concerns all of them. What cannot be read is delivered again by itself. */
export const queueBatchHandler =
  <Message>(
    { log }: { readonly log: Log },
    schema: z.ZodMiniType<Message>,
    work: (deliveries: readonly Identified<Message>[], context: QueueContext) => Promise<readonly string[]>,
  ): QueueHandler =>
  async (event, context) => {
    const { Records } = queueEventSchema.parse(event);
    const failed: string[] = [];
    const deliveries = Records.flatMap(({ messageId, body, attributes }): Identified<Message>[] => {
      try {
        const message = z.parse(schema, JSON.parse(body));
        return [{ messageId, message, receives: Number(attributes.ApproximateReceiveCount) }];
      } catch (error) {
        log.error('message not worked on', { messageId, error });
        failed.push(messageId);
        return [];
      }
    });
    if (deliveries.length > 0) failed.push(...(await work(deliveries, context)));
    return { batchItemFailures: failed.map((itemIdentifier) => ({ itemIdentifier })) };
  };
