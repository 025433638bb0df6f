/** Makes an admin key: the record that is stored, and the value that is shown this once. */
import { digestOf, type Peppers } from '../keys/digest.ts';
import { newToken, redact } from '../keys/token.ts';
import type { StoredAdminKey } from './admin-key.ts';

export type AdminKeyWishes = {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly expires_in_seconds?: number | null | undefined;
};

export type AdminKeyMaker = {
  readonly stage: string;
  readonly peppers: Peppers;
  readonly nowMs: number;
  readonly createdBy: string;
};

export function newAdminKey(
  { name, scopes, expires_in_seconds: lifetime }: AdminKeyWishes,
  { stage, peppers, nowMs, createdBy }: AdminKeyMaker,
): { readonly record: StoredAdminKey; readonly value: string } {
  const { id, token } = newToken(stage, nowMs, 'admin');
  const createdAt = Math.floor(nowMs / 1000);
  return {
    value: token,
    record: {
      id,
      name,
      scopes: [...scopes],
      redactedValue: redact(token),
      createdAt,
      expiresAt: lifetime == null ? null : createdAt + lifetime,
      lastUsedAt: null,
      createdBy,
      ...digestOf(token, peppers),
    },
  };
}
