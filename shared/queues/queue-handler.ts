/** A function that a queue calls. */
import { BatchProcessor, EventType, processPartialResponse } from '@aws-lambda-powertools/batch';
import type { Context, SQSBatchResponse, SQSRecord } from 'aws-lambda';
import * as z from 'zod/mini';
import type { Log } from '../observability/log.ts';

/** What is read of SQS's event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export const queueEventSchema = z.object({
  Records: z.array(
    z.object({
      messageId: z.string(),
      body: z.string(),
      attributes: z.object({ ApproximateReceiveCount: z.string() }),
    }),
  ),
});
export type QueueEvent = z.infer<typeof queueEventSchema>;
type QueueRecord = QueueEvent['Records'][number];

export type QueueContext = Pick<Context, 'getRemainingTimeInMillis'>;

/** Messages that it names are delivered again, and the others are not. */
export type QueueHandler = (event: unknown, context: QueueContext) => Promise<SQSBatchResponse>;

export type Delivery<Message> = {
  readonly message: Message;
  /** Of this message, this one included. */
  readonly receives: number;
};

/** What `work` throws is written down, and its message delivered again. The other messages of a batch are not held up by it. */
export const queueHandler =
  <Message>(
    { log }: { readonly log: Log },
    schema: z.ZodMiniType<Message>,
    work: (delivery: Delivery<Message>, context: QueueContext) => Promise<void>,
  ): QueueHandler =>
  async (event, context) => {
    const { Records } = queueEventSchema.parse(event);
    const one = async ({ messageId, body, attributes }: QueueRecord): Promise<void> => {
      try {
        const message = z.parse(schema, JSON.parse(body));
        await work({ message, receives: Number(attributes.ApproximateReceiveCount) }, context);
      } catch (error) {
        log.error('message not worked on', { messageId, error });
        throw error;
      }
    };
    // It remembers the messages it was given, so each call has its own (I10).
    const processor = new BatchProcessor(EventType.SQS);
    // Thrown, the failure of all would be written down once more, with what their errors say (I6).
    const options = { throwOnFullBatchFailure: false };
    return processPartialResponse({ Records: Records as SQSRecord[] }, one, processor, options);
  };
