/**
 * Model calls under an Idempotency-Key: asked once, charged once, and answered as
 * often as they are sent. docs/adr/0045
 *
 * Who may ask is decided by a write beside the one that admits the call, so that
 * the key costs no time (I9): where the claim is lost, the admission is taken back.
 */
import type { BodyStore } from '../bodies/body-store.ts';
import { orRefuse } from '../dynamo/outage.ts';
import { GatewayError } from '../errors.ts';
import type { Claim, IdempotencyRecord, IdempotencyStore } from '../idempotency/idempotency-store.ts';
import { maxItemBytes } from '../idempotency/kept-answer.ts';
import { keptSeconds, stillUnderWay, usedWithAnotherBody } from '../idempotency/presented-key.ts';
import { type Naming, seal, unseal } from '../idempotency/sealed.ts';
import { randomNonce } from '../ids.ts';

export type KeyedCallsDeps = {
  readonly store: IdempotencyStore;
  /** For answers that are too large for an item. */
  readonly bodies: BodyStore;
  readonly now: () => number;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
};

export type KeyedCall = Naming & {
  readonly token: string;
  readonly projectId: string;
  readonly requestId: string;
  /** Until when the function may run: a claim that is older belongs to one that has died. */
  readonly runsUntilMs: number;
  /** Until when an answer is of use. */
  readonly answerByMs: number;
};

export type Entered<Admitted> =
  | { readonly kind: 'admitted'; readonly admitted: Admitted; readonly claim: Claim }
  | { readonly kind: 'repeated'; readonly answer: string };

/** Lets the call in, if the write beside it succeeds. */
export type LetIn<Admitted> = (beside?: () => Promise<void>) => Promise<Admitted>;

/** Somebody else has the key. */
class Repetition extends Error {}

const firstPauseMs = 100;
const longestPauseMs = 2_000;

export function createKeyedCalls({ store, bodies, now, pause }: KeyedCallsDeps) {
  const never = new AbortController().signal;

  /** Beside the admission, once, whatever number of writes that takes. */
  function claiming(claim: Claim) {
    let outcome: ReturnType<IdempotencyStore['claim']> | undefined;
    return {
      beside: async () => {
        outcome ??= store.claim(claim);
        if ((await outcome) !== 'claimed') throw new Repetition();
      },
      /** Undefined where the admission never came so far; `unknown` where the store has not said. */
      found: async () => outcome?.catch(() => 'unknown' as const),
    };
  }

  /** What there is of it, now. Of the time before, and of a function that has died, there is nothing. */
  function current(call: KeyedCall, found: IdempotencyRecord | 'gone'): IdempotencyRecord | 'gone' {
    if (found === 'gone' || found.expiresAt * 1000 <= now()) return 'gone';
    if (found.bodyDigest !== call.bodyDigest) throw usedWithAnotherBody();
    return found;
  }

  /** When the claim has become an answer, or is nobody's any more. */
  async function ended(call: KeyedCall, found: IdempotencyRecord | 'gone'): Promise<IdempotencyRecord | 'gone'> {
    let pauseMs = firstPauseMs;
    let record = current(call, found);
    while (record !== 'gone' && record.state === 'claimed') {
      if (now() + pauseMs > call.answerByMs) throw stillUnderWay();
      await pause(pauseMs, never);
      pauseMs = Math.min(2 * pauseMs, longestPauseMs);
      record = current(call, await store.find(call.id));
    }
    return record;
  }

  async function answerIn(call: KeyedCall, record: IdempotencyRecord): Promise<string | null> {
    const sealed = record.state === 'answered' ? record.answer : await stored(record);
    return sealed ? unseal(call.token, call.id, sealed) : null;
  }

  const stored = async (record: IdempotencyRecord): Promise<Uint8Array | undefined> =>
    record.state === 'stored' ? orRefuse(bodies.get(record.bodyKey)) : undefined;

  return {
    async enter<Admitted>(call: KeyedCall, letIn: LetIn<Admitted>): Promise<Entered<Admitted>> {
      for (;;) {
        const claimedAtMs = now();
        const expiresAt = Math.ceil(call.runsUntilMs / 1000) + 1;
        const { id, bodyDigest, requestId: claimedBy } = call;
        const claim: Claim = { id, bodyDigest, claimedBy, claimedAtMs, expiresAt };
        const { beside, found } = claiming(claim);
        try {
          return { kind: 'admitted', admitted: await letIn(beside), claim };
        } catch (refusal) {
          const met = await found();
          if (met === 'claimed' || met === 'unknown') {
            await store.release(claim).catch(() => {});
            throw refusal;
          }
          // An answer that has been paid for is given also where another call would be refused.
          const isRefused = refusal instanceof GatewayError && refusal.row.status === 429;
          if (met === undefined && !isRefused) throw refusal;
          const record = await ended(call, met ?? (await store.find(id)));
          if (record !== 'gone') {
            const answer = await answerIn(call, record);
            if (answer === null) throw new GatewayError('overloaded');
            return { kind: 'repeated', answer };
          }
          if (!(refusal instanceof Repetition)) throw refusal;
        }
      }
    },

    /** Throws where it cannot be kept: then the key is taken until the claim is over, and free again. */
    async keep(
      { token, projectId }: Pick<KeyedCall, 'token' | 'projectId'>,
      claim: Claim,
      answer: string,
    ): Promise<void> {
      const expiresAt = Math.floor(now() / 1000) + keptSeconds;
      const sealed = seal(token, claim.id, answer, randomNonce());
      if (sealed.length <= maxItemBytes) return store.keep({ ...claim, expiresAt }, { answer: sealed });
      const bodyKey = `idempotency/${projectId}/${claim.id}/${claim.claimedBy}`;
      await bodies.put(bodyKey, sealed);
      await store.keep({ ...claim, expiresAt }, { bodyKey });
    },

    release: (claim: Claim): Promise<void> => store.release(claim),
  };
}

export type KeyedCalls = ReturnType<typeof createKeyedCalls>;
