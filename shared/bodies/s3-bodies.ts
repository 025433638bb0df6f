/** Bodies in S3. The client is loaded by the first body that is large: a cold start does without it (I9). */
import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsEnvironment } from '../environment.ts';
import type { BodyStore } from './body-store.ts';

/** A caller waits for what is read: a bucket that does not answer within these is down. */
const connectionTimeoutMs = 1_000;
const requestTimeoutMs = 2_000;

/** A missing object of a bucket that the function may not list is a refusal. */
const missing = ['NoSuchKey', 'AccessDenied'];

export function s3Bodies({ region, credentials }: AwsEnvironment, Bucket: string): BodyStore {
  let made: S3Client | undefined;
  const loaded = async () => {
    const s3 = await import('./s3-client.ts');
    made ??= new s3.S3Client({
      region,
      credentials,
      maxAttempts: 1,
      requestHandler: {
        connectionTimeout: connectionTimeoutMs,
        requestTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
      },
    });
    return { ...s3, client: made };
  };

  return {
    async put(Key, Body) {
      const { client, PutObjectCommand } = await loaded();
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/octet-stream' }));
    },

    async get(Key) {
      const { client, GetObjectCommand } = await loaded();
      try {
        const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
        return await Body?.transformToByteArray();
      } catch (error) {
        if (error instanceof Error && missing.includes(error.name)) return undefined;
        throw error;
      }
    },

    async delete(Key) {
      const { client, DeleteObjectCommand } = await loaded();
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },
  };
}
