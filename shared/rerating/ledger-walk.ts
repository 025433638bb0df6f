/** The ledger of a period in one order, from any place on: by project, time and id. */
import { GatewayError } from '../errors.ts';
import { existingProject } from '../projects/active-project.ts';
import { everyProject } from '../projects/every-project.ts';
import type { Project } from '../projects/project.ts';
import type { ProjectStore } from '../projects/project-store.ts';
import type { StoredAttempt } from '../usage/attempt.ts';
import type { UsageStore } from '../usage/usage-store.ts';
import type { Place, RerateRequest } from './schemas.ts';

export type WalkDeps = { readonly usage: UsageStore; readonly projects: ProjectStore };

/** `row` is null where there is none that is asked for: at a row of another model, and behind a project's last. */
export type Step = { readonly place: Place; readonly row: StoredAttempt | null };

export const theBeginning: Place = { projectId: '', startedAtMs: 0, id: '' };

const dayMs = 86_400_000;

export async function* ledgerFrom(
  { usage, projects }: WalkDeps,
  { start_time, end_time, project_id, model }: RerateRequest,
  from: Place,
): AsyncGenerator<Step> {
  const toMs = end_time * 1000;
  for await (const { id: projectId, createdAt } of projectsFrom(projects, project_id, from.projectId)) {
    const resumedMs = projectId === from.projectId ? from.startedAtMs : 0;
    // No call is older than its project, but for clocks that differ: so the year 1970 takes no reading.
    const fromMs = Math.max(start_time * 1000, createdAt * 1000 - dayMs, resumedMs);
    if (fromMs < toMs) {
      for await (const row of usage.between(projectId, fromMs, toMs)) {
        const { startedAtMs, id } = row;
        if (startedAtMs === resumedMs && id <= from.id) continue;
        yield { place: { projectId, startedAtMs, id }, row: model === undefined || row.model === model ? row : null };
      }
    }
    yield { place: { projectId, startedAtMs: toMs, id: '' }, row: null };
  }
}

async function* projectsFrom(
  projects: ProjectStore,
  only: string | undefined,
  resumed: string,
): AsyncGenerator<Project> {
  if (only !== undefined) {
    if (resumed !== '' && resumed !== only) {
      throw new GatewayError('invalid_request', { message: 'The page belongs to another project.', param: 'page' });
    }
    yield await existingProject(projects, only);
    return;
  }
  const first = resumed === '' ? undefined : await projects.get(resumed);
  if (first) yield first;
  yield* everyProject(projects, resumed === '' ? undefined : resumed);
}
