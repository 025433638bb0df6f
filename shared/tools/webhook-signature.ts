/**
 * Signs what is sent to webhooks, as `client.webhooks.unwrap` of the `openai` package verifies it.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto';

const secretPrefix = 'whsec_';

/** From random bits in base64, of the alphabet for URLs or the other. */
export const webhookSecret = (random: string): string =>
  `${secretPrefix}${Buffer.from(random, 'base64').toString('base64')}`;

export type Signed = { readonly id: string; readonly timestampSeconds: number; readonly body: string };

export function signatureHeaders(
  secret: string,
  { id, timestampSeconds, body }: Signed,
): Readonly<Record<string, string>> {
  const key = Buffer.from(secret.slice(secretPrefix.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${timestampSeconds}.${body}`).digest('base64');
  return {
    'webhook-id': id,
    'webhook-timestamp': String(timestampSeconds),
    'webhook-signature': `v1,${signature}`,
  };
}
