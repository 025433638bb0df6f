/** What work takes of the processor, where other tests use the same process. */

const tries = 3;

/** The least of a few tries, in milliseconds: what else the process has to do, such as collecting its garbage, only adds. */
export async function processorMsOf(work: () => unknown): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let done = 0; done < tries; done += 1) {
    const before = process.cpuUsage();
    await work();
    least = Math.min(least, process.cpuUsage(before).user / 1_000);
  }
  return least;
}
