/** All projects, the archived ones too: what they used and owe is still true. */
import type { Project } from './project.ts';
import type { ProjectStore } from './project-store.ts';

/** A read brings a megabyte whatever is asked for, so few pages are cheap ones. */
const pageLimit = 1_000;

/** In order of creation, from behind the project `after`, or from the first. */
export async function* everyProject(
  projects: Pick<ProjectStore, 'list'>,
  after?: string,
): AsyncGenerator<Project, void, undefined> {
  let last = after;
  let isMore = true;
  while (isMore) {
    const { items, hasMore } = await projects.list({ after: last, limit: pageLimit }, true);
    yield* items;
    last = items.at(-1)?.id;
    isMore = hasMore && last !== undefined;
  }
}

export async function allProjects(projects: Pick<ProjectStore, 'list'>): Promise<Project[]> {
  const all: Project[] = [];
  for await (const project of everyProject(projects)) all.push(project);
  return all;
}

const atATime = 16;

/** Several at a time, in no order. The first failure ends it. */
export async function forEveryProject(
  projects: Pick<ProjectStore, 'list'>,
  work: (project: Project) => Promise<void>,
): Promise<void> {
  const all = everyProject(projects);
  const worker = async () => {
    for (let next = await all.next(); !next.done; next = await all.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: atATime }, worker));
}
