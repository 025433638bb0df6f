/** The real client of SQS, in front of a server that writes down what it is sent. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { sqsQueue } from '../../../shared/queues/sqs-queue.ts';

let server: Server;
let status = 200;
const asked: { readonly target: unknown; readonly body: Record<string, unknown> }[] = [];
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = JSON.parse(Buffer.concat(chunks).toString());
    asked.push({ target: request.headers['x-amz-target'], body });
    const MD5OfMessageBody = createHash('md5').update(body.MessageBody).digest('hex');
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
    response.end(
      JSON.stringify(status === 200 ? { MessageId: 'm', MD5OfMessageBody } : { __type: 'ServiceUnavailable' }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => server.close());
beforeEach(() => {
  status = 200;
  asked.length = 0;
});

const queue = () => {
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  return sqsQueue(
    { region: 'eu-central-1', credentials, dynamodbEndpoint: undefined },
    `http://127.0.0.1:${port}/1/queue`,
  );
};

test('a message is sent as JSON, with the delay that it is to have', async () => {
  await queue().send({ responseId: 'resp_1' });
  await queue().send({ responseId: 'resp_2' }, 12.3);
  await queue().send({ responseId: 'resp_3' }, 86_400);
  expect(asked.map(({ body }) => [body['MessageBody'], body['DelaySeconds']])).toEqual([
    ['{"responseId":"resp_1"}', 0],
    ['{"responseId":"resp_2"}', 13],
    ['{"responseId":"resp_3"}', 900],
  ]);
  expect(asked[0]?.target).toBe('AmazonSQS.SendMessage');
});

test('a queue that does not take it is a 503 (I12)', async () => {
  status = 503;
  await expect(queue().send({ responseId: 'resp_1' })).rejects.toMatchObject({
    why: 'overloaded',
    row: { status: 503 },
  });
});
