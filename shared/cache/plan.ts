/**
 * What the cache has to do with a call is decided before the call is admitted. The one read goes out beside the
 * admission's writes (I9): who is refused without a write costs no read, and only who is let in gets an answer.
 */
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { AdmitCall, Arrival } from '../inference/admit-call.ts';
import type { ModelRequest } from '../inference/attempts.ts';
import type { ProjectPolicy } from '../limits/limits.ts';
import { cacheKey } from './cache-key.ts';
import { cacheUse } from './cache-use.ts';
import type { Flights } from './flights.ts';
import type { Found, ResponseCache } from './response-cache.ts';
import type { Lifetime } from './standing.ts';

export type Caching = {
  /** Null in functions whose answers are never given again. */
  readonly cache: ResponseCache | null;
  readonly flights: Flights<string>;
  /** A project may have a `ttlSeconds` of its own. */
  readonly lifetime: Lifetime;
  /** Of what a project's calls are held to. */
  readonly guardrailVersion: (policy: ProjectPolicy) => string;
};

export type CachePlan =
  | { readonly use: 'none' }
  | { readonly use: 'bypass'; readonly onlyIfCached: boolean }
  | {
      readonly use: 'cache';
      readonly cache: ResponseCache;
      readonly key: string;
      readonly lifetime: Lifetime;
      readonly maxAgeSeconds: number | null;
      readonly onlyIfCached: boolean;
      /** May it have an answer that was given before, or the one that another request is waiting for? */
      readonly read: boolean;
      /** Looks once, however often it is called. Never rejects. */
      readonly find: () => Promise<Found | null>;
    };

export type PlanningDeps = { readonly caching: Caching; readonly catalogue: Catalogue };

function planOf(
  { caching, catalogue }: PlanningDeps,
  { caller, headers }: Arrival,
  { kind, body }: ModelRequest,
): CachePlan {
  const { policy, projectId } = caller;
  const use = cacheUse(policy, headers, { kind, body });
  if (use.use !== 'cache') return use;
  const { cache, lifetime, guardrailVersion } = caching;
  if (!cache) return { ...use, use: 'bypass' };
  const { targets } = catalogue.find(body.model);
  const key = cacheKey(use.secret, {
    projectId,
    kind,
    targets,
    guardrailVersion: guardrailVersion(policy),
    body,
  });
  const ttlSeconds = policy.resilience.cacheTtlSeconds ?? lifetime.ttlSeconds;
  return {
    ...use,
    cache,
    key,
    lifetime: { ...lifetime, ttlSeconds },
    find: use.read ? once(() => cache.find(key)) : async () => null,
  };
}

function once<Result>(work: () => Promise<Result>): () => Promise<Result> {
  let begun: Promise<Result> | undefined;
  return () => {
    begun ??= work();
    return begun;
  };
}

export const withCachePlan =
  (admitCall: AdmitCall, deps: PlanningDeps): AdmitCall =>
  async (arrival, request) => {
    const plan = planOf(deps, arrival, request);
    if (plan.use !== 'cache') return { ...(await admitCall(arrival, request)), plan };
    const beside = async () => {
      void plan.find();
      await arrival.beside?.();
    };
    return { ...(await admitCall({ ...arrival, beside }, request)), plan };
  };
