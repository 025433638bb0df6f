/**
 * Lets a call in, or not, by one conditional write, while the ledger's row is
 * written beside it; and settles it when it has ended. What the last write told
 * is remembered, so that the next one is right at once and a refusal that only
 * time can lift costs no write at all (I9).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { GatewayError } from '../errors.ts';
import { boundedCache } from '../keys/bounded-cache.ts';
import type { Log } from '../observability/log.ts';
import type { AdmissionStore, Applied } from './admission-store.ts';
import { type Counters, counterId, epochAt, names, spanOf } from './counters.ts';
import { type Asked, decide } from './decide.ts';
import { askForGrant } from './grants.ts';
import type { Hold } from './hold.ts';
import { type Held, type Meters, metersOf } from './meters.ts';
import { isLasting, type Refusal, refusalError, retryAfterMs } from './refusal.ts';
import { type Holder, isClosed, settlementUpdate, type Taken } from './settle.ts';
import { rateLimitHeaders, standingOf } from './standing.ts';

export type Admitted = {
  readonly hold: Hold;
  /** For one choice; null where there is no output. */
  readonly maxOutputTokens: number | null;
  /** `x-ratelimit-*`. */
  readonly headers: Readonly<Record<string, string>>;
};

/** The ledger's row. It is written beside the counters, and taken back when they do not let the call in. */
export type Row = {
  /** Says the call's epoch: the sweep looks for its row there, however long it takes to find a shard with room. */
  readonly startedAtMs: number;
  write(hold: Hold): Promise<void>;
  takeBack(): Promise<void>;
};

export interface Admission {
  /** Throws the 429, with its headers. */
  admit(held: Held, model: string, asked: Asked, row: Row): Promise<Admitted>;
  /** Never throws: what is not settled is left to the sweep. */
  settle(projectId: string, holder: Holder, hold: Hold, taken: Taken): Promise<void>;
}

export type AdmissionDeps = {
  readonly store: AdmissionStore;
  readonly log: Log;
  readonly now: () => number;
  /** Chooses where among a project's shards a call begins. */
  readonly pick: (count: number) => number;
  readonly epochSeconds: number;
};

const memoryMs = 60_000;
const maxRemembered = 10_000;
/** How long it is believed that calls under way still hold what they held. */
const heldMemoryMs = 1_000;
/** Each lost write means that somebody else's came between: with so many of them, the caller had better come again. */
const maxWrites = 8;

type Seen = { readonly counters: Counters; readonly atMs: number };
type Attempt = {
  readonly id: string;
  readonly meters: Meters;
  readonly held: Held;
  readonly model: string;
  readonly asked: Asked;
};
type Outcome = Admitted | { readonly refusal: Refusal; readonly counters: Counters };

export function createAdmission({ store, log, now, pick, epochSeconds }: AdmissionDeps): Admission {
  const memory = boundedCache<Seen>(maxRemembered, memoryMs);
  const remember = (id: string, counters: Counters, atMs: number): void => memory.set(id, { counters, atMs }, atMs);

  const settle: Admission['settle'] = async (projectId, holder, hold, taken) => {
    const id = counterId(projectId, hold.shard);
    let counters: Counters = memory.get(id, now())?.counters ?? {};
    for (let tries = 0; tries < maxWrites; tries += 1) {
      const nowMs = now();
      const update = settlementUpdate(hold, holder, taken, counters, nowMs);
      const result = await store.once(id, update).catch((error: unknown) => {
        if (isThrottled(error)) return 'throttled';
        log.error('counters not settled', { projectId, error });
        return 'unknown';
      });
      // It may have been applied: the sweep finds out from the ledger.
      if (result === 'unknown') return;
      if (result === 'throttled') {
        await sleep(throttledMs * 2 ** tries);
        continue;
      }
      const { applied, counters: after } = result as Applied;
      if (applied) return remember(id, { ...counters, ...after }, nowMs);
      if (isClosed(hold, after)) return;
      counters = after;
    }
    log.error('counters not settled', { projectId });
  };

  async function admitAt({ id, meters, held, model, asked }: Attempt, row: Row): Promise<Outcome> {
    const nowMs = now();
    const epoch = epochAt(row.startedAtMs, epochSeconds);
    const unsweptSince = new Date(spanOf(epoch).fromMs).toISOString();
    const seen = memory.get(id, nowMs);
    let counters: Counters = seen?.counters ?? {};
    let noMoreGrants = false;
    let fresh = seen !== undefined && nowMs - seen.atMs < heldMemoryMs;

    for (let writes = 0; writes < maxWrites; ) {
      const decision = decide(meters, counters, asked, { epoch, nowMs, noMoreGrants });
      if ('needsGrantMicroUsd' in decision && fresh) {
        const limit = held.organization.spendLimitMicroUsd ?? 0;
        const need = decision.needsGrantMicroUsd;
        const granted = await askForGrant(store, { id, month: meters.month }, limit, need, counters, unsweptSince);
        const slack = names.slack(meters.month);
        noMoreGrants = granted === null || (granted[slack] ?? 0) < (counters[slack] ?? 0) + need;
        counters = granted ?? (await store.get(id));
        writes += 1;
      } else if (decision.admitted) {
        const { hold, maxOutputTokens, update } = decision;
        const [admitting, writing] = await Promise.allSettled([store.admit(id, update, unsweptSince), row.write(hold)]);
        if (admitting.status === 'rejected') throw admitting.reason;
        const { applied, counters: after } = admitting.value;
        if (applied && writing.status === 'rejected') {
          await settle(held.projectId, { apiKeyId: held.apiKeyId, model }, hold, nothingTaken);
          throw writing.reason;
        }
        counters = applied ? { ...counters, ...after } : after;
        remember(id, counters, nowMs);
        if (applied) {
          return { hold, maxOutputTokens, headers: rateLimitHeaders(standingOf(meters, counters, nowMs)) };
        }
        fresh = true;
        writes += 1;
      } else if ('refusal' in decision && (fresh || isLasting(decision.refusal))) {
        return { refusal: decision.refusal, counters };
      } else {
        counters = await store.get(id);
        remember(id, counters, nowMs);
        fresh = true;
      }
    }
    throw new GatewayError('overloaded', {
      message: 'Too many calls of this project came at once. Try again shortly.',
    });
  }

  return {
    async admit(held, model, asked, row) {
      const { shards } = held.policy;
      const first = shards > 1 ? pick(shards) : 0;
      let nearest: GatewayError | null = null;
      let least = Number.POSITIVE_INFINITY;
      let written = false;
      const noted: Row = {
        startedAtMs: row.startedAtMs,
        write: (hold) => {
          written = true;
          return row.write(hold);
        },
        takeBack: row.takeBack,
      };
      try {
        for (let offset = 0; offset < shards; offset += 1) {
          const shard = (first + offset) % shards;
          const nowMs = now();
          const meters = metersOf(held, model, shard, nowMs);
          const outcome = await admitAt({ id: counterId(held.projectId, shard), meters, held, model, asked }, noted);
          if ('hold' in outcome) return outcome;
          const wait = retryAfterMs(outcome.refusal) ?? Number.POSITIVE_INFINITY;
          if (nearest === null || wait < least) {
            nearest = refusalError(outcome.refusal, rateLimitHeaders(standingOf(meters, outcome.counters, nowMs)));
            least = wait;
          }
        }
        throw nearest ?? new GatewayError('internal', { cause: new Error('a project has a shard') });
      } catch (error) {
        // A row that stayed would be closed by the sweep as a call that was made.
        if (written)
          await row.takeBack().catch((failure: unknown) => log.warn('row not taken back', { error: failure }));
        throw error;
      }
    },

    settle,
  };
}

const nothingTaken: Taken = { microUsd: 0, tokens: 0 };

/** DynamoDB says that it has not done it. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html */
const throttlings = ['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'];
const isThrottled = (error: unknown): boolean => error instanceof Error && throttlings.includes(error.name);
const throttledMs = 25;
