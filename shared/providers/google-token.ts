/**
 * A Google service account's proof of itself: a token that it signs, and that
 * Google's APIs take as it is. No exchange, so no other host to wait for.
 * https://google.aip.dev/auth/4111
 */
import { createPrivateKey, type KeyObject, sign } from 'node:crypto';
import * as z from 'zod/mini';
import { GatewayError } from '../errors.ts';

const keyFileSchema = z.object({
  client_email: z.string().check(z.minLength(3)),
  private_key: z.string(),
  private_key_id: z.string(),
});

const scope = 'https://www.googleapis.com/auth/cloud-platform';

/** The longest that Google takes is an hour; clocks differ, and a call may be long. */
const lifetimeSeconds = 3_600;
const renewedBeforeSeconds = 600;

type Account = { readonly email: string; readonly keyId: string; readonly key: KeyObject };

const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Says nothing of what the file holds. */
const broken = (): GatewayError =>
  new GatewayError('upstream_auth', { cause: new Error("The service account's key is not a key file of Google's") });

function accountOf(keyFile: string): Account {
  try {
    const { client_email, private_key, private_key_id } = keyFileSchema.parse(JSON.parse(keyFile));
    return { email: client_email, keyId: private_key_id, key: createPrivateKey(private_key) };
  } catch {
    throw broken();
  }
}

function googleToken({ email, keyId, key }: Account, nowSeconds: number): string {
  const header = { alg: 'RS256', typ: 'JWT', kid: keyId };
  const claims = { iss: email, sub: email, scope, iat: nowSeconds, exp: nowSeconds + lifetimeSeconds };
  const unsigned = `${encoded(header)}.${encoded(claims)}`;
  return `${unsigned}.${sign('RSA-SHA256', Buffer.from(unsigned), key).toString('base64url')}`;
}

/** The same token for the same key file, for as long as it is good. Signing takes a millisecond. */
export function googleTokens(now: () => number): (keyFile: string) => string {
  let kept: { readonly keyFile: string; readonly token: string; readonly until: number } | null = null;
  return (keyFile) => {
    const nowSeconds = Math.floor(now() / 1000);
    if (kept?.keyFile !== keyFile || kept.until <= nowSeconds) {
      const until = nowSeconds + lifetimeSeconds - renewedBeforeSeconds;
      kept = { keyFile, token: googleToken(accountOf(keyFile), nowSeconds), until };
    }
    return kept.token;
  };
}
