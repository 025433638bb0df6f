/** A key's own limits in the words of the control plane: an extension of ours. */
import type { KeyPolicy } from '../limits/limits.ts';
import { limitNumbers, limitsAfter, type RateLimitWishes } from '../limits/rate-limit.ts';
import { microUsdOf, monthlyThreshold } from '../limits/spend-limit.ts';

/** Null takes a limit away, and what is absent stays. */
export type KeyPolicyWishes = {
  readonly rate_limit?: RateLimitWishes | null | undefined;
  readonly spend_limit?: { readonly threshold_amount: number } | null | undefined;
};

export const unlimitedKey: KeyPolicy = { limits: {}, spendLimitMicroUsd: null };

export const keyPolicyAfter = (current: KeyPolicy, { rate_limit, spend_limit }: KeyPolicyWishes): KeyPolicy => ({
  limits: rate_limit === undefined ? current.limits : limitsAfter({}, rate_limit ?? {}),
  spendLimitMicroUsd: spend_limit === undefined ? current.spendLimitMicroUsd : spend_limit && microUsdOf(spend_limit),
});

const hasRates = ({ limits }: KeyPolicy): boolean => Object.keys(limits).length > 0;

export const isLimited = (policy: KeyPolicy): boolean => hasRates(policy) || policy.spendLimitMicroUsd !== null;

export const keyPolicyObject = (policy: KeyPolicy) => ({
  rate_limit: hasRates(policy) ? limitNumbers(policy.limits) : null,
  spend_limit: policy.spendLimitMicroUsd === null ? null : monthlyThreshold(policy.spendLimitMicroUsd),
});
