/**
 * The request log in S3. Files with content are encrypted under the customer's own KMS key: whoever may read the bucket reads
 * them only with a right to that key as well. The client is loaded with the first file (I9).
 */
import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsEnvironment } from '../environment.ts';
import type { LogFile, LogFiles } from './log-files.ts';
import { retentionTag } from './retention-tag.ts';

const connectionTimeoutMs = 1_000;
/** Some tens of megabytes, at worst. */
const requestTimeoutMs = 30_000;

/** `{…}` and `{"a":1}` as `{…,"content":{"a":1}}`. */
const lineOf = ({ facts, content }: LogFile['entries'][number]): string =>
  content === null ? `${facts}\n` : `${facts.slice(0, -1)},"content":${content}}\n`;

export type S3LogFilesOptions = { readonly bucket: string; readonly kmsKeyArn: string | undefined };

export function s3LogFiles(
  { region, credentials }: AwsEnvironment,
  { bucket, kmsKeyArn }: S3LogFilesOptions,
): LogFiles {
  let made: S3Client | undefined;
  return {
    hasContentKey: kmsKeyArn !== undefined,

    async write({ key, retentionDays, entries }) {
      const { PutObjectCommand, S3Client } = await import('../bodies/s3-client.ts');
      made ??= new S3Client({
        region,
        credentials,
        // The same object is written over itself.
        maxAttempts: 3,
        requestHandler: { connectionTimeout: connectionTimeoutMs, requestTimeout: requestTimeoutMs },
      });
      const hasContent = entries.some(({ content }) => content !== null);
      if (hasContent && kmsKeyArn === undefined) throw new Error('content without a key to keep it under');
      await made.send(
        new PutObjectCommand({
          Bucket: bucket,
          Key: key,
          Body: Buffer.concat(entries.map((entry) => Buffer.from(lineOf(entry)))),
          ContentType: 'application/x-ndjson',
          Tagging: `${retentionTag}=${retentionDays}`,
          // The bucket's own key for a while stands in for many calls of KMS, each of which costs.
          ...(hasContent && {
            ServerSideEncryption: 'aws:kms' as const,
            SSEKMSKeyId: kmsKeyArn,
            BucketKeyEnabled: true,
          }),
        }),
      );
    },
  };
}
