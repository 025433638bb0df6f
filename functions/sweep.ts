/** Every few minutes: closes the calls that nobody settles, and what they hold. */
import { live, type SweepFunctionDeps, sweepDeps } from '../shared/deps.ts';
import type { ScheduledHandler } from '../shared/http/scheduled.ts';
import { sweep } from '../shared/sweep/sweep.ts';

/** Kept of Lambda's time, for the work in hand. */
const reservedMs = 60_000;

export const createHandler =
  (deps: SweepFunctionDeps): ScheduledHandler =>
  async (_event, context) => {
    const swept = await sweep(deps, () => context.getRemainingTimeInMillis() < reservedMs);
    deps.log.info('swept', swept);
  };

export const handler = createHandler(sweepDeps(live(process.env)));
