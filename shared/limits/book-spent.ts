/** Before the organization is limited: all that projects have spent this month is booked, so that the limit counts it. */
import type { AdmissionStore } from '../admission/admission-store.ts';
import { counterId, counterMonth } from '../admission/counters.ts';
import { bookSpent } from '../admission/grants.ts';
import { forEveryProject } from '../projects/every-project.ts';
import type { ProjectStore } from '../projects/project-store.ts';

export type BookDeps = {
  readonly counters: AdmissionStore;
  readonly projects: Pick<ProjectStore, 'list'>;
  readonly now: () => number;
};

/** Repeated, it books what has come since, and nothing else. */
export async function bookAllSpent({ counters, projects, now }: BookDeps): Promise<void> {
  const month = counterMonth(now());
  const book = async (id: string): Promise<void> => bookSpent(counters, { id, month }, await counters.get(id));
  await forEveryProject(projects, async ({ id, shards }) => {
    for (let shard = 0; shard < shards; shard += 1) await book(counterId(id, shard));
  });
}
