/** Makes an API key: the record that is stored, and the value that is shown this once. */
import type { ServiceAccount } from '../service-accounts/service-account.ts';
import type { StoredApiKey } from './api-key.ts';
import { digestOf, type Peppers } from './digest.ts';
import { type KeyPolicyWishes, keyPolicyAfter, unlimitedKey } from './key-policy.ts';
import { newToken, redact } from './token.ts';

export type NewApiKey = { readonly record: StoredApiKey; readonly value: string };

export type KeyWishes = KeyPolicyWishes & {
  readonly name?: string | undefined;
  readonly scopes?: readonly string[] | undefined;
  readonly expires_in_seconds?: number | null | undefined;
};

export function newApiKey(
  account: ServiceAccount,
  wishes: KeyWishes,
  { stage, peppers, nowMs }: { readonly stage: string; readonly peppers: Peppers; readonly nowMs: number },
): NewApiKey {
  const { id, token } = newToken(stage, nowMs);
  const createdAt = Math.floor(nowMs / 1000);
  const lifetime = wishes.expires_in_seconds ?? null;
  return {
    value: token,
    record: {
      id,
      projectId: account.projectId,
      serviceAccountId: account.id,
      name: wishes.name ?? account.name,
      scopes: [...(wishes.scopes ?? [])],
      redactedValue: redact(token),
      createdAt,
      expiresAt: lifetime === null ? null : createdAt + lifetime,
      lastUsedAt: null,
      ...keyPolicyAfter(unlimitedKey, wishes),
      ...digestOf(token, peppers),
    },
  };
}
