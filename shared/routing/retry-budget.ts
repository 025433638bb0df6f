/**
 * How many of the calls that a provider gets may be repetitions. Each call earns a
 * share of one, so that instances which know nothing of each other multiply an
 * outage by no more than that share, however many they are. The idea is Finagle's:
 * https://twitter.github.io/finagle/guide/Glossary.html#retry-budget
 */
import type { RetrySettings } from '../resilience/settings.ts';

export type RetryBudget = {
  /** For a call's first attempt at a provider. */
  earn(provider: string): void;
  /** For each further one. False: there is nothing left, so the call must not be repeated. */
  spend(provider: string): boolean;
};

/** What is earned in good times is forgotten beyond this many calls: an outage is not met with last hour's savings. */
const rememberedCalls = 100;

export function createRetryBudget({
  budgetShare,
  budgetReserve,
}: Pick<RetrySettings, 'budgetShare' | 'budgetReserve'>): RetryBudget {
  const most = budgetReserve + rememberedCalls * budgetShare;
  const balances = new Map<string, number>();
  const balanceOf = (provider: string): number => balances.get(provider) ?? budgetReserve;
  return {
    earn: (provider) => void balances.set(provider, Math.min(most, balanceOf(provider) + budgetShare)),
    spend: (provider) => {
      const balance = balanceOf(provider);
      if (balance < 1) return false;
      balances.set(provider, balance - 1);
      return true;
    },
  };
}
