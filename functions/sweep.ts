/** Every few minutes: closes the calls that nobody settles, and tells of spend that has reached somebody's threshold. */
import { live } from '../shared/deps.ts';
import type { ScheduledHandler } from '../shared/http/scheduled.ts';
import { type SweepFunctionDeps, sweepDeps } from '../shared/scheduled-deps.ts';
import { sweep } from '../shared/sweep/sweep.ts';
import { tellSpend } from '../shared/sweep/tell-spend.ts';

/** Kept of Lambda's time, for the work in hand. */
const reservedMs = 60_000;

export const createHandler =
  (deps: SweepFunctionDeps): ScheduledHandler =>
  async (_event, context) => {
    const { activeProjects, ...swept } = await sweep(deps, () => context.getRemainingTimeInMillis() < reservedMs);
    const alertsTold = await tellSpend(deps, activeProjects);
    deps.log.info('swept', { ...swept, activeProjects: activeProjects.size, alertsTold });
  };

export const handler = createHandler(sweepDeps(live(process.env)));
