/** What a worker makes of one message: it takes its lane, does what there is for a while, and sends the lane on. docs/adr/0070 */
import { GatewayError } from '../errors.ts';
import type { Queue } from '../queues/queue.ts';
import type { Delivery, QueueContext } from '../queues/queue-handler.ts';
import { type AnswerChunkDeps, answerChunk, hasTime } from './answer-chunk.ts';
import { type BatchKey, isOpen, waitsUntil } from './batch.ts';
import type { BatchStore } from './batch-store.ts';
import { type EndBatchDeps, StoppedError } from './end-batch.ts';
import { callFor, type LaneMessage, onceMore } from './lane-message.ts';
import type { InHand, LaneStore } from './lane-store.ts';
import { longestLookMs, nextTask, type Task } from './next-task.ts';
import { finalised, validated } from './steps.ts';
import type { Hand, TaskStore } from './task-store.ts';
import type { ValidateDeps } from './validate.ts';
import { leaseMs } from './watch.ts';

export type WorkDeps = AnswerChunkDeps &
  EndBatchDeps &
  ValidateDeps & {
    readonly batches: BatchStore;
    readonly lanes: LaneStore;
    readonly tasks: TaskStore;
    readonly queue: Queue;
    /** Of one project. */
    readonly laneCount: number;
    readonly newId: (prefix: string) => string;
  };

export type Work = (delivery: Delivery<LaneMessage>, context: QueueContext) => Promise<void>;

/** So long a lane keeps a place that those of other projects wait for. */
const turnMs = 30_000;

export const createWork =
  (deps: WorkDeps): Work =>
  async ({ message }, context) => {
    const { lanes, queue, now, newId, log } = deps;
    const { projectId, id: messageId } = message;
    const key = { projectId, lane: Number(message.lane) };
    const workerId = newId('worker_');
    const beganMs = now();
    const claimed = await lanes.claim(key, {
      lease: { workerId, untilMs: beganMs + leaseMs },
      nowMs: beganMs,
      messageId,
    });
    if (claimed.kind === 'superseded') return;
    if (claimed.kind === 'held') {
      // It may be the other that dies, or that has just found nothing more to do: somebody has to look again.
      const { message: again, delaySeconds } = onceMore(message);
      return queue.send(again, delaySeconds);
    }
    const hand: Hand = { ...key, workerId };
    let inHand = claimed.inHand;
    let delayMs: number | null = 0;
    let tries = 0;
    try {
      while (hasTime(context) && now() - beganMs < turnMs) {
        const step = inHand
          ? await resumed(deps, hand, inHand, claimed.afterDeath, context)
          : await nextStep(deps, hand, context);
        inHand = undefined;
        if (step === 'went on') continue;
        if (step === 'lost') return;
        delayMs = step === 'nothing' ? null : step.inMs;
        break;
      }
    } catch (error) {
      log.error('lane of batches interrupted', { ...hand, error });
      tries = Number(message.tries ?? 0) + 1;
      delayMs = 1000 * onceMore(message).delaySeconds;
    }
    if (delayMs === null) return lanes.close(key, workerId);
    const id = newId('msg_');
    const next = { ...callFor(projectId, key.lane), id, ...(tries > 0 && { tries: String(Math.min(tries, 100)) }) };
    await queue.send(next, delayMs / 1000);
    await lanes.leave(key, workerId, id, now());
  };

type Step = 'went on' | 'lost' | 'nothing' | { readonly inMs: number };

async function nextStep(deps: WorkDeps, hand: Hand, context: QueueContext): Promise<Step> {
  const { batches, now } = deps;
  const pending = await batches.unfinished(hand.projectId);
  // Settings may have become fewer: what such a lane had in hand is done by now.
  if (hand.lane >= deps.laneCount) return 'nothing';
  const task = nextTask(pending, now());
  const at = Math.floor(now() / 1000);
  switch (task.kind) {
    case 'nothing':
      return 'nothing';
    case 'later':
      if (pending.some(({ atWork }) => atWork > 0)) await callForTheDead(deps, hand);
      return { inMs: task.inMs };
    case 'expire':
      await batches.wrapUp(task.batch, { ending: 'expired', errors: [], at });
      return 'went on';
    case 'complete':
      await batches.complete(task.batch, at);
      return 'went on';
    default: {
      const inHand = inHandOf(task);
      const output = { outputFileId: deps.newId('file-'), errorFileId: deps.newId('file-'), createdAt: at };
      const isTaken = await deps.tasks.take(hand, { batch: task.batch, inHand, output });
      if (isTaken) return done(deps, hand, inHand, false, context);
      // Another lane was faster, or this one is somebody else's.
      const lease = { workerId: hand.workerId, untilMs: now() + leaseMs };
      return (await deps.lanes.renew(hand, lease, now())) ? 'went on' : 'lost';
    }
  }
}

function inHandOf(task: Extract<Task, { readonly kind: 'validate' | 'answer' | 'finalise' }>): InHand {
  const batchId = task.batch.id;
  switch (task.kind) {
    case 'validate':
      return { batchId, work: 'validation' };
    case 'answer':
      return { batchId, work: 'chunk', chunk: task.chunk };
    case 'finalise':
      return { batchId, work: 'end' };
  }
}

const resumed = (deps: WorkDeps, hand: Hand, inHand: InHand, afterDeath: boolean, context: QueueContext) =>
  done(deps, hand, inHand, afterDeath, context);

/** Whatever fails of it is put back, so that the other batches of the project are not held up. */
async function done(
  deps: WorkDeps,
  hand: Hand,
  inHand: InHand,
  afterDeath: boolean,
  context: QueueContext,
): Promise<Step> {
  const { batches, tasks, log } = deps;
  const key = { projectId: hand.projectId, id: inHand.batchId };
  try {
    const batch = await batches.get(key);
    if (!batch) throw new GatewayError('not_found');
    switch (inHand.work) {
      case 'chunk':
        return (await answerChunk(deps, { hand, batch, chunk: inHand.chunk, afterDeath, context }))
          ? 'went on'
          : 'lost';
      case 'validation':
        if (isOpen(batch)) return (await validated(deps, hand, batch)) ? 'went on' : 'lost';
        await tasks.putBack(hand, key);
        return 'went on';
      case 'end':
        return (await finalised(deps, hand, batch)) ? 'went on' : 'lost';
    }
  } catch (error) {
    if (error instanceof StoppedError) return 'lost';
    log.error('work at a batch failed', { batchId: inHand.batchId, work: inHand.work, error });
    await putBack(deps, hand, key, inHand);
    return 'went on';
  }
}

async function putBack(
  { batches, tasks, lines, now }: WorkDeps,
  hand: Hand,
  key: BatchKey,
  inHand: InHand,
): Promise<void> {
  const batch = await batches.get(key);
  const notBeforeMs = waitsUntil(batch?.waits ?? 0, 0, now());
  if (inHand.work !== 'chunk') return tasks.putBack(hand, key, notBeforeMs);
  const chunk = await lines.chunk(key, inHand.chunk);
  if (!chunk) throw new GatewayError('not_found');
  // What it has answered is counted by whoever goes on with it.
  await tasks.endChunk(hand, key, { chunk: chunk.chunk, done: false, before: chunk, after: chunk, notBeforeMs });
}

/** A message of their own brings them back as well, which on AWS takes a quarter of an hour. */
async function callForTheDead({ lanes, queue, now }: WorkDeps, { projectId, lane: mine }: Hand): Promise<void> {
  const nowMs = now();
  for (const { lane, inHand, leasedUntilMs, seenAtMs } of await lanes.all(projectId)) {
    const isDead = leasedUntilMs !== undefined && leasedUntilMs <= nowMs;
    if (lane === mine || !inHand || !isDead || nowMs - seenAtMs < longestLookMs) continue;
    await queue.send(callFor(projectId, lane));
    await lanes.called({ projectId, lane }, nowMs);
  }
}
