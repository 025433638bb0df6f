/** All that one call is held to: the project's limits, the model's, the key's, and the money. */
import type { ProjectCaller } from '../keys/caller.ts';
import type { KeyPolicy, Limits, ProjectPolicy } from '../limits/limits.ts';
import type { Organization } from '../organization/organization.ts';
import { counterMonth, keyScope, modelScope, names, projectScope } from './counters.ts';
import { partOf, perDay, perMinute, type Rate, type Share } from './rate.ts';
import { type TokenAttributes, type TokenRate, tokensPerMinute } from './token-bucket.ts';

export type Held = Pick<ProjectCaller, 'projectId' | 'apiKeyId'> & {
  readonly policy: ProjectPolicy;
  readonly keyPolicy: KeyPolicy;
  readonly organization: Organization;
};

export type ScopeName = 'project' | 'model' | 'key';

export type RequestMeter = {
  readonly scope: ScopeName;
  readonly per: 'minute' | 'day';
  readonly attribute: string;
  readonly rate: Rate;
  /** As it was set, for messages and headers. */
  readonly limit: number;
};

export type TokenMeter = {
  readonly scope: ScopeName;
  readonly attributes: TokenAttributes;
  readonly rate: TokenRate;
  readonly limit: number;
};

export type MoneyMeter = {
  readonly scope: 'project' | 'key';
  readonly committed: string;
  readonly reserved: string;
  /** Micro-dollars of the month; null: counted, and not limited. */
  readonly limit: number | null;
};

export type Meters = {
  readonly requests: readonly RequestMeter[];
  readonly tokens: readonly TokenMeter[];
  readonly money: readonly MoneyMeter[];
  /** Is there a limit for the organization, from which the project takes its share? */
  readonly organization: boolean;
  readonly concurrentStreams: number | null;
  readonly share: Share;
  readonly month: string;
};

const prefixes = (apiKeyId: string, model: string): Record<ScopeName, string> => ({
  project: projectScope,
  model: modelScope(model),
  key: keyScope(apiKeyId),
});

export const tokenAttributes = (prefix: string): TokenAttributes => ({
  level: names.tokenLevel(prefix),
  inFlight: names.tokensInFlight(prefix),
  sum: names.tokenSum(prefix),
});

export const prefixOf = (scope: ScopeName, apiKeyId: string, model: string): string => prefixes(apiKeyId, model)[scope];

export function metersOf(
  { apiKeyId, policy, keyPolicy, organization }: Held,
  model: string,
  shard: number,
  nowMs: number,
): Meters {
  const share: Share = { shard, shards: policy.shards };
  const month = counterMonth(nowMs);
  const prefix = prefixes(apiKeyId, model);
  const modelLimits = Object.hasOwn(policy.modelLimits, model) ? policy.modelLimits[model] : undefined;
  const scopes: readonly (readonly [ScopeName, Limits])[] = [
    ['project', policy.limits],
    ['model', modelLimits ?? {}],
    ['key', keyPolicy.limits],
  ];
  return {
    requests: scopes.flatMap(([scope, limits]) => requestMeters(scope, prefix[scope], limits, share)),
    tokens: scopes.flatMap(([scope, { tokensPerMinute: limit }]) =>
      limit === undefined
        ? []
        : [{ scope, attributes: tokenAttributes(prefix[scope]), rate: tokensPerMinute(limit, share), limit }],
    ),
    money: [
      money('project', projectScope, policy.spendLimitMicroUsd, month, share),
      ...(keyPolicy.spendLimitMicroUsd === null
        ? []
        : [money('key', prefix.key, keyPolicy.spendLimitMicroUsd, month, share)]),
    ],
    organization: organization.spendLimitMicroUsd !== null,
    concurrentStreams:
      policy.concurrentStreams === null ? null : partOf(policy.concurrentStreams, share.shard, share.shards),
    share,
    month,
  };
}

function requestMeters(scope: ScopeName, prefix: string, limits: Limits, share: Share): RequestMeter[] {
  const { requestsPerMinute, burst, requestsPerDay } = limits;
  const meters: RequestMeter[] = [];
  if (requestsPerMinute !== undefined) {
    const rate = perMinute(requestsPerMinute, burst, share);
    meters.push({
      scope,
      per: 'minute',
      attribute: names.requestsPerMinute(prefix),
      rate,
      limit: requestsPerMinute,
    });
  }
  if (requestsPerDay !== undefined) {
    const rate = perDay(requestsPerDay, share);
    meters.push({ scope, per: 'day', attribute: names.requestsPerDay(prefix), rate, limit: requestsPerDay });
  }
  return meters;
}

const money = (
  scope: 'project' | 'key',
  prefix: string,
  limit: number | null,
  month: string,
  { shard, shards }: Share,
): MoneyMeter => ({
  scope,
  committed: names.committed(prefix, month),
  reserved: names.reserved(prefix, month),
  limit: limit === null ? null : partOf(limit, shard, shards),
});
