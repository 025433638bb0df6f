/** A function that a queue calls. */
import type { Context, SQSBatchResponse } from 'aws-lambda';
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
    const failed = await Promise.all(
      Records.map(async ({ messageId, body, attributes }) => {
        try {
          const message = z.parse(schema, JSON.parse(body));
          await work({ message, receives: Number(attributes.ApproximateReceiveCount) }, context);
          return [];
        } catch (error) {
          log.error('message not worked on', { messageId, error });
          return [{ itemIdentifier: messageId }];
        }
      }),
    );
    return { batchItemFailures: failed.flat() };
  };
