/** Reads the input file of a new batch through, line by line, and cuts it into chunks. The same whenever it is done again. */
import type { Catalogue } from '../catalogue/catalogue.ts';
import type { FileStore } from '../files/file-store.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import {
  type Batch,
  type BatchError,
  maxBatchBytes,
  maxBatchErrors,
  maxBatchLines,
  maxFileLines,
  noCounts,
} from './batch.ts';
import { textDigest } from './custom-ids.ts';
import { checkedLine, inputsOf } from './input-line.ts';
import { type InputLine, inputLines, isBlank } from './input-lines.ts';
import { type Chunk, linesExpireAt } from './line-row.ts';
import type { LineStore } from './line-store.ts';

export type ValidateDeps = {
  readonly catalogue: Pick<Catalogue, 'find'>;
  readonly files: Pick<FileStore, 'get'>;
  readonly objects: Pick<ObjectStore, 'read'>;
  readonly lines: Pick<LineStore, 'createChunk'>;
};

export type Validation =
  | { readonly kind: 'valid'; readonly chunks: number; readonly total: number; readonly model: string | null }
  | { readonly kind: 'wrong'; readonly errors: readonly BatchError[] }
  | { readonly kind: 'stopped' };

/** A worker takes so many requests at once, */
export const chunkLines = 100;
/** and has so much of the file in memory, unless it is a single line. */
export const chunkBytes = 1024 * 1024;

/** Chunks that are written at the same time. */
const writesAtOnce = 10;

export async function validate(
  { catalogue, files, objects, lines }: ValidateDeps,
  batch: Batch,
  caller: ProjectCaller,
  stopped: AbortSignal,
): Promise<Validation> {
  const file = await files.get(batch.projectId, batch.inputFileId);
  if (!file) return wrong([problem('file_not_found', 'There is no input file any more.')]);
  if (file.bytes > maxBatchBytes) {
    return wrong([problem('file_too_large', `The file has more than ${maxBatchBytes} bytes.`)]);
  }
  const rules = { endpoint: batch.endpoint, catalogue, permissions: caller.policy.modelPermissions };
  const errors: BatchError[] = [];
  const seen = new Set<string>();
  const models = new Set<string>();
  let inputs = 0;
  const writes = new Set<Promise<void>>();
  const cut = chunksOf(async (chunk) => {
    if (errors.length > 0) return;
    while (writes.size >= writesAtOnce) await Promise.race(writes);
    const write = lines.createChunk(batch, chunk, linesExpireAt(batch)).finally(() => writes.delete(write));
    // Thrown where all of them are waited for.
    write.catch(() => {});
    writes.add(write);
  });

  for await (const found of inputLines(objects.read(file.objectKey))) {
    if (stopped.aborted) return { kind: 'stopped' };
    const { line } = found;
    if (line > maxFileLines) {
      return wrong([
        problem('too_many_lines', `The file has more than ${maxFileLines} lines, empty ones included.`, line),
      ]);
    }
    if (found.bytes && isBlank(found.bytes)) continue;
    if (cut.total() === maxBatchLines) {
      return wrong([problem('too_many_lines', `A batch has at most ${maxBatchLines} requests.`, line)]);
    }
    const checked = checkedLine(found.bytes, rules);
    if (checked.kind === 'wrong') errors.push({ ...checked.problem, line });
    else {
      const { request } = checked;
      const digest = textDigest(request.customId);
      if (seen.has(digest)) {
        errors.push(problem('duplicate_custom_id', "Another line has the same 'custom_id'.", line, 'custom_id'));
      }
      seen.add(digest);
      models.add(request.model);
      inputs += batch.endpoint === '/v1/embeddings' ? inputsOf(request) : 0;
      if (inputs > maxBatchLines) {
        return wrong([
          problem('too_many_inputs', `A batch embeds at most ${maxBatchLines} inputs.`, line, 'body.input'),
        ]);
      }
    }
    if (errors.length === maxBatchErrors) break;
    await cut.add(found);
  }
  if (errors.length > 0) return wrong(errors);
  if (cut.total() === 0) return wrong([problem('empty_file', 'The file has no requests in it.')]);
  await cut.end();
  await Promise.all(writes);
  const [model = null] = models;
  return { kind: 'valid', chunks: cut.count(), total: cut.total(), model: models.size === 1 ? model : null };
}

const wrong = (errors: readonly BatchError[]): Validation => ({ kind: 'wrong', errors });

const problem = (
  code: string,
  message: string,
  line: number | null = null,
  param: string | null = null,
): BatchError => ({
  code,
  message,
  param,
  line,
});

/** The lines as they come, in stretches that one worker takes. */
function chunksOf(write: (chunk: Chunk) => Promise<void>) {
  let open: Chunk | null = null;
  let count = 0;
  let total = 0;
  const close = async (): Promise<void> => {
    if (open) await write(open);
    open = null;
  };
  return {
    count: () => count,
    total: () => total,
    end: close,
    async add({ line, byteStart, byteEnd }: InputLine): Promise<void> {
      total += 1;
      const isFull = open !== null && (open.requests === chunkLines || byteEnd - open.byteStart > chunkBytes);
      if (isFull) await close();
      if (open) open = { ...open, lastLine: line, requests: open.requests + 1, byteEnd };
      else {
        open = {
          ...noCounts,
          chunk: count,
          firstLine: line,
          lastLine: line,
          requests: 1,
          byteStart,
          byteEnd,
          done: false,
          deaths: 0,
        };
        count += 1;
      }
    },
  };
}
