/** Before the organization is limited: all that projects have spent this month is booked, so that the limit counts it. */
import type { AdmissionStore } from '../admission/admission-store.ts';
import { counterId, monthOf } from '../admission/counters.ts';
import { bookSpent } from '../admission/grants.ts';
import type { PageRequest } from '../http/page.ts';
import type { ProjectStore } from '../projects/project-store.ts';

export type BookDeps = {
  readonly counters: AdmissionStore;
  readonly projects: Pick<ProjectStore, 'list'>;
  readonly now: () => number;
};

const parallelProjects = 16;

/** Repeated, it books what has come since, and nothing else. */
export async function bookAllSpent({ counters, projects, now }: BookDeps): Promise<void> {
  const month = monthOf(now());
  const book = async (id: string): Promise<void> => bookSpent(counters, { id, month }, await counters.get(id));
  let page: PageRequest | null = { limit: parallelProjects };
  while (page !== null) {
    const { items, hasMore } = await projects.list(page, true);
    await Promise.all(
      items.map(async ({ id, shards }) => {
        for (let shard = 0; shard < shards; shard += 1) await book(counterId(id, shard));
      }),
    );
    page = hasMore ? { limit: parallelProjects, after: items.at(-1)?.id } : null;
  }
}
