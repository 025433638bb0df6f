/** How many requests may come at once under a limit by the minute (I1). */
import { defaultBurst } from '../admission/rate.ts';
import type { Limits } from './limits.ts';

/** Half a second's worth: the clocks of two instances may be 400 ms apart, and their burst has to cover that. */
export const leastBurst = (requestsPerMinute: number): number => Math.ceil(requestsPerMinute / 120);

/** Undefined where requests by the minute are not limited: then a burst means nothing. */
export const burstOf = ({ requestsPerMinute, burst }: Limits): number | undefined =>
  requestsPerMinute === undefined ? undefined : (burst ?? defaultBurst(requestsPerMinute));

/** What is wrong with the burst, as a sentence for whoever sets it. */
export function burstProblem({ requestsPerMinute, burst }: Limits): string | null {
  if (burst === undefined) return null;
  if (requestsPerMinute === undefined) return 'A burst means nothing without a limit of requests per minute';
  const least = leastBurst(requestsPerMinute);
  if (burst >= least) return null;
  return `For ${requestsPerMinute} requests per minute the burst has to be at least ${least}, because the clocks of the gateway's instances may differ by ±200 ms`;
}
