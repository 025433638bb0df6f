/**
 * Slows guessing down: an address that presents too many keys that are none is
 * blocked for a while, in this instance at once and in all through one write.
 *
 * Whoever has a key pays nothing for it: a token that the instance has accepted
 * passes without a look, so those who share an address with a guesser go on; and
 * of an address that it does not know it asks at the same time as of the key.
 */
import { createHash } from 'node:crypto';
import { GatewayError } from '../errors.ts';
import type { Authenticate } from '../keys/authenticator.ts';
import { boundedCache } from '../keys/bounded-cache.ts';
import type { AdminCaller, ProjectCaller } from '../keys/caller.ts';
import type { Log } from '../observability/log.ts';
import type { Secrets } from '../secrets/secrets.ts';
import type { BlockedAddressStore } from './blocked-address-store.ts';
import { type GuessPolicy, guess } from './guesses.ts';
import { networkOf, storedIdOf } from './network.ts';

export type AuthenticateFrom = (token: string, address: string) => Promise<ProjectCaller | AdminCaller | null>;

export type GuardDeps = {
  readonly authenticate: Authenticate;
  readonly blocked: BlockedAddressStore;
  readonly secrets: Pick<Secrets, 'peppers'>;
  readonly policy: GuessPolicy;
  readonly log: Log;
  readonly now: () => number;
};

const maxRemembered = 10_000;
const acceptedMs = 3_600_000;
/** How long an instance takes an address for not blocked without asking again. */
const clearMs = 30_000;

const refusal = (remainingMs: number): GatewayError =>
  new GatewayError('rate_limit_exceeded', {
    message: 'Too many requests from this address had no valid API key. Wait as long as the retry-after header says.',
    // The SDKs would be back in a second or so.
    headers: { 'retry-after': String(Math.ceil(remainingMs / 1000)), 'x-should-retry': 'false' },
  });

export function guarded({ authenticate, blocked, secrets, policy, log, now }: GuardDeps): AuthenticateFrom {
  const accepted = boundedCache<boolean>(maxRemembered, acceptedMs);
  const guesses = boundedCache<number>(maxRemembered, 60_000);
  const clear = boundedCache<true>(maxRemembered, clearMs);
  const blockedHere = boundedCache<number>(maxRemembered, policy.blockedMs);

  /** Until when all instances refuse it. Nobody is kept waiting, or out, for a store that is down (I12). */
  const askAll = async (network: string): Promise<number> => {
    try {
      return ((await blocked.blockedUntil(storedIdOf(network, await secrets.peppers()))) ?? 0) * 1000;
    } catch (error) {
      log.warn('blocked addresses not read', { error });
      return 0;
    }
  };

  const tellAll = async (network: string, untilMs: number): Promise<void> => {
    try {
      await blocked.block(storedIdOf(network, await secrets.peppers()), Math.ceil(untilMs / 1000));
    } catch (error) {
      log.warn('blocked address not written', { error });
    }
  };

  const refuseIfBlocked = (network: string, untilMs: number | undefined): void => {
    if (untilMs === undefined || untilMs <= now()) return;
    blockedHere.set(network, untilMs, now());
    throw refusal(untilMs - now());
  };

  async function look(token: string, network: string) {
    const nowMs = now();
    refuseIfBlocked(network, blockedHere.get(network, nowMs));
    if (clear.get(network, nowMs)) return authenticate(token);
    const [untilMs, caller] = await Promise.all([askAll(network), authenticate(token)]);
    refuseIfBlocked(network, untilMs);
    clear.set(network, true, nowMs);
    return caller;
  }

  return async (token, address) => {
    const network = networkOf(address);
    const tokenDigest = createHash('sha256').update(token).digest('base64');
    const wasAccepted = accepted.get(tokenDigest, now()) ?? false;
    const caller = await (wasAccepted ? authenticate(token) : look(token, network));
    const nowMs = now();
    if (caller) {
      if (!wasAccepted) accepted.set(tokenDigest, true, nowMs);
      return caller;
    }
    if (wasAccepted) accepted.set(tokenDigest, false, nowMs);
    const counted = guess(guesses.get(network, nowMs), nowMs, policy);
    if (counted.allowed) {
      guesses.set(network, counted.wholeAtMs, nowMs);
      return null;
    }
    const untilMs = nowMs + policy.blockedMs;
    blockedHere.set(network, untilMs, nowMs);
    await tellAll(network, untilMs);
    throw refusal(policy.blockedMs);
  };
}
