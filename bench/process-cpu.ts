/** How much processor time processes have used, from Linux's own account. https://docs.kernel.org/scheduler/sched-stats.html */
import { readdirSync, readFileSync } from 'node:fs';

/** User and system together, of all threads, in milliseconds: what the scheduler has counted, in nanoseconds. */
export function cpuMs(pid: number): number {
  const threads = readdirSync(`/proc/${pid}/task`);
  const nanoseconds = threads.map(
    (thread) => readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0],
  );
  return nanoseconds.reduce((sum, used) => sum + Number(used), 0) / 1_000_000;
}

/** The process of that name among those that `ancestor` has started, at any depth. */
export function descendant(ancestor: number, name: string): number | undefined {
  const children = readFileSync(`/proc/${ancestor}/task/${ancestor}/children`, 'utf8').split(' ').filter(Boolean);
  for (const child of children.map(Number)) {
    if (readFileSync(`/proc/${child}/comm`, 'utf8').trim() === name) return child;
    const found = descendant(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
