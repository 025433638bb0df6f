/**
 * Objects in S3, piece by piece: what is written is held until a piece is full, and what is read is asked for in ranges. So a
 * file takes a few pieces of memory, and a reader who takes his time keeps no connection waiting. The client is loaded by
 * the first object: a cold start does without it (I9).
 */
import type { S3Client } from '@aws-sdk/client-s3';
import type { AwsEnvironment } from '../environment.ts';
import type { ObjectStore } from './object-store.ts';
import { pieces } from './pieces.ts';
import { presigned } from './presigned.ts';

/** S3 takes parts from 5 MiB, but for the last. */
export const pieceBytes = 8 * 1024 * 1024;

const connectionTimeoutMs = 2_000;
/** Of one piece, which an instance with little of a processor takes a second or two to send. */
const requestTimeoutMs = 20_000;

/** A missing object of a bucket that the function may not list is a refusal. */
const missing = ['NoSuchKey', 'AccessDenied'];
/** Beyond the end of it: of an empty object, anything is. */
const beyond = 'InvalidRange';

const named = (error: unknown, ...names: string[]): boolean => error instanceof Error && names.includes(error.name);

type Part = { readonly PartNumber: number; readonly ETag: string | undefined };

/** `bytes 0-0/70000` */
const totalOf = (contentRange: string | undefined): number => Number(contentRange?.split('/')[1]);

export function s3Objects(
  { region, credentials }: AwsEnvironment,
  Bucket: string,
  pieceSize: number = pieceBytes,
): ObjectStore {
  let made: S3Client | undefined;
  const loaded = async () => {
    const s3 = await import('../bodies/s3-client.ts');
    made ??= new s3.S3Client({
      region,
      credentials,
      // Every request here may come twice: a piece is the same piece, and a key is written by nobody else.
      maxAttempts: 3,
      requestHandler: {
        connectionTimeout: connectionTimeoutMs,
        requestTimeout: requestTimeoutMs,
        socketTimeout: requestTimeoutMs,
        throwOnRequestTimeout: true,
      },
    });
    return { ...s3, client: made };
  };

  /** Parts of one object that stay invisible until all are there. The next is gathered while one is under way. */
  async function writeParts(Key: string, first: Uint8Array, rest: AsyncIterator<Uint8Array>): Promise<number> {
    const {
      client,
      CreateMultipartUploadCommand,
      UploadPartCommand,
      CompleteMultipartUploadCommand,
      AbortMultipartUploadCommand,
    } = await loaded();
    const ContentType = 'application/octet-stream';
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key, ContentType }));
    const target = { Bucket, Key, UploadId };
    const put = async (Body: Uint8Array, PartNumber: number): Promise<Part> => {
      const { ETag } = await client.send(new UploadPartCommand({ ...target, PartNumber, Body }));
      return { PartNumber, ETag };
    };
    try {
      const Parts: Part[] = [];
      let bytes = 0;
      let following: IteratorResult<Uint8Array> = { done: false, value: first };
      while (!following.done) {
        const piece: Uint8Array = following.value;
        const [sent, next]: [PromiseSettledResult<Part>, PromiseSettledResult<IteratorResult<Uint8Array>>] =
          await Promise.allSettled([put(piece, Parts.length + 1), rest.next()]);
        if (sent.status === 'rejected') throw sent.reason;
        if (next.status === 'rejected') throw next.reason;
        bytes += piece.length;
        Parts.push(sent.value);
        following = next.value;
      }
      await client.send(new CompleteMultipartUploadCommand({ ...target, MultipartUpload: { Parts } }));
      return bytes;
    } catch (error) {
      await rest.return?.();
      // What cannot be taken back here the bucket's lifecycle takes back.
      await client.send(new AbortMultipartUploadCommand(target)).catch(() => {});
      throw error;
    }
  }

  return {
    async write(Key, chunks) {
      const gathered = pieces(chunks, pieceSize)[Symbol.asyncIterator]();
      const first = await gathered.next();
      const Body: Uint8Array = first.done ? new Uint8Array() : first.value;
      if (Body.length === pieceSize) return writeParts(Key, Body, gathered);
      const { client, PutObjectCommand } = await loaded();
      await client.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'application/octet-stream' }));
      return Body.length;
    },

    async *read(Key, range) {
      const { client, GetObjectCommand } = await loaded();
      let start = range?.start ?? 0;
      let end = range?.end ?? Number.POSITIVE_INFINITY;
      // All pieces are of the same object, or it cannot be read.
      let IfMatch: string | undefined;
      while (start < end) {
        const Range = `bytes=${start}-${Math.min(end, start + pieceSize) - 1}`;
        const found = await client
          .send(new GetObjectCommand({ Bucket, Key, Range, IfMatch }))
          .catch((error: unknown) => {
            if (named(error, beyond)) return undefined;
            throw error;
          });
        if (!found?.Body) return;
        const piece = await found.Body.transformToByteArray();
        end = Math.min(end, totalOf(found.ContentRange));
        start += piece.length;
        IfMatch = found.ETag;
        yield piece;
      }
    },

    // A HEAD would tell a missing object from any other refusal no better: its errors have no body.
    async size(Key) {
      const { client, GetObjectCommand } = await loaded();
      try {
        const { Body, ContentRange } = await client.send(new GetObjectCommand({ Bucket, Key, Range: 'bytes=0-0' }));
        await Body?.transformToByteArray();
        return totalOf(ContentRange);
      } catch (error) {
        if (named(error, beyond)) return 0;
        if (named(error, ...missing)) return undefined;
        throw error;
      }
    },

    async delete(Key) {
      const { client, DeleteObjectCommand } = await loaded();
      await client.send(new DeleteObjectCommand({ Bucket, Key }));
    },

    async uploadUrl(key, bytes, expiresInSeconds) {
      const headers = { 'content-length': `${bytes}` };
      const allowed = { method: 'PUT', headers, expiresInSeconds } as const;
      return presigned(await loaded(), { region, credentials }, { bucket: Bucket, key }, allowed);
    },

    async downloadUrl(key, expiresInSeconds) {
      const allowed = { method: 'GET', expiresInSeconds } as const;
      return presigned(await loaded(), { region, credentials }, { bucket: Bucket, key }, allowed);
    },
  };
}
