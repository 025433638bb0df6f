/** The real client of Lambda, in front of a server that answers as Lambda does. */
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import { lambdaFunctions } from '../../../shared/tools/invoke-function.ts';

const arn = 'arn:aws:lambda:eu-central-1:123456789012:function:weather:live';

let server: Server;
let answer: (response: ServerResponse) => void;
const asked: { readonly url: string; readonly headers: IncomingHttpHeaders; readonly body: string }[] = [];
const before = process.env['AWS_ENDPOINT_URL_LAMBDA'];
beforeAll(async () => {
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    asked.push({ url: request.url ?? '', headers: request.headers, body: Buffer.concat(chunks).toString() });
    answer(response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.env['AWS_ENDPOINT_URL_LAMBDA'] = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
});
afterAll(() => {
  if (before === undefined) delete process.env['AWS_ENDPOINT_URL_LAMBDA'];
  else process.env['AWS_ENDPOINT_URL_LAMBDA'] = before;
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  asked.length = 0;
  answer = (response) => void response.end('{"sky":"clear"}');
});

const invoke = (signal = AbortSignal.timeout(20_000)) => {
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  return lambdaFunctions({ region: 'us-east-1', credentials, dynamodbEndpoint: undefined })(arn, '{"a":1}', signal);
};

test('a function is asked for its answer by its ARN, signed for its own region', async () => {
  expect(await invoke()).toEqual({ kind: 'answered', text: '{"sky":"clear"}' });
  expect(asked).toMatchObject([
    {
      url: `/2015-03-31/functions/${encodeURIComponent(arn)}/invocations`,
      body: '{"a":1}',
      headers: {
        'x-amz-invocation-type': 'RequestResponse',
        authorization: expect.stringContaining('/eu-central-1/lambda/aws4_request'),
      },
    },
  ]);
});

test('one that throws has failed, and what it says of that is kept from the model', async () => {
  answer = (response) =>
    void response.writeHead(200, { 'x-amz-function-error': 'Unhandled' }).end('{"errorMessage":"/var/task/canary"}');
  expect(await invoke()).toEqual({ kind: 'failed', why: 'error', message: 'The tool failed.' });
  expect(asked).toHaveLength(1);
});

test('one that answers too much has failed', async () => {
  answer = (response) => void response.end(JSON.stringify('x'.repeat(300_000)));
  expect(await invoke()).toMatchObject({ kind: 'failed', why: 'too_large' });
});

test('one that AWS limits is asked once more, and one that may not be asked is not', async () => {
  const refuse = (status: number, type: string) => (response: ServerResponse) =>
    void response.writeHead(status, { 'x-amzn-errortype': type, 'content-type': 'application/json' }).end('{}');
  answer = refuse(429, 'TooManyRequestsException');
  await expect(invoke()).rejects.toMatchObject({ name: 'TooManyRequestsException' });
  expect(asked).toHaveLength(2);
  asked.length = 0;
  answer = refuse(403, 'AccessDeniedException');
  await expect(invoke()).rejects.toMatchObject({ name: 'AccessDeniedException' });
  expect(asked).toHaveLength(1);
});

test('one that hangs is given up with the signal', async () => {
  answer = () => {};
  await expect(invoke(AbortSignal.timeout(200))).rejects.toMatchObject({ name: 'AbortError' });
});
