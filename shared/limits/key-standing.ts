/** What a key's holder may know of it without being an administrator: its limits, what is left of them, and the money. */
import { type Counters, counterMonth, keyScope, names, projectScope } from '../admission/counters.ts';
import { type Meters, metersOf } from '../admission/meters.ts';
import { type Remaining, standingOf } from '../admission/standing.ts';
import { monthOf } from '../calendar/month.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Limits } from './limits.ts';
import { spentIn } from './spend.ts';

const dollars = (microUsd: number): number => microUsd / 1_000_000;

function money(counters: readonly Counters[], scope: string, month: string, limit: number | null) {
  const sum = (of: (one: Counters) => number) => counters.reduce((all, one) => all + of(one), 0);
  const spent = sum((one) => spentIn(one, scope, month));
  const reserved = sum((one) => one[names.reserved(scope, month)] ?? 0);
  return {
    currency: 'usd',
    limit: limit === null ? null : dollars(limit),
    spent: dollars(spent),
    /** By calls under way. */
    reserved: dollars(reserved),
    remaining: limit === null ? null : dollars(Math.max(0, limit - spent - reserved)),
  };
}

const limitsObject = ({ requestsPerMinute, burst, tokensPerMinute, requestsPerDay }: Limits) => ({
  max_requests_per_1_minute: requestsPerMinute ?? null,
  burst: burst ?? null,
  max_tokens_per_1_minute: tokensPerMinute ?? null,
  max_requests_per_1_day: requestsPerDay ?? null,
});

const leftOf = (remaining: Remaining | null) =>
  remaining && {
    limit: remaining.limit,
    remaining: remaining.remaining,
    reset_seconds: Math.ceil(remaining.resetMs / 1000),
  };

/** Of all shards together, the limits of models left out: they are told in the answers of those models. */
function remainingOf(meters: readonly Meters[], counters: readonly Counters[], nowMs: number) {
  const shards = meters.map((one, shard) =>
    standingOf({ ...one, share: { ...one.share, shards: 1 } }, counters[shard] ?? {}, nowMs),
  );
  const together = (of: 'requests' | 'tokens'): Remaining | null =>
    shards
      .map((shard) => shard[of])
      .reduce<Remaining | null>((sum, one) => {
        if (one === null || sum === null) return sum ?? one;
        return { ...one, remaining: sum.remaining + one.remaining, resetMs: Math.max(sum.resetMs, one.resetMs) };
      }, null);
  return { requests: leftOf(together('requests')), tokens: leftOf(together('tokens')) };
}

/** An object of ours; OpenAI has none like it. `counters` are those of the project's shards, in order. */
export function keyObject(caller: ProjectCaller, counters: readonly Counters[], nowMs: number) {
  const { apiKeyId, projectId, scopes, policy, keyPolicy } = caller;
  const month = counterMonth(nowMs);
  const noModel = '';
  const meters = counters.map((_, shard) => metersOf(caller, noModel, shard, nowMs));
  return {
    object: 'project.api_key.standing',
    id: apiKeyId,
    project_id: projectId,
    scopes,
    limits: {
      project: { ...limitsObject(policy.limits), max_concurrent_streams: policy.concurrentStreams },
      models: Object.fromEntries(
        Object.entries(policy.modelLimits).map(([model, limits]) => [model, limitsObject(limits)]),
      ),
      key: limitsObject(keyPolicy.limits),
    },
    model_permissions: policy.modelPermissions && {
      mode: policy.modelPermissions.mode,
      model_ids: policy.modelPermissions.modelIds,
    },
    remaining: remainingOf(meters, counters, nowMs),
    spend: {
      month: monthOf(nowMs),
      project: money(counters, projectScope, month, policy.spendLimitMicroUsd),
      // Counted only where it is limited.
      key:
        keyPolicy.spendLimitMicroUsd === null
          ? null
          : money(counters, keyScope(apiKeyId), month, keyPolicy.spendLimitMicroUsd),
    },
  };
}
