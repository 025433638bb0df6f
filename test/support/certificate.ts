/** A certificate for a host name, signed by itself: enough of X.509 for a TLS server of a test (RFC 5280). */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export type Certificate = { readonly key: string; readonly cert: string };

const length = (bytes: number): number[] =>
  bytes < 128 ? [bytes] : bytes < 256 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 255];
const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...length(body.length)]), body]);
};
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const objectId = (hex: string) => der(0x06, bytes(hex));
const time = (ms: number) => der(0x18, Buffer.from(new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')));
const octets = (content: Uint8Array) => der(0x04, content);
const bits = (content: Uint8Array) => der(0x03, bytes('00'), content);

const commonName = '550403';
const subjectAltName = '551d11';
const basicConstraints = '551d13';
const ecdsaWithSha256 = sequence(objectId('2a8648ce3d040302'));
const yes = bytes('0101ff');

export function certificateFor(host: string, nowMs: number): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(objectId(commonName), der(0x0c, Buffer.from(host)))));
  const extensions = sequence(
    sequence(objectId(basicConstraints), yes, octets(sequence(yes))),
    sequence(objectId(subjectAltName), octets(sequence(der(0x82, Buffer.from(host))))),
  );
  const signed = sequence(
    der(0xa0, bytes('020102')),
    der(0x02, bytes('01'), randomBytes(8)),
    ecdsaWithSha256,
    name,
    sequence(time(nowMs - 86_400_000), time(nowMs + 86_400_000)),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, extensions),
  );
  const certificate = sequence(signed, ecdsaWithSha256, bits(sign('sha256', signed, privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
  };
}
