/** A queue of SQS. The client is loaded by the first message: a cold start does without it (I9). */
import type { SQSClient } from '@aws-sdk/client-sqs';
import { orRefuse } from '../dynamo/outage.ts';
import type { AwsEnvironment } from '../environment.ts';
import { longestDelaySeconds, type Queue } from './queue.ts';

/** A caller waits for the message to be taken. */
const connectionTimeoutMs = 1_000;
const requestTimeoutMs = 3_000;

export function sqsQueue({ region, credentials }: AwsEnvironment, QueueUrl: string): Queue {
  let made: SQSClient | undefined;
  const loaded = async () => {
    const sqs = await import('./sqs-client.ts');
    made ??= new sqs.SQSClient({
      region,
      credentials,
      // Where the queue is: the client complains of any other.
      endpoint: new URL(QueueUrl).origin,
      // What was sent twice is delivered twice, which it may be anyway.
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: connectionTimeoutMs,
        requestTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
      },
    });
    return { ...sqs, client: made };
  };

  return {
    async send(message, delaySeconds = 0) {
      const { client, SendMessageCommand } = await loaded();
      const command = new SendMessageCommand({
        QueueUrl,
        MessageBody: JSON.stringify(message),
        DelaySeconds: Math.min(longestDelaySeconds, Math.ceil(delaySeconds)),
      });
      await orRefuse(client.send(command));
    },
  };
}
