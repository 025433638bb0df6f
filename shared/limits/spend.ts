/** The month's spend from the counters: what calls have taken, without what others still hold. */
import type { AdmissionStore } from '../admission/admission-store.ts';
import { type Counters, counterId, counterMonth, names, projectScope } from '../admission/counters.ts';
import { GatewayError } from '../errors.ts';
import { forEveryProject } from '../projects/every-project.ts';
import type { Project } from '../projects/project.ts';
import type { ProjectStore } from '../projects/project-store.ts';

export interface Spend {
  /** In micro-dollars, of the month of `atMs`, or else of this one. Refuses when the store is down: a guess would be taken for the truth. */
  monthMicroUsd(projectId: string, atMs?: number): Promise<number>;
  /** Of all projects together, the archived ones too: their money is spent. */
  organizationMonthMicroUsd(atMs?: number): Promise<number>;
}

export type SpendDeps = {
  readonly store: Pick<AdmissionStore, 'get'>;
  readonly projects: Pick<ProjectStore, 'get' | 'list'>;
  readonly now: () => number;
};

export const spentIn = (counters: Counters, scope: string, month: string): number =>
  (counters[names.committed(scope, month)] ?? 0) - (counters[names.reserved(scope, month)] ?? 0);

/** Of all shards. */
export const countersOf = (store: Pick<AdmissionStore, 'get'>, { id, shards }: Pick<Project, 'id' | 'shards'>) =>
  Promise.all(Array.from({ length: shards }, (_, shard) => store.get(counterId(id, shard))));

/** A settlement that got lost is in it at its bound until the sweep has closed its epoch. */
export function countedSpend({ store, projects, now }: SpendDeps): Spend {
  const spentOf = async (project: Pick<Project, 'id' | 'shards'>, month: string): Promise<number> => {
    const shards = await countersOf(store, project);
    return shards.reduce((sum, counters) => sum + spentIn(counters, projectScope, month), 0);
  };

  return {
    async monthMicroUsd(projectId, atMs = now()) {
      const project = await projects.get(projectId);
      if (!project) throw new GatewayError('not_found', { message: 'There is no such project.' });
      return spentOf(project, counterMonth(atMs));
    },

    async organizationMonthMicroUsd(atMs = now()) {
      const month = counterMonth(atMs);
      let sum = 0;
      await forEveryProject(projects, async (project) => {
        const spent = await spentOf(project, month);
        sum += spent;
      });
      return sum;
    },
  };
}
