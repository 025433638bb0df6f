/** How much is left to do in a queue of SQS, about. Its age is a metric of CloudWatch's. */
import type { AwsEnvironment } from '../environment.ts';
import type { ReadQueueDepth } from './queue-depth.ts';

type Sqs = typeof import('./sqs-client.ts');

const requestTimeoutMs = 2_500;

const names = [
  'ApproximateNumberOfMessages',
  'ApproximateNumberOfMessagesNotVisible',
  'ApproximateNumberOfMessagesDelayed',
] as const;

export type QueueUrls = { readonly url: string | undefined; readonly deadLettersUrl: string | undefined };

/** Where there is only a queue of dead letters, as of schedules, nothing waits. */
export function sqsQueueDepth(
  { region, credentials }: AwsEnvironment,
  { url, deadLettersUrl }: QueueUrls,
): ReadQueueDepth {
  let made: InstanceType<Sqs['SQSClient']> | undefined;

  async function count(QueueUrl: string | undefined, abortSignal: AbortSignal): Promise<readonly number[]> {
    if (QueueUrl === undefined) return [0, 0, 0];
    const { SQSClient, GetQueueAttributesCommand } = await import('./sqs-client.ts');
    made ??= new SQSClient({
      region,
      credentials,
      endpoint: new URL(QueueUrl).origin,
      maxAttempts: 2,
      requestHandler: { requestTimeout: requestTimeoutMs, throwOnRequestTimeout: true },
    });
    const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames: [...names] });
    const { Attributes = {} } = await made.send(command, { abortSignal });
    return names.map((name) => Number(Attributes[name] ?? 0));
  }

  return async (signal) => {
    const [[waiting = 0, inProgress = 0, delayed = 0], dead] = await Promise.all([
      count(url, signal),
      count(deadLettersUrl, signal),
    ]);
    return {
      waiting,
      inProgress,
      delayed,
      deadLetters: dead.reduce((sum, number) => sum + number, 0),
      oldestAgeSeconds: null,
    };
  };
}
