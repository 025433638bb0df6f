/** The first and the last thing that is done for a batch, as a lane does them. */
import { type Batch, isOpen, isUnfinished } from './batch.ts';
import { endBatch } from './end-batch.ts';
import { callFor } from './lane-message.ts';
import { failureOf } from './output-line.ts';
import type { Hand, Result } from './task-store.ts';
import { validate } from './validate.ts';
import { watch } from './watch.ts';
import type { WorkDeps } from './work.ts';

/** False where another worker has it by now. */
export async function validated(deps: WorkDeps, hand: Hand, batch: Batch): Promise<boolean> {
  const { callerNow, tasks, now, queue, laneCount } = deps;
  const caller = await callerNow(batch.projectId, batch.apiKeyId);
  const at = Math.floor(now() / 1000);
  if (!caller) return tasks.refused(hand, batch, [{ ...failureOf('invalid_api_key', 1), line: null }], at);
  const watched = watch(deps, { hand, key: batch, whileOpen: true });
  try {
    const found = await validate(deps, batch, caller, watched.stopped);
    await watched.end();
    if (watched.isLost()) return false;
    if (found.kind === 'wrong' && (await tasks.refused(hand, batch, found.errors, at))) return true;
    if (found.kind === 'valid' && (await tasks.validated(hand, batch, { ...found, at }))) {
      const lanes = Math.min(laneCount, found.chunks);
      for (let lane = 0; lane < lanes; lane += 1) {
        if (lane !== hand.lane) await queue.send(callFor(batch.projectId, lane));
      }
      return true;
    }
    // It was cancelled, or its time is over.
    const seen = await deps.batches.get(batch);
    if (seen && isUnfinished(seen)) await tasks.putBack(hand, batch);
    return seen !== undefined && !isOpen(seen);
  } finally {
    await watched.end();
  }
}

/** The same. */
export async function finalised(deps: WorkDeps, hand: Hand, batch: Batch): Promise<boolean> {
  const watched = watch(deps, { hand, key: batch });
  try {
    const { stopped } = watched;
    const result = await endBatch(deps, { batch, workerId: hand.workerId, stopped });
    await watched.end();
    if (watched.isLost()) return false;
    const at = Math.floor(deps.now() / 1000);
    return await deps.tasks.ended(hand, batch, { ...result, status: endStatusOf(batch), at });
  } finally {
    await watched.end();
  }
}

const endStatusOf = ({ status, ending }: Batch): Result['status'] =>
  status === 'cancelling' ? 'cancelled' : (ending ?? 'completed');
