/**
 * The name of a cached answer: whose it is, in the clear, and an HMAC over all that it depends
 * on. Another tenant's names begin otherwise and are made with another secret, so that
 * no body and no header leads to one (I5, THREATS 9: docs/adr/0043).
 */
import { createHmac } from 'node:crypto';
import type { CallKind } from '../usage/call-kind.ts';
import { canonicalBody } from './canonical.ts';

/** Changes with the form of what is stored, or of what it is stored under. */
const formatVersion = 1;

export type CacheKeyParts = {
  /** As the API key tells it. */
  readonly projectId: string;
  readonly kind: CallKind;
  /** Providers' models behind the name that was asked for: what an operator puts there anew answers anew. */
  readonly targets: readonly { readonly provider: string; readonly model: string }[];
  /** What was let through under one policy is not what another would let through. */
  readonly guardrailVersion: string;
  /** As the caller sent it, the model's name included. */
  readonly body: Readonly<Record<string, unknown>>;
};

export function cacheKey(secret: string, { projectId, kind, targets, guardrailVersion, body }: CacheKeyParts): string {
  const models = targets.map(({ provider, model }) => [provider, model]);
  const parts = JSON.stringify([formatVersion, projectId, kind, models, guardrailVersion, canonicalBody(body)]);
  return `${projectId}#${createHmac('sha256', secret).update(parts).digest('base64url')}`;
}
