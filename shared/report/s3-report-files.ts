/**
 * Reports in S3. The link is the console's: it lasts, and asks whoever follows it
 * to sign in. A presigned one would be a key to the figures, and would end with the
 * credentials of the function, within hours: docs/adr/0036.
 */
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import type { AwsEnvironment } from '../environment.ts';
import type { ReportFiles } from './report-files.ts';

export function s3ReportFiles({ region, credentials }: AwsEnvironment, Bucket: string): ReportFiles {
  const client = new S3Client({ region, credentials });
  return {
    async put({ key, contentType, content }) {
      await client.send(new PutObjectCommand({ Bucket, Key: key, ContentType: contentType, Body: content }));
    },
    link: (key) =>
      `https://${region}.console.aws.amazon.com/s3/object/${Bucket}?region=${region}&prefix=${encodeURIComponent(key)}`,
  };
}
