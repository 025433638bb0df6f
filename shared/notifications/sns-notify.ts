/** Notifications through SNS, to mail addresses and whatever else is subscribed to the topic. */
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import type { AwsEnvironment } from '../environment.ts';
import type { Notify } from './notify.ts';

/** SNS refuses subjects that are longer, or that are not printable ASCII; names of projects are often both. */
const maxSubjectLength = 100;
const printable = (text: string): string =>
  text
    .replace(/\s+/g, ' ')
    .replace(/[^\x20-\x7e]/g, '?')
    .trim();

export function subjectLine(subject: string): string {
  const line = printable(subject);
  return line.length > maxSubjectLength ? `${line.slice(0, maxSubjectLength - 3)}...` : line;
}

export function snsNotify({ region, credentials }: AwsEnvironment, TopicArn: string): Notify {
  const client = new SNSClient({ region, credentials });
  return {
    async publish({ subject, message, attributes = {} }) {
      const command = new PublishCommand({
        TopicArn,
        Subject: subjectLine(subject),
        Message: message,
        MessageAttributes: Object.fromEntries(
          Object.entries(attributes).map(([name, StringValue]) => [name, { DataType: 'String', StringValue }]),
        ),
      });
      await client.send(command);
    },
  };
}
