import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileNotify } from '../../../shared/notifications/file-notify.ts';
import { snsNotify, subjectLine } from '../../../shared/notifications/sns-notify.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const awsAt = { region: 'us-east-1', credentials: { accessKeyId: 'id', secretAccessKey: 'secret' } };
const topic = 'arn:aws:sns:us-east-1:000000000000:topic';

/** What SNS would have been sent, form field by form field. */
async function publishedTo(status: number, publish: () => Promise<void>): Promise<Record<string, string>[]> {
  const seen: Record<string, string>[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push(Object.fromEntries(new URLSearchParams(body)));
    const answer = '<PublishResponse><PublishResult><MessageId>1</MessageId></PublishResult></PublishResponse>';
    response.writeHead(status, { 'content-type': 'text/xml' }).end(answer);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  process.env['AWS_ENDPOINT_URL_SNS'] = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  try {
    await publish();
  } finally {
    delete process.env['AWS_ENDPOINT_URL_SNS'];
    await new Promise((resolve) => server.close(resolve));
  }
  return seen;
}

const sns = () => snsNotify({ ...awsAt, dynamodbEndpoint: undefined }, topic);

test('SNS is given the topic, the subject, the message and its attributes', async () => {
  const sent = await publishedTo(200, () =>
    sns().publish({ subject: 'Spend', message: 'More than\nexpected', attributes: { project: 'proj_a' } }),
  );
  expect(sent).toEqual([
    expect.objectContaining({
      Action: 'Publish',
      TopicArn: topic,
      Subject: 'Spend',
      Message: 'More than\nexpected',
      'MessageAttributes.entry.1.Name': 'project',
      'MessageAttributes.entry.1.Value.DataType': 'String',
      'MessageAttributes.entry.1.Value.StringValue': 'proj_a',
    }),
  ]);
});

test('when SNS refuses, the caller learns of it, and decides what then (I12)', async () => {
  await expect(publishedTo(403, () => sns().publish({ subject: 's', message: 'm' }))).rejects.toThrow();
});

test.each([
  ['Plain', 'Plain'],
  ['Two\r\nlines: x', 'Two lines: x'],
  ['Größe ✓', 'Gr??e ?'],
  ['x'.repeat(101), `${'x'.repeat(97)}...`],
  ['x'.repeat(100), 'x'.repeat(100)],
])('the subject %j becomes what SNS takes', (given, taken) => {
  expect(subjectLine(given)).toBe(taken);
});

test('on one machine each is a line at the end of a file', async () => {
  const file = join(temporaryFolder(), 'notifications.jsonl');
  const notify = fileNotify(file, () => Date.parse('2026-11-22T10:00:00Z'));
  await notify.publish({ subject: 'one', message: 'a\nb' });
  await notify.publish({ subject: 'two', message: 'c', attributes: { kind: 'report' } });
  const lines = readFileSync(file, 'utf8').trim().split('\n');
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    { at: '2026-11-22T10:00:00.000Z', subject: 'one', message: 'a\nb' },
    { at: '2026-11-22T10:00:00.000Z', subject: 'two', message: 'c', attributes: { kind: 'report' } },
  ]);
});
