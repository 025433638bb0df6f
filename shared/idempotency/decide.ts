/** What a repetition of a mutation is answered with. */
import type { IdempotencyRecord } from './idempotency-store.ts';

export type Verdict =
  /** Another request under the same key is being worked on. */
  | { readonly kind: 'under-way' }
  /** It was, for longer than a function runs: nobody knows what came of it. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'another-body' }
  | { readonly kind: 'answered'; readonly answer: Uint8Array };

/** Lambda ends such a function after 29 seconds, and clocks differ by less than one. */
const longestRunMs = 30_000;

export function verdictOn(found: IdempotencyRecord | 'gone', bodyDigest: string, nowMs: number): Verdict {
  if (found === 'gone') return { kind: 'under-way' };
  if (found.bodyDigest !== bodyDigest) return { kind: 'another-body' };
  if (found.state === 'answered') return { kind: 'answered', answer: found.answer };
  // No answer of the control plane is that large.
  if (found.state === 'stored') return { kind: 'unknown' };
  return { kind: nowMs - found.claimedAtMs < longestRunMs ? 'under-way' : 'unknown' };
}
