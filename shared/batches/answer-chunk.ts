/** Asks the lines of one chunk that have no answer yet, and writes down what they are answered. */
import type { FileStore } from '../files/file-store.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import type { CallerNow } from '../keys/caller-of-key.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { Waits } from '../pause.ts';
import type { QueueContext } from '../queues/queue-handler.ts';
import type { AnswerLine, LineAnswer } from './answer-line.ts';
import { type Batch, type Counts, isOpen, waitsUntil } from './batch.ts';
import type { BatchStore } from './batch-store.ts';
import { countsOf, sameCounts, withLine } from './counts.ts';
import { requestOf } from './input-line.ts';
import { type InputLine, inputLines, isBlank } from './input-lines.ts';
import { type Chunk, linesExpireAt, requestIdOf, type StoredLine } from './line-row.ts';
import type { LineStore } from './line-store.ts';
import { usageOf } from './line-usage.ts';
import { failureOf, interrupted } from './output-line.ts';
import { runLines, type Verdict } from './run-lines.ts';
import type { ChunkEnd, Hand, TaskStore } from './task-store.ts';
import { type WatchDeps, watch } from './watch.ts';

export type AnswerChunkDeps = WatchDeps &
  Pick<Waits, 'pause'> & {
    readonly batches: Pick<BatchStore, 'get' | 'wrapUp' | 'goOn'>;
    readonly lines: LineStore;
    readonly tasks: Pick<TaskStore, 'count' | 'endChunk'>;
    readonly files: Pick<FileStore, 'get'>;
    readonly objects: Pick<ObjectStore, 'read'>;
    readonly callerNow: CallerNow;
    readonly answerLine: AnswerLine;
    readonly linesAtOnce: number;
  };

export type ChunkInHand = {
  readonly hand: Hand;
  readonly batch: Batch;
  readonly chunk: number;
  /** The worker that had it before has died at it. */
  readonly afterDeath: boolean;
  readonly context: QueueContext;
};

/** What a provider has failed at is asked for so often, each time with the attempts that a live call has. */
export const asksPerLine = 3;
const firstPauseMs = 1_000;

/** How often it is tried to write an answer down, which takes half a minute. */
const recordsPerLine = 10;
const longestRecordPauseMs = 5_000;

/** A chunk at which so many workers have died is not tried again: it may be what kills them. */
const maxDeaths = 5;

/** With less time than this left no line is begun: what a model is asked for takes up to ten minutes (shared/providers/timeouts.ts). */
const longestLineMs = 600_000;

export const hasTime = ({ getRemainingTimeInMillis }: QueueContext): boolean =>
  getRemainingTimeInMillis() > longestLineMs;

/** False where another worker has the lane by now. */
export async function answerChunk(deps: AnswerChunkDeps, inHand: ChunkInHand): Promise<boolean> {
  const { lines, tasks, now, batches } = deps;
  const { hand, batch } = inHand;
  const chunk = await lines.chunk(batch, inHand.chunk);
  if (!chunk) throw new Error('a batch has no such chunk');
  const recorded = await lines.recorded(batch, chunk);
  let counts = countsOf(recorded.values());
  let counted: Counts = chunk;
  const end = (how: Pick<ChunkEnd, 'done' | 'notBeforeMs'>) =>
    tasks.endChunk(hand, batch, { chunk: chunk.chunk, before: counted, after: counts, ...how });

  const ready = isOpen(batch) ? await readied(deps, inHand, chunk) : null;
  if (!ready) return end({ done: false });
  const left = ready.lines.filter(({ line }) => !recorded.has(line));
  const watched = watch(deps, {
    hand,
    key: batch,
    whileOpen: true,
    count: async () => {
      const seen = counts;
      if (sameCounts(seen, counted)) return;
      counted = await tasks.count(hand, batch, { chunk: chunk.chunk, before: counted, after: seen });
    },
  });
  const { stopped } = watched;
  let isOver = false;
  const answered = async (line: InputLine): Promise<Verdict> => {
    const stored = ready.isDeadly ? notRun(batch, line) : await asked(deps, inHand, ready.caller, line, stopped);
    if ('retryAfterMs' in stored) return stored;
    if ('left' in stored) {
      isOver = true;
      return { retryAfterMs: 0 };
    }
    const by = { workerId: hand.workerId, expiresAt: linesExpireAt(batch) };
    const first = await kept(() => lines.record(batch, stored, by), deps);
    counts = withLine(counts, first ?? stored);
    return 'answered';
  };
  try {
    const waitMs = await runLines(left, {
      atOnce: deps.linesAtOnce,
      isProbe: batch.waits > 0,
      ask: answered,
      groupOf: ({ model }) => model,
      halted: () => isOver || stopped.aborted || !hasTime(inHand.context),
      stopped,
      now,
      pause: deps.pause,
    });
    await watched.end();
    if (watched.isLost()) return false;
    const wasAnswered = counts.completed + counts.failed > recorded.size;
    const waits = wasAnswered ? 0 : batch.waits;
    if (batch.waits > 0 && wasAnswered) await batches.goOn(batch);
    const done = counts.completed + counts.failed === chunk.requests;
    // One that is being wrapped up waits for nobody.
    const hasToWait = !done && waitMs !== undefined && !isOver && !stopped.aborted;
    return await end({ done, ...(hasToWait && { notBeforeMs: waitsUntil(waits, waitMs, now()) }) });
  } finally {
    await watched.end();
  }
}

/** It is paid: while the table has no room for it, this worker asks for no more. */
async function kept<Result>(record: () => Promise<Result>, { pause }: Pick<Waits, 'pause'>): Promise<Result> {
  const { signal } = new AbortController();
  for (let tries = 1; ; tries += 1) {
    try {
      return await record();
    } catch (error) {
      if (tries === recordsPerLine) throw error;
      await pause(Math.min(longestRecordPauseMs, 100 * 2 ** tries), signal);
    }
  }
}

type ReadyLine = InputLine & { readonly model: string };
type Ready = { readonly caller: ProjectCaller; readonly lines: readonly ReadyLine[]; readonly isDeadly: boolean };

/** Null where nothing of the batch can be asked any more, which it has been told then. */
async function readied(deps: AnswerChunkDeps, { batch, afterDeath }: ChunkInHand, chunk: Chunk): Promise<Ready | null> {
  const { batches, lines, files, objects, callerNow, now } = deps;
  const [caller, file, deaths] = await Promise.all([
    callerNow(batch.projectId, batch.apiKeyId),
    files.get(batch.projectId, batch.inputFileId),
    afterDeath ? lines.died(batch, chunk.chunk) : 0,
  ]);
  if (!caller || !file) {
    const error = failureOf(caller ? 'file_not_found' : 'invalid_api_key', chunk.firstLine);
    await batches.wrapUp(batch, { ending: 'failed', errors: [error], at: Math.floor(now() / 1000) });
    return null;
  }
  const range = { start: chunk.byteStart, end: chunk.byteEnd };
  const found: ReadyLine[] = [];
  for await (const line of inputLines(objects.read(file.objectKey, range))) {
    if (!line.bytes || isBlank(line.bytes)) continue;
    found.push({ ...line, line: chunk.firstLine + line.line - 1, model: requestOf(line.bytes).model });
  }
  return { caller, lines: found, isDeadly: deaths >= maxDeaths };
}

/** The line as it is to be written down; or that it has to wait, or is left. */
async function asked(
  deps: AnswerChunkDeps,
  { batch, context }: ChunkInHand,
  caller: ProjectCaller,
  { line, bytes }: InputLine,
  stopped: AbortSignal,
): Promise<StoredLine | { readonly retryAfterMs: number } | { readonly left: true }> {
  const { customId, body } = requestOf(bytes ?? Buffer.alloc(0));
  const requestId = requestIdOf(batch.id, line);
  for (let asks = 1; ; asks += 1) {
    const answer = await deps.answerLine({
      endpoint: batch.endpoint,
      caller,
      batchId: batch.id,
      requestId,
      body,
      stopped,
      context,
    });
    if (answer.kind === 'stopped') return { left: true };
    if (answer.kind === 'wait') return { retryAfterMs: answer.retryAfterMs };
    if (answer.kind === 'unaffordable') {
      const errors = [failureOf('insufficient_quota', line)];
      await deps.batches.wrapUp(batch, { ending: 'failed', errors, at: Math.floor(deps.now() / 1000) });
      return { left: true };
    }
    if (!answer.retryable || asks === asksPerLine) return answeredLine(answer, { line, customId, requestId });
    // Whoever goes on with the chunk asks it as often.
    if (stopped.aborted || !hasTime(context)) return { left: true };
    await deps.pause(firstPauseMs * 4 ** (asks - 1), stopped);
  }
}

const answeredLine = (
  { status, body }: Extract<LineAnswer, { readonly kind: 'answered' }>,
  named: Pick<StoredLine, 'line' | 'customId' | 'requestId'>,
): StoredLine => ({ ...named, status, succeeded: status < 400, body: JSON.stringify(body), usage: usageOf(body) });

const notRun = (batch: Batch, { line, bytes }: InputLine): StoredLine => ({
  line,
  customId: requestOf(bytes ?? Buffer.alloc(0)).customId,
  requestId: requestIdOf(batch.id, line),
  succeeded: false,
  usage: usageOf(null),
  error: interrupted,
});
