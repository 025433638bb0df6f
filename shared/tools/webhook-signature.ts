/**
 * Signs what is sent to webhooks, as `client.webhooks.unwrap` of the `openai` package verifies it.
 * https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
import { createHmac } from 'node:crypto';

const secretPrefix = 'whsec_';

/** From 256 random bits in base64. */
export const webhookSecret = (random: string): string => `${secretPrefix}${random}`;

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
