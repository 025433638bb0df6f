/** Whom an address stands for. */
import { createHmac, hkdfSync } from 'node:crypto';
import { isIPv6 } from 'node:net';
import { currentVersion, type Peppers } from '../keys/digest.ts';

/** An IPv4 address itself; of an IPv6 address the first 64 bits, since whoever has one has all that begin with those. */
export function networkOf(address: string): string {
  const [plain = ''] = address.split('%', 1);
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(plain)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(plain)) return plain;
  const [head = '', tail] = plain.split('::');
  const groups = head === '' ? [] : head.split(':');
  const behind = tail ? tail.split(':').length + (tail.includes('.') ? 1 : 0) : 0;
  const missing = tail === undefined ? 0 : 8 - groups.length - behind;
  const all = [...groups, ...Array.from({ length: missing }, () => '0'), ...(tail ? tail.split(':') : [])];
  return `${all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}

/**
 * What is stored in its place. There are few enough addresses to try them all
 * against a plain digest, so it is keyed: with what HKDF makes of the pepper,
 * which tells nothing of the pepper itself.
 */
export function storedIdOf(network: string, peppers: Peppers): string {
  const pepper = peppers[currentVersion(peppers)] ?? '';
  const key = Buffer.from(hkdfSync('sha256', pepper, '', 'sluice blocked addresses', 32));
  return createHmac('sha256', key).update(network).digest('base64url');
}
