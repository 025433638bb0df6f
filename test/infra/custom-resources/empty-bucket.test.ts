/** What CloudFormation is told, and what is gone by then. The bucket is a server that speaks as S3 does. */
import { createServer, type Server } from 'node:http';
import { S3Client } from '@aws-sdk/client-s3';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { createHandler } from '../../../infra/custom-resources/empty-bucket.ts';

type Stored = { readonly key: string; readonly version: string; readonly marker?: boolean };

let [server, port]: [Server | undefined, number] = [undefined, 0];
let stored: Stored[] = [];
let pageSize = 1_000;
let refuses = false;
let answers: { body: Record<string, unknown>; contentType: string | undefined }[] = [];

const listing = () =>
  `<ListVersionsResult>${stored
    .slice(0, pageSize)
    .map(({ key, version, marker }) => {
      const tag = marker ? 'DeleteMarker' : 'Version';
      return `<${tag}><Key>${key}</Key><VersionId>${version}</VersionId></${tag}>`;
    })
    .join('')}</ListVersionsResult>`;

beforeAll(async () => {
  server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    if (request.url === '/answer') {
      answers.push({ body: JSON.parse(body), contentType: request.headers['content-type'] });
      response.end();
    } else if (request.method === 'GET') {
      response.end(listing());
    } else if (refuses) {
      response.end('<DeleteResult><Error><Key>a</Key><Code>AccessDenied</Code></Error></DeleteResult>');
    } else {
      const gone = [...body.matchAll(/<VersionId>([^<]+)</g)].map(([, version]) => version);
      stored = stored.filter(({ version }) => !gone.includes(version));
      response.end('<DeleteResult></DeleteResult>');
    }
  });
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  port = typeof address === 'object' && address ? address.port : 0;
});
afterAll(() => new Promise((resolve) => server?.close(resolve)));
beforeEach(() => {
  answers = [];
  refuses = false;
  pageSize = 2;
  stored = ['a', 'b', 'b', 'c', 'c'].map((key, index) => ({ key, version: `v${index}`, marker: index === 4 }));
});

const call = (RequestType: 'Create' | 'Update' | 'Delete') => {
  const endpoint = `http://127.0.0.1:${port}`;
  const credentials = { accessKeyId: 'id', secretAccessKey: 'secret' };
  const client = new S3Client({ region: 'us-east-1', credentials, endpoint, forcePathStyle: true, maxAttempts: 1 });
  const event = {
    RequestType,
    ResponseURL: `${endpoint}/answer`,
    StackId: 'stack',
    RequestId: 'request',
    LogicalResourceId: 'Emptied',
    ResourceProperties: { ServiceToken: 'token', BucketName: 'reports' },
  } as unknown as CloudFormationCustomResourceEvent;
  return createHandler(client, fetch)(event);
};

test('before the bucket is deleted every version and every delete marker goes, page by page', async () => {
  await call('Delete');
  expect(stored).toEqual([]);
  expect(answers).toEqual([
    {
      body: {
        Status: 'SUCCESS',
        Reason: 'done',
        PhysicalResourceId: 'reports',
        StackId: 'stack',
        RequestId: 'request',
        LogicalResourceId: 'Emptied',
      },
      contentType: '',
    },
  ]);
});

test.each(['Create', 'Update'] as const)('%s deletes nothing', async (type) => {
  await call(type);
  expect(stored).toHaveLength(5);
  expect(answers).toMatchObject([{ body: { Status: 'SUCCESS' } }]);
});

test('what cannot be deleted fails the deletion, at once rather than after an hour of silence', async () => {
  refuses = true;
  await call('Delete');
  expect(answers).toMatchObject([
    { body: { Status: 'FAILED', Reason: '1 objects could not be deleted: AccessDenied' } },
  ]);
});
