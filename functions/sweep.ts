/** Every few minutes: closes the calls that nobody settles, tells of spend that has reached somebody's threshold, erases what was deleted, and calls for workers where batches stand still. */
import { wakeBatches } from '../shared/batches/wake.ts';
import { live } from '../shared/deps.ts';
import type { ScheduledHandler } from '../shared/http/scheduled.ts';
import { type SweepFunctionDeps, sweepDeps } from '../shared/scheduled-deps.ts';
import { eraseConversations } from '../shared/sweep/erase-conversations.ts';
import { eraseFiles } from '../shared/sweep/erase-files.ts';
import { sweep } from '../shared/sweep/sweep.ts';
import { tellSpend } from '../shared/sweep/tell-spend.ts';
import { tellState } from '../shared/sweep/tell-state.ts';

/** Kept of Lambda's time, for the work in hand. */
const reservedMs = 60_000;

export const createHandler =
  (deps: SweepFunctionDeps): ScheduledHandler =>
  async (_event, context) => {
    const enough = () => context.getRemainingTimeInMillis() < reservedMs;
    const { activeProjects, ...swept } = await sweep(deps, enough);
    const alertsTold = await tellSpend(deps, activeProjects);
    await tellState(deps, { ...swept, activeProjects });
    const conversationsErased = await eraseConversations(deps, enough);
    const filesErased = await eraseFiles(deps, enough);
    const lanesCalled = await wakeBatches(deps, enough);
    deps.log.info('swept', {
      ...swept,
      activeProjects: activeProjects.size,
      alertsTold,
      conversationsErased,
      filesErased,
      lanesCalled,
    });
  };

export const handler = createHandler(sweepDeps(live(process.env)));
