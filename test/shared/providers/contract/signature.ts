/** AWS's signature (version 4), computed a second time from what arrived. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html */
import { createHash, createHmac } from 'node:crypto';
import type { Asked } from '../../../support/scripted-provider.ts';

export const awsCredentials = {
  accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  sessionToken: 'the-session-of-the-role',
};

const form =
  /^AWS4-HMAC-SHA256 Credential=(?<id>[^/]+)\/(?<day>\d{8})\/(?<region>[^/]+)\/(?<service>[^/]+)\/aws4_request, SignedHeaders=(?<names>[a-z0-9;-]+), Signature=(?<signature>[0-9a-f]{64})$/;

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export function expectSignature({ headers, path, text }: Asked, expected: { region: string; service: string }): void {
  const {
    id,
    day = '',
    region = '',
    service = '',
    names = '',
    signature,
  } = form.exec(headers.authorization ?? '')?.groups ?? {};
  expect({ id, region, service }).toEqual({ id: awsCredentials.accessKeyId, ...expected });
  expect(names.split(';')).toEqual(
    expect.arrayContaining(['content-type', 'host', 'x-amz-date', 'x-amz-security-token']),
  );
  expect(headers['x-amz-security-token']).toBe(awsCredentials.sessionToken);

  const canonicalHeaders = names.split(';').map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const request = ['POST', path, '', canonicalHeaders.join(''), names, sha256(text)].join('\n');
  const date = String(headers['x-amz-date']);
  const scope = `${day}/${region}/${service}/aws4_request`;
  const key = [region, service, 'aws4_request'].reduce(hmac, hmac(`AWS4${awsCredentials.secretAccessKey}`, day));
  const toSign = ['AWS4-HMAC-SHA256', date, scope, sha256(request)].join('\n');
  expect(date.startsWith(day)).toBe(true);
  expect(signature).toBe(hmac(key, toSign).toString('hex'));
}
