/**
 * Keys are stored as an HMAC under a pepper that lives outside the table and is
 * used for nothing else. The pepper has versions: a new one signs new keys while
 * the old ones still verify theirs.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

/** Peppers by version; the highest version signs. */
export type Peppers = Readonly<Record<string, string>>;

export type Digest = { readonly digest: string; readonly pepperVersion: string };

export const currentVersion = (peppers: Peppers): string =>
  Object.keys(peppers).reduce((highest, version) => (Number(version) > Number(highest) ? version : highest));

const hmac = (pepper: string, token: string): Buffer => createHmac('sha256', pepper).update(token).digest();

export function digestOf(token: string, peppers: Peppers): Digest {
  const pepperVersion = currentVersion(peppers);
  return { digest: hmac(peppers[pepperVersion] ?? '', token).toString('base64'), pepperVersion };
}

/**
 * Does the token belong to the stored digest? An unknown key costs the same
 * work as a known one: it is compared with a digest that nothing hashes to.
 */
export function verify(token: string, stored: Digest | undefined, peppers: Peppers): boolean {
  const version = stored?.pepperVersion ?? currentVersion(peppers);
  const pepper = peppers[version];
  const presented = hmac(pepper ?? '', token);
  const expected = Buffer.alloc(presented.length);
  expected.write(stored?.digest ?? '', 'base64');
  return timingSafeEqual(presented, expected) && stored !== undefined && pepper !== undefined;
}
