/**
 * Empties a bucket when CloudFormation is about to delete it, which it refuses to
 * while anything is in there. CDK has a function of its own for this, which needs
 * an AWS SDK from its surroundings and logs to where nobody cleans up.
 */
import { DeleteObjectsCommand, ListObjectVersionsCommand, S3Client } from '@aws-sdk/client-s3';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

async function empty(client: S3Client, Bucket: string): Promise<void> {
  for (;;) {
    // Always the first page: the ones before are gone.
    const { Versions = [], DeleteMarkers = [] } = await client.send(new ListObjectVersionsCommand({ Bucket }));
    const Objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => ({ Key, VersionId }));
    if (Objects.length === 0) return;
    const { Errors = [] } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }));
    const [refused] = Errors;
    if (refused) throw new Error(`${Errors.length} objects could not be deleted: ${refused.Code}`);
  }
}

export const createHandler =
  (client: S3Client, send: typeof fetch) =>
  async (event: CloudFormationCustomResourceEvent): Promise<void> => {
    const { RequestType, ResponseURL, StackId, RequestId, LogicalResourceId, ResourceProperties } = event;
    const bucket = String(ResourceProperties['BucketName']);
    let failure: unknown;
    try {
      if (RequestType === 'Delete') await empty(client, bucket);
    } catch (error) {
      failure = error;
    }
    const answer = {
      Status: failure === undefined ? 'SUCCESS' : 'FAILED',
      Reason: failure instanceof Error ? failure.message : 'done',
      PhysicalResourceId: bucket,
      StackId,
      RequestId,
      LogicalResourceId,
    };
    // The signature of the address covers an empty content type, which `fetch` would fill in for a string.
    const body = new TextEncoder().encode(JSON.stringify(answer));
    const { ok, status } = await send(ResponseURL, { method: 'PUT', headers: { 'content-type': '' }, body });
    if (!ok) throw new Error(`CloudFormation did not take the answer: ${status}`);
  };

const { AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = '', AWS_REGION = '' } = process.env;
export const handler = createHandler(
  new S3Client({
    region: AWS_REGION,
    credentials: {
      accessKeyId: AWS_ACCESS_KEY_ID,
      secretAccessKey: AWS_SECRET_ACCESS_KEY,
      ...(AWS_SESSION_TOKEN && { sessionToken: AWS_SESSION_TOKEN }),
    },
  }),
  fetch,
);
