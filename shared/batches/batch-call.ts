/** What is asked of a batch that is there. */
import { GatewayError } from '../errors.ts';
import type { Call } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Queue } from '../queues/queue.ts';
import type { Batch } from './batch.ts';
import type { BatchStore } from './batch-store.ts';
import { callFor } from './lane-message.ts';

type BatchCall = Pick<Call<unknown, ProjectCaller>, 'caller' | 'params'>;

const noSuchBatch = (id: string): GatewayError =>
  new GatewayError('not_found', { message: `There is no batch '${id}'.`, param: 'batch_id' });

const keyIn = ({ caller, params }: BatchCall) => ({ projectId: caller.projectId, id: params['batch_id'] ?? '' });

/** Lanes lie beside batches, and are none. */
const isBatch = (id: string): boolean => id.startsWith('batch_');

export async function existingBatch(
  { batches }: { readonly batches: Pick<BatchStore, 'get'> },
  call: BatchCall,
): Promise<Batch> {
  const key = keyIn(call);
  const batch = isBatch(key.id) ? await batches.get(key) : undefined;
  if (!batch) throw noSuchBatch(key.id);
  return batch;
}

export type CancelDeps = {
  readonly batches: Pick<BatchStore, 'get' | 'cancel'>;
  readonly batchQueue: Queue;
  readonly now: () => number;
};

export async function cancelBatch(deps: CancelDeps, call: BatchCall): Promise<Batch> {
  const { batches, batchQueue, now } = deps;
  const batch = await existingBatch(deps, call);
  const cancelled = await batches.cancel(batch, Math.floor(now() / 1000));
  const current = cancelled ?? (await existingBatch(deps, call));
  // Those who are at it find out by themselves; where nobody is, somebody has to write down what there is.
  if (current.status === 'cancelling') await batchQueue.send(callFor(batch.projectId, 0));
  // Sent again, since its answer was lost, it is answered as it would have been.
  if (current.status === 'cancelling' || current.status === 'cancelled') return current;
  throw new GatewayError('conflict', { message: `A batch that is ${current.status} cannot be cancelled.` });
}
