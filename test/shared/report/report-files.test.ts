import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { folderReportFiles } from '../../../shared/report/folder-report-files.ts';
import { s3ReportFiles } from '../../../shared/report/s3-report-files.ts';
import { temporaryFolder } from '../../support/temporary.ts';

const aws = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
  dynamodbEndpoint: undefined,
};
const file = { key: 'usage/2026-11/report.html', contentType: 'text/html; charset=utf-8', content: '<p>ö' };

test('in a folder a report is a file, replaced by a later one, and the link opens it', async () => {
  const files = folderReportFiles(temporaryFolder());
  await files.put({ ...file, content: 'older, and longer' });
  await files.put(file);
  expect(readFileSync(fileURLToPath(files.link(file.key)), 'utf8')).toBe('<p>ö');
});

test('S3 is given the object under its key, with its type', async () => {
  const seen: unknown[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    seen.push([request.method, request.url?.split('?')[0], request.headers['content-type'], body.includes('<p>ö')]);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  process.env['AWS_ENDPOINT_URL_S3'] = `http://127.0.0.1:${port}`;
  try {
    // A name that is no label of a host is put into the path.
    await s3ReportFiles(aws, 'reports_bucket').put(file);
  } finally {
    delete process.env['AWS_ENDPOINT_URL_S3'];
    await new Promise((resolve) => server.close(resolve));
  }
  expect(seen).toEqual([['PUT', `/reports_bucket/${file.key}`, file.contentType, true]]);
});

test('the link into S3 is the console’s, which asks who is there', () => {
  expect(s3ReportFiles(aws, 'reports').link(file.key)).toBe(
    'https://eu-central-1.console.aws.amazon.com/s3/object/reports?region=eu-central-1&prefix=usage%2F2026-11%2Freport.html',
  );
});
