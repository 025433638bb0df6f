/** I9: whatever of its calls a project has logged, the answer waits for none of it, and the database hears of none of it. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { loggedTenant } from '../support/request-logs.ts';
import { question, scene } from '../support/scene.ts';
import { watched } from '../support/watched.ts';

const seen: string[] = [];
const note = (command: { constructor: { name: string }; input: { TableName?: string } }) =>
  seen.push(`${command.constructor.name} ${command.input.TableName?.split('-').at(-1) ?? ''}`);

/** S3 and SQS, which answer when they are let. */
const asked: string[] = [];
let release: Promise<void> = Promise.resolve();
const outside: Server = createServer(async (request, response) => {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  asked.push(`${request.method} ${request.url?.split('?')[0]}`);
  await release;
  if (request.method === 'PUT') return response.end();
  const { MessageBody = '' } = JSON.parse(Buffer.concat(chunks).toString());
  const MD5OfMessageBody = createHash('md5').update(MessageBody).digest('hex');
  return response
    .writeHead(200, { 'content-type': 'application/x-amz-json-1.0' })
    .end(JSON.stringify({ MessageId: 'm', MD5OfMessageBody }));
});

const environment: Record<string, string> = {};
beforeAll(async () => {
  outside.listen(0, '127.0.0.1');
  await once(outside, 'listening');
  const address = outside.address();
  const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  process.env['AWS_ENDPOINT_URL_S3'] = origin;
  Object.assign(environment, { BODIES_BUCKET: 'body_bucket', REQUEST_LOG_QUEUE: `${origin}/1/request-log` });
});
afterAll(async () => {
  delete process.env['AWS_ENDPOINT_URL_S3'];
  outside.closeAllConnections();
  outside.close();
  await once(outside, 'close');
});

const on = scene({
  environment,
  override: ({ db, onceDb }) => ({ db: watched(db, note), onceDb: watched(onceDb, note) }),
});

const sent = {
  off: [],
  metadata: ['POST /'],
  content: [expect.stringMatching(/^PUT \/body_bucket\/request-log-inbox\/proj_\w+\/log_\w+$/), 'POST /'],
} as const;

test.each([false, true])('streamed %p: the last byte is out before S3 and SQS have answered', async (stream) => {
  const { gateway } = on();
  const operations: string[][] = [];
  for (const mode of ['off', 'metadata', 'content'] as const) {
    const { key } = await loggedTenant(on(), { mode });
    const ask = async (): Promise<string> => {
      const response = await gateway.fetch('http://gateway.test/v1/chat/completions', {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...question, stream }),
      });
      return response.text();
    };
    await ask();
    await gateway.idle();
    gateway.clock.nowMs += 100;
    seen.length = 0;
    asked.length = 0;
    let open = () => {};
    release = new Promise((resolve) => {
      open = resolve;
    });
    // Were they waited for, it would never end.
    expect(await ask()).toContain(stream ? 'data: [DONE]' : 'Hello there');
    open();
    await gateway.idle();
    operations.push(seen.toSorted());
    expect(asked).toEqual(sent[mode]);
  }
  const [off, metadata, content] = operations;
  expect([metadata, content]).toEqual([off, off]);
});
