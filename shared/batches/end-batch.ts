/**
 * Wraps a batch up: every line stands in the output file or in the error file, once. Nobody writes down answers any more
 * when it begins, or what they write comes too late, so that whoever does it again writes the same.
 */
import { objectKeyOf, type StoredFile } from '../files/file.ts';
import type { FileStore } from '../files/file-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { Batch, Counts } from './batch.ts';
import { noCounts } from './batch.ts';
import { withLine } from './counts.ts';
import { requestOf } from './input-line.ts';
import { inputLines, isBlank } from './input-lines.ts';
import { type Chunk, linesExpireAt, requestIdOf, type StoredLine } from './line-row.ts';
import type { LineStore } from './line-store.ts';
import { notRunOf, outputLine, withCounts } from './output-line.ts';
import type { Result } from './task-store.ts';

export type EndBatchDeps = {
  readonly lines: LineStore;
  readonly files: Pick<FileStore, 'get' | 'create'>;
  readonly objects: Pick<ObjectStore, 'read' | 'write'>;
};

/** Thrown where it is to be left: somebody else has it by now. */
export class StoppedError extends Error {}

type Ending = { readonly batch: Batch; readonly workerId: string; readonly stopped: AbortSignal };

/** What a stream of lines is handed over in. */
const pieceBytes = 64 * 1024;

export async function endBatch(deps: EndBatchDeps, ending: Ending): Promise<Omit<Result, 'status' | 'at'>> {
  const { batch } = ending;
  const chunks = batch.chunks === 0 ? [] : await allChunks(deps, batch);
  const input = await deps.files.get(batch.projectId, batch.inputFileId);
  for (const chunk of chunks.filter(wasTaken(batch))) {
    if (!chunk.done && input) await sealed(deps, ending, chunk, input);
  }
  let counts: Counts = noCounts;
  const counting = async function* (lines: AsyncIterable<StoredLine>): AsyncGenerator<string> {
    for await (const line of lines) {
      if (ending.stopped.aborted) throw new StoppedError();
      counts = withLine(counts, line);
      yield outputLine(line);
    }
  };
  const { output } = batch;
  if (!output) throw new Error('a batch is wrapped up without names for its files');
  const write = (id: string, kind: 'output' | 'error', lines: AsyncIterable<StoredLine>) =>
    written(deps, batch, { id, kind, createdAt: output.createdAt }, counting(lines));
  const outputFileId = await write(output.outputFileId, 'output', succeeded(deps, batch, chunks));
  const errorFileId = await write(output.errorFileId, 'error', failed(deps, batch, chunks, input));
  const ran = chunks.reduce((sum, chunk) => sum + chunk.completed + chunk.failed, 0);
  return {
    ...counts,
    outputFileId,
    errorFileId,
    errors: batch.errors.map((error) => withCounts(error, ran, batch.total)),
  };
}

async function allChunks({ lines }: EndBatchDeps, batch: Batch): Promise<Chunk[]> {
  const found: Chunk[] = [];
  // A validation that was broken off may have left some.
  for await (const chunk of lines.chunks(batch)) if (chunk.chunk < batch.chunks) found.push(chunk);
  return found;
}

/** Answers may have been written down for it. */
const wasTaken =
  ({ nextChunk }: Batch) =>
  ({ chunk }: Chunk): boolean =>
    chunk < nextChunk;

/** Of those without an answer, that they have none: a worker that was thought dead writes nothing down any more. */
async function sealed(deps: EndBatchDeps, { batch, workerId, stopped }: Ending, chunk: Chunk, input: StoredFile) {
  const recorded = await deps.lines.recorded(batch, chunk);
  for await (const line of unasked(deps, batch, chunk, input)) {
    if (stopped.aborted) throw new StoppedError();
    if (recorded.has(line.line)) continue;
    await deps.lines.record(batch, line, { workerId, expiresAt: linesExpireAt(batch) });
  }
}

/** The lines of a chunk as they stand in the file, not run. */
async function* unasked(
  { objects }: EndBatchDeps,
  batch: Batch,
  { byteStart, byteEnd, firstLine }: Chunk,
  { objectKey }: StoredFile,
): AsyncGenerator<StoredLine> {
  const error = notRunOf(batch);
  for await (const found of inputLines(objects.read(objectKey, { start: byteStart, end: byteEnd }))) {
    if (!found.bytes || isBlank(found.bytes)) continue;
    const line = firstLine + found.line - 1;
    const { customId } = requestOf(found.bytes);
    const { usage } = noCounts;
    yield { line, customId, requestId: requestIdOf(batch.id, line), succeeded: false, usage, error };
  }
}

async function* succeeded({ lines }: EndBatchDeps, batch: Batch, chunks: readonly Chunk[]): AsyncGenerator<StoredLine> {
  for (const chunk of chunks.filter(wasTaken(batch))) {
    if (!chunk.done || chunk.completed > 0) yield* lines.read(batch, chunk, true);
  }
}

async function* failed(
  deps: EndBatchDeps,
  batch: Batch,
  chunks: readonly Chunk[],
  input: StoredFile | undefined,
): AsyncGenerator<StoredLine> {
  for (const chunk of chunks) {
    if (!wasTaken(batch)(chunk)) {
      if (input) yield* unasked(deps, batch, chunk, input);
    } else if (!chunk.done || chunk.failed > 0) yield* deps.lines.read(batch, chunk, false);
  }
}

type Wanted = { readonly id: string; readonly kind: 'output' | 'error'; readonly createdAt: number };

/** Null where nothing stands in it: then there is no such file. */
async function written(
  { objects, files }: EndBatchDeps,
  { projectId, id: batchId, outputExpiresSeconds }: Batch,
  { id, kind, createdAt }: Wanted,
  lines: AsyncGenerator<string>,
): Promise<string | null> {
  const first = await lines.next();
  if (first.done) return null;
  const objectKey = objectKeyOf(projectId, id);
  const bytes = await objects.write(objectKey, pieces(first.value, lines));
  await files.create({
    projectId,
    id,
    filename: `${batchId}_${kind}.jsonl`,
    purpose: 'batch_output',
    bytes,
    createdAt,
    expiresAt: outputExpiresSeconds === null ? null : createdAt + outputExpiresSeconds,
    objectKey,
  });
  return id;
}

async function* pieces(first: string, rest: AsyncGenerator<string>): AsyncGenerator<Uint8Array> {
  let held = first;
  for await (const line of rest) {
    if (held.length >= pieceBytes) {
      yield Buffer.from(held);
      held = '';
    }
    held += line;
  }
  yield Buffer.from(held);
}
