/** Addresses at S3 that whoever has them may use for a while: https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html */
import type { S3Client } from '@aws-sdk/client-s3';
import { Sha256 } from '../dynamo/sha256.ts';
import type { AwsEnvironment } from '../environment.ts';

type S3 = Pick<typeof import('../bodies/s3-client.ts'), 'PutObjectCommand' | 'SignatureV4'> & {
  readonly client: S3Client;
};

type ObjectName = { readonly bucket: string; readonly key: string };

type Allowed = {
  readonly method: 'GET' | 'PUT';
  /** What is signed holds: with a length among them, a PUT of any other is refused. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly expiresInSeconds: number;
};

/** Where the client would send it: the region, the bucket and another endpoint all have their say. */
async function addressOf({ client, PutObjectCommand }: S3, { bucket, key }: ObjectName): Promise<URL> {
  const command = new PutObjectCommand({ Bucket: bucket, Key: key });
  const addresses: URL[] = [];
  command.middlewareStack.add(
    () =>
      async ({ request }) => {
        const { protocol, hostname, port, path } = request as Record<'protocol' | 'hostname' | 'path', string> & {
          readonly port?: number;
        };
        addresses.push(new URL(`${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}`));
        return { output: { $metadata: {} }, response: undefined };
      },
    { step: 'build', priority: 'high' },
  );
  await client.send(command);
  const [address] = addresses;
  if (!address) throw new Error('The S3 client has not said where it would put an object.');
  return address;
}

export async function presigned(
  s3: S3,
  { region, credentials }: Pick<AwsEnvironment, 'region' | 'credentials'>,
  object: ObjectName,
  { method, headers, expiresInSeconds }: Allowed,
): Promise<string> {
  const address = await addressOf(s3, object);
  const signer = new s3.SignatureV4({ service: 's3', region, credentials, sha256: Sha256, uriEscapePath: false });
  const { query = {} } = await signer.presign(
    {
      method,
      protocol: address.protocol,
      hostname: address.hostname,
      path: address.pathname,
      query: {},
      headers: { ...headers, host: address.host, 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' },
    },
    { expiresIn: expiresInSeconds },
  );
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, `${value}`);
  return address.href;
}
