/** The real client of SQS, in front of a server that counts. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { sqsQueueDepth } from '../../../shared/queues/sqs-queue-depth.ts';

let server: Server;
let origin: string;
let targets: string[];
let status: number;
beforeAll(async () => {
  server = createServer(async (request, response) => {
    let text = '';
    for await (const piece of request) text += piece;
    targets.push(String(request.headers['x-amz-target']));
    const isDead = (JSON.parse(text) as { QueueUrl: string }).QueueUrl.endsWith('/dead');
    const Attributes = {
      ApproximateNumberOfMessages: isDead ? '4' : '3',
      ApproximateNumberOfMessagesNotVisible: isDead ? '1' : '2',
      ApproximateNumberOfMessagesDelayed: isDead ? '0' : '7',
    };
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(JSON.stringify(status === 200 ? { Attributes } : { __type: 'com.amazonaws.sqs#QueueDoesNotExist' }));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  targets = [];
  status = 200;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const aws = {
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  dynamodbEndpoint: undefined,
};
const never = new AbortController().signal;

test('a queue and its dead letters are counted, by what they wait for', async () => {
  const depth = sqsQueueDepth(aws, { url: `${origin}/1/queue`, deadLettersUrl: `${origin}/1/dead` });
  expect(await depth(never)).toEqual({
    waiting: 3,
    inProgress: 2,
    delayed: 7,
    deadLetters: 5,
    oldestAgeSeconds: null,
  });
  expect(targets).toEqual(['AmazonSQS.GetQueueAttributes', 'AmazonSQS.GetQueueAttributes']);
});

test('where there are only dead letters, nothing waits', async () => {
  const depth = sqsQueueDepth(aws, { url: undefined, deadLettersUrl: `${origin}/1/dead` });
  expect(await depth(never)).toMatchObject({ waiting: 0, deadLetters: 5 });
});

test('rejects with the name of what is wrong', async () => {
  status = 400;
  const depth = sqsQueueDepth(aws, { url: `${origin}/1/queue`, deadLettersUrl: undefined });
  await expect(depth(never)).rejects.toMatchObject({ name: 'QueueDoesNotExist' });
});
