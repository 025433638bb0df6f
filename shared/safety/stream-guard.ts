/**
 * What is known of a guarded stream: its frames that have not left, its texts, and whether it is refused. It waits for
 * nothing; guarded-stream.ts does.
 */
import { createHash, type Hash } from 'node:crypto';
import { chatTexts, choicesIn, indexOf } from '../answer-text/chat-texts.ts';
import { responseTexts } from '../answer-text/response-texts.ts';
import { isObject, type JsonObject, type TextLeaf, type Texts } from '../answer-text/text-leaf.ts';
import { dataOf, eventOf, framesOf } from '../streaming/frames.ts';
import { createGuardedText, type GuardedText } from './guarded-text.ts';
import { createPieces, type HeldFrame, type Pieces, sentFrame } from './held-frames.ts';
import { holdsBack, isRefused, type OutputGuard } from './output-guard.ts';
import { errorFrame, recordOf, type StreamDialect } from './refusals.ts';
import { createTurns } from './turns.ts';
import { createWindows, type Slots, slotsPerStream } from './windows.ts';

/** When so much is held, what is there is checked, and no more is read until that has been done. */
const muchBytes = 2 * 1024 * 1024;
/** What still cannot leave then, never will. */
const tooManyBytes = 16 * 1024 * 1024;
/** Choices times texts of a choice. */
const maxChannels = 1_024;
/** Texts that events repeat. */
const maxRemembered = 4_096;

/**
 * A text that went on after it was taken to be over is not so again before it has said this much: else what is cut at
 * every turn would leave bit by bit.
 */
const leastTurn = 256;

type Channel = {
  readonly text: GuardedText;
  readonly pieces: Pieces;
  readonly speaker: string;
  readonly digest: Hash;
  /** What it has said since it went on after its end; infinite, if it never did. */
  saidAgain: number;
};

export type StreamGuard = {
  readonly accept: (run: Uint8Array) => void;
  /** The source has come to its end. */
  readonly end: () => void;
  /** Goes out instead of what is held. */
  readonly fail: (frame: string) => void;
  /** What may leave by now; empty, if nothing. */
  readonly take: () => string;
  readonly mayRead: () => boolean;
  readonly isOver: () => boolean;
};

const parsed = (data: string): unknown => {
  try {
    return JSON.parse(data);
  } catch {
    return null;
  }
};

const digestOf = (text: string): string => createHash('sha256').update(text, 'utf16le').digest('base64');

const hasEnded = (choice: JsonObject): boolean =>
  typeof choice['finish_reason'] === 'string' && choice['finish_reason'] !== '';

export function createStreamGuard(
  guard: OutputGuard,
  dialect: StreamDialect,
  events: { readonly onRefused: () => void; readonly onChange: () => void },
): StreamGuard {
  const record = recordOf(dialect);
  const textsOf: (data: JsonObject) => Texts = dialect === 'chat' ? chatTexts : responseTexts;
  const slots: Slots = { free: slotsPerStream };
  const channels = new Map<string, Channel>();
  /** Texts by themselves, for as long as they are held. */
  let alone: Channel[] = [];
  const turns = createTurns();
  /** Whole texts that were looked at. Events of a response repeat them. */
  const looked = new Set<string>();
  let queue: HeldFrame[] = [];
  let heldBytes = 0;
  let state: 'flowing' | 'ended' | 'refused' | 'failed' | 'over' = 'flowing';
  let lastWords = '';

  function refuse(): void {
    if (state !== 'flowing' && state !== 'ended') return;
    state = 'refused';
    events.onRefused();
    events.onChange();
  }

  /** Also when the stream is over: where nothing is held back, checks go on beside it. */
  function onCleared(): void {
    for (const { text } of open()) text.windows?.start();
    events.onChange();
  }

  function openChannel(speaker: string, json: boolean, known = false): Channel {
    const windows =
      guard.moderation && !known ? createWindows(guard.moderation, slots, { onRefused: refuse, onCleared }) : null;
    const text = createGuardedText(guard, { json, windows });
    return { text, pieces: createPieces(), speaker, digest: createHash('sha256'), saidAgain: Number.POSITIVE_INFINITY };
  }

  function endText(channel: Channel): void {
    if (channel.text.isOver()) return;
    channel.text.end();
    remember(channel.digest.copy().digest('base64'));
  }

  function remember(digest: string): void {
    if (looked.size < maxRemembered) looked.add(digest);
  }

  function acceptAlone(leaf: TextLeaf, frame: HeldFrame): void {
    const digest = digestOf(leaf.text);
    const channel = openChannel(leaf.speaker, leaf.json, looked.has(digest));
    remember(digest);
    channel.pieces.add(leaf, frame);
    channel.text.push(leaf.text);
    channel.text.end();
    alone.push(channel);
  }

  function acceptPiece(name: string, leaf: TextLeaf, frame: HeldFrame): void {
    const channel = channels.get(name) ?? openChannel(leaf.speaker, leaf.json);
    channels.set(name, channel);
    if (channels.size > maxChannels) refuse();
    if (channel.text.isOver()) channel.saidAgain = 0;
    channel.saidAgain += leaf.text.length;
    if (dialect === 'responses') channel.digest.update(leaf.text, 'utf16le');
    channel.pieces.add(leaf, frame);
    channel.text.push(leaf.text);
  }

  function endTurns(leaves: readonly TextLeaf[]): void {
    for (const name of turns(leaves)) {
      const channel = channels.get(name);
      if (channel && channel.saidAgain >= leastTurn) endText(channel);
    }
  }

  function hold(event: string | null, data: JsonObject | null, bytes: number): HeldFrame {
    const frame: HeldFrame = { event, data, bytes, open: 0, retold: new Set() };
    queue.push(frame);
    heldBytes += bytes;
    return frame;
  }

  function endTexts(speaker?: string): void {
    for (const channel of channels.values()) if (speaker === undefined || channel.speaker === speaker) endText(channel);
  }

  function acceptData(event: string | null, data: JsonObject, bytes: number): void {
    const { leaves, unreadable, ends, untoldTokens } = textsOf(data);
    if (isRefused(unreadable, guard)) {
      refuse();
      return;
    }
    record.seen(data);
    const frame = hold(event, data, bytes);
    const ended = ends === null ? undefined : channels.get(ends);
    if (ended) endText(ended);
    endTurns(leaves);
    for (const leaf of leaves) {
      if (leaf.channel === null) acceptAlone(leaf, frame);
      else acceptPiece(leaf.channel, leaf, frame);
    }
    if (holdsBack(guard)) for (const owner of untoldTokens) frame.retold.add(owner);
    for (const choice of choicesIn(data)) if (hasEnded(choice)) endTexts(`choice ${indexOf(choice)}`);
  }

  function acceptFrame(frame: Buffer): void {
    const said = dataOf(frame);
    // Comments are not passed on: a stream that is silent for long gets its own.
    if (said === null) return;
    if (said.trim() === '[DONE]') {
      endTexts();
      hold(null, null, frame.length);
      state = 'ended';
      return;
    }
    const data = parsed(said);
    const event = eventOf(frame);
    if (!isObject(data)) return;
    if (data['error'] || data['type'] === 'error' || event === 'error') fail(errorFrame(data, dialect));
    else acceptData(event, data, frame.length);
  }

  function fail(frame: string): void {
    if (state !== 'flowing' && state !== 'ended') return;
    state = 'failed';
    lastWords = frame;
  }

  const open = (): Channel[] => [...channels.values(), ...alone];

  function settle(): void {
    for (const { text, pieces } of open()) pieces.fill(text.take());
    alone = alone.filter(({ text, pieces }) => !pieces.isComplete() || text.windows?.isWaiting());
  }

  function takeReady(): string {
    let ready = '';
    let count = 0;
    for (const frame of queue) {
      if (frame.open > 0) break;
      ready += sentFrame(frame);
      if (frame.data) record.left(frame.data);
      heldBytes -= frame.bytes;
      count++;
    }
    queue = queue.slice(count);
    return ready;
  }

  return {
    accept(run) {
      for (const frame of framesOf(Buffer.from(run.buffer, run.byteOffset, run.byteLength))) {
        if (state === 'flowing') acceptFrame(frame);
      }
      if (heldBytes > muchBytes) for (const { text } of open()) text.windows?.flush();
      if (heldBytes > tooManyBytes) refuse();
    },
    end() {
      if (state !== 'flowing') return;
      endTexts();
      state = 'ended';
    },
    fail,
    take() {
      if (state === 'over') return '';
      if (queue.length > 0) settle();
      let ready = takeReady();
      if (state === 'refused') {
        const dropped = queue.map(({ data }) => data).filter((data) => data !== null);
        lastWords = record.refusal(dropped).join('');
      }
      if (state === 'refused' || state === 'failed') {
        ready += lastWords;
        queue = [];
      }
      if (queue.length === 0 && state !== 'flowing') state = 'over';
      return ready;
    },
    mayRead: () => state === 'flowing' && (heldBytes <= muchBytes || slots.free === slotsPerStream),
    isOver: () => state === 'over',
  };
}
