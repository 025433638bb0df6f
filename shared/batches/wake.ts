/** Calls workers for projects whose batches nobody seems to be at: messages are lost, and dead letters are not delivered. */
import type { Log } from '../observability/log.ts';
import type { Queue } from '../queues/queue.ts';
import type { BatchStore } from './batch-store.ts';
import { callFor } from './lane-message.ts';
import type { LaneStore } from './lane-store.ts';

export type WakeDeps = {
  readonly batches: Pick<BatchStore, 'atWork'>;
  readonly lanes: Pick<LaneStore, 'all' | 'called'>;
  readonly batchQueue: Queue;
  readonly laneCount: number;
  readonly now: () => number;
  readonly log: Log;
};

/** Longer than a message of a dead worker takes to be delivered again. */
export const silentMs = 20 * 60_000;

/** How many were called. `enough` says when time runs out, and the next sweep goes on. */
export async function wakeBatches(deps: WakeDeps, enough: () => boolean): Promise<number> {
  let called = 0;
  for await (const projectId of deps.batches.atWork()) {
    if (enough()) break;
    called += await wakeLanes(deps, projectId).catch((error: unknown) => {
      deps.log.error('batches not woken', { projectId, error });
      return 0;
    });
  }
  return called;
}

async function wakeLanes({ lanes, batchQueue, laneCount, now }: WakeDeps, projectId: string): Promise<number> {
  const nowMs = now();
  const known = new Map((await lanes.all(projectId)).map((lane) => [lane.lane, lane]));
  // Also one that there would be no more of, where it died with something in hand.
  const wanted = new Set([
    ...Array(laneCount).keys(),
    ...[...known.values()].flatMap((lane) => (lane.inHand ? lane.lane : [])),
  ]);
  const silent = [...wanted].filter((lane) => nowMs - (known.get(lane)?.seenAtMs ?? 0) >= silentMs);
  for (const lane of silent) {
    await batchQueue.send(callFor(projectId, lane));
    await lanes.called({ projectId, lane }, nowMs);
  }
  return silent.length;
}
