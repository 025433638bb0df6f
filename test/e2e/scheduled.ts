/** Calls the functions of schedules as EventBridge Scheduler would, and hears what they publish. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './command.ts';
import type { Outputs } from './deployment.ts';
import type { Ministack } from './ministack.ts';
import { python, workspace } from './workspace.ts';

export type Scheduled = {
  /** Fails when the function does. */
  invoke(functionName: string, schedule?: string): Promise<void>;
  /** All that was published since the start. */
  messages(): Promise<string[]>;
  /** What is in the bucket of reports. */
  files(): Promise<string[]>;
};

export async function listen(
  { environment, endpoint: url }: Ministack,
  { NotificationsTopicArn, ReportsBucketName }: Outputs,
): Promise<Scheduled> {
  const aws = async (...args: string[]): Promise<Record<string, unknown>> => {
    const text = await run(python('aws'), [...args, '--endpoint-url', url, '--output', 'json'], environment);
    return text.trim() === '' ? {} : JSON.parse(text);
  };
  const { QueueUrl } = await aws('sqs', 'create-queue', '--queue-name', 'end-to-end-listener');
  const queue = ['--queue-url', String(QueueUrl)];
  const { Attributes } = await aws('sqs', 'get-queue-attributes', ...queue, '--attribute-names', 'QueueArn');
  const { QueueArn } = Attributes as { readonly QueueArn: string };
  const delivery = {
    Effect: 'Allow',
    Principal: { Service: 'sns.amazonaws.com' },
    Action: 'sqs:SendMessage',
    Resource: QueueArn,
  };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [delivery] });
  await aws('sqs', 'set-queue-attributes', ...queue, '--attributes', JSON.stringify({ Policy }));
  const endpoint = ['--protocol', 'sqs', '--notification-endpoint', QueueArn];
  await aws('sns', 'subscribe', '--topic-arn', NotificationsTopicArn, ...endpoint);
  const heard: string[] = [];

  return {
    async invoke(functionName, schedule = functionName) {
      const { Functions } = await aws('lambda', 'list-functions');
      const names = (Functions as readonly { readonly FunctionName: string }[]).map((one) => one.FunctionName);
      const name = names.find((candidate) => candidate.includes(`Functions${functionName.replaceAll('-', '')}`));
      if (!name) throw new Error(`No function is called ${functionName}: ${names.join(', ')}`);
      const event = { id: `end-to-end-${schedule}`, schedule, scheduledAt: new Date().toISOString() };
      const answer = join(workspace, `${schedule}.json`);
      const payload = ['--payload', JSON.stringify(event)];
      const { FunctionError } = await aws('lambda', 'invoke', '--function-name', name, ...payload, answer);
      if (FunctionError !== undefined) throw new Error(readFileSync(answer, 'utf8'));
    },

    async messages() {
      const { Messages = [] } = await aws('sqs', 'receive-message', ...queue, '--max-number-of-messages', '10');
      heard.push(...(Messages as readonly { readonly Body: string }[]).map(({ Body }) => Body));
      return heard;
    },

    async files() {
      const { Contents = [] } = await aws('s3api', 'list-objects-v2', '--bucket', ReportsBucketName);
      return (Contents as readonly { readonly Key: string }[]).map(({ Key }) => Key);
    },
  };
}
