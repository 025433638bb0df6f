/** Takes a batch in: it is written down, and then a worker is called. What is wrong with its file a worker finds out. */
import { createHash } from 'node:crypto';
import { GatewayError } from '../errors.ts';
import type { FileStore } from '../files/file-store.ts';
import type { Call } from '../http/call.ts';
import { presentedKey, usedWithAnotherBody } from '../idempotency/presented-key.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { Log } from '../observability/log.ts';
import type { Queue } from '../queues/queue.ts';
import { type Batch, newBatch } from './batch.ts';
import type { BatchStore } from './batch-store.ts';
import { callFor } from './lane-message.ts';
import type { BatchCreate } from './schemas.ts';

export type CreateBatchDeps = {
  readonly batches: BatchStore;
  readonly files: Pick<FileStore, 'get'>;
  readonly batchQueue: Queue;
  readonly maxUnfinished: number;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
  readonly log: Log;
};

type CreateCall = Pick<Call<BatchCreate, ProjectCaller>, 'caller' | 'body' | 'headers' | 'requestId'>;

export async function createBatch(deps: CreateBatchDeps, call: CreateCall): Promise<Batch> {
  const { batches, batchQueue, now, newId, log } = deps;
  const { caller, body, headers, requestId } = call;
  const { projectId, apiKeyId } = caller;
  const key = presentedKey({ headers });
  const known = await madeBefore(deps, call, key);
  if (known) {
    if (!isSame(known, call)) throw usedWithAnotherBody();
    // Whoever made it may not have come to that.
    if (known.status === 'validating') await batchQueue.send(callFor(projectId, 0));
    return known;
  }
  await batchFile(deps, call);
  const pending = await batches.unfinished(projectId);
  const wanted = newBatch({
    projectId,
    apiKeyId,
    id: key === undefined ? newId('batch_') : idUnderKey(apiKeyId, key),
    endpoint: body.endpoint,
    inputFileId: body.input_file_id,
    metadata: body.metadata ?? null,
    outputExpiresSeconds: body.output_expires_after?.seconds ?? null,
    createdAtMs: now(),
  });
  // As near as can be had for nothing: those that are created at the same moment may be some more.
  if (pending.length >= deps.maxUnfinished && !pending.some(({ id }) => id === wanted.id))
    throw tooMany(pending.length);
  const created = await batches.create(wanted);
  if (!isSame(created, call)) throw usedWithAnotherBody();
  try {
    await batchQueue.send(callFor(projectId, 0));
  } catch (thrown) {
    // Its caller is told that there is none, unless a worker who was there anyway has begun it.
    const isGone =
      created !== wanted ||
      (await batches.remove(wanted).catch((error: unknown) => {
        log.warn('batch not taken back', { requestId, error });
        return true;
      }));
    if (isGone) throw thrown;
  }
  return created;
}

async function batchFile({ files }: CreateBatchDeps, { caller, body }: CreateCall): Promise<void> {
  const id = body.input_file_id;
  const file = await files.get(caller.projectId, id);
  if (!file) {
    throw new GatewayError('not_found', {
      message: `There is no file '${id}'. Upload one with the purpose batch.`,
      param: 'input_file_id',
    });
  }
  if (file.purpose !== 'batch') throw wrongFile(`The file has the purpose ${file.purpose}, and has to have batch.`);
}

const wrongFile = (message: string): GatewayError =>
  new GatewayError('invalid_request', { message, param: 'input_file_id' });

const tooMany = (count: number): GatewayError =>
  new GatewayError('rate_limit_exceeded', {
    message: `This project has ${count} batches that have not ended, which is as many as it may. Wait for one, or cancel one.`,
    headers: { 'x-should-retry': 'false', 'retry-after': '60' },
  });

/** The SDK sends a request again whose answer was lost. */
const retriedWithinMs = 600_000;

/** Also one that has ended: small ones do before their caller comes again. */
async function madeBefore(
  { batches, now }: CreateBatchDeps,
  call: CreateCall,
  key: string | undefined,
): Promise<Batch | undefined> {
  const { projectId, apiKeyId } = call.caller;
  if (key !== undefined) return batches.get({ projectId, id: idUnderKey(apiKeyId, key) });
  if (!/^[1-9]\d{0,2}$/.test(call.headers['x-stainless-retry-count'] ?? '')) return undefined;
  const { items } = await batches.list(projectId, { limit: 100 });
  return items.find(
    (one) => one.apiKeyId === apiKeyId && isSame(one, call) && now() - one.createdAtMs < retriedWithinMs,
  );
}

const pairsOf = (metadata: Batch['metadata'] | undefined): string =>
  JSON.stringify(Object.entries(metadata ?? {}).sort(([a], [b]) => (a < b ? -1 : 1)));

const isSame = (one: Batch, { body }: Pick<CreateCall, 'body'>): boolean =>
  one.inputFileId === body.input_file_id &&
  one.endpoint === body.endpoint &&
  one.outputExpiresSeconds === (body.output_expires_after?.seconds ?? null) &&
  pairsOf(one.metadata) === pairsOf(body.metadata);

/** The same request makes it once. */
const idUnderKey = (apiKeyId: string, key: string): string =>
  `batch_${createHash('sha256')
    .update(JSON.stringify([apiKeyId, key]))
    .digest('hex')
    .slice(0, 48)}`;
