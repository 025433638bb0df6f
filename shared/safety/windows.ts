/**
 * Holds a text back until it is checked, window by window, while the rest flows. A window ends with a sentence, or where
 * it has its full size; several are checked at a time, each with what came before it. docs/adr/0055
 */
import { divided, type Segment, textOf } from '../answer-text/segment.ts';
import type { OutputModeration } from './output-guard.ts';

/** Checks under way, of all the texts of a stream. When there is none left, what comes gathers, and is checked as one. */
export type Slots = { free: number };

export const slotsPerStream = 4;

export type WindowEvents = {
  readonly onRefused: () => void;
  readonly onCleared: () => void;
};

export type Windows = {
  readonly push: (segments: readonly Segment[]) => void;
  /** What is there is checked as it is, without waiting for more. */
  readonly flush: () => void;
  /** Starts what can be started. */
  readonly start: () => void;
  readonly takeCleared: () => readonly Segment[];
  /** Everything has been taken. */
  readonly isEmpty: () => boolean;
  /** Something is not yet being checked. */
  readonly isWaiting: () => boolean;
};

/** Shorter sentences are not worth a check of their own: "1. " */
const minSentenceLength = 20;

const endsSentence = /[.!?…]["'”’»)\]*_`]{0,3}$/;
const endsByItself = /[\n。！？]/;

/** One past the last sentence that ends behind `from`; 0 if none does. */
function sentenceEnd(text: string, from: number): number {
  for (let at = text.length - 1; at >= from; at--) {
    const character = text.charAt(at);
    if (endsByItself.test(character)) return at + 1;
    if (/\s/.test(character) && endsSentence.test(text.slice(Math.max(0, at - 4), at))) return at + 1;
  }
  return 0;
}

const isHighSurrogate = (code: number): boolean => code >= 0xd800 && code <= 0xdbff;

/** What was seen before a window is seen along with it, so that a sentence in two windows is read in one piece. */
const contextBefore = (text: string, length: number): string => text.slice(Math.max(0, text.length - length));

type Window = { readonly segments: readonly Segment[]; cleared: boolean };

export function createWindows(
  { check, holdsBack, windowChars }: OutputModeration,
  slots: Slots,
  { onRefused, onCleared }: WindowEvents,
): Windows {
  /** Not yet in a window. In flag mode they have left already, and only their text is kept. */
  let waiting: Segment[] = [];
  let text = '';
  let sentence = 0;
  let flushed = 0;
  let context = '';
  let windows: Window[] = [];
  let passed: Segment[] = [];

  function windowLength(): number {
    if (flushed > 0) return flushed;
    if (sentence >= Math.min(minSentenceLength, windowChars)) return sentence;
    if (text.length < windowChars) return 0;
    return isHighSurrogate(text.charCodeAt(text.length - 1)) ? text.length - 1 : text.length;
  }

  /** The segments that say the first characters; those in one piece go with their beginning. */
  function takeWaiting(length: number): Segment[] {
    const taken: Segment[] = [];
    let at = 0;
    for (const [index, segment] of waiting.entries()) {
      const parts = at + segment.text.length > length ? divided(segment, length - at) : null;
      taken.push(parts?.[0] ?? segment);
      at += segment.text.length;
      if (at < length) continue;
      // Segments that say nothing any more go with what is before them.
      waiting = parts ? [parts[1], ...waiting.slice(index + 1)] : waiting.slice(index + 1);
      break;
    }
    return taken;
  }

  function open(length: number): void {
    const segments = holdsBack ? takeWaiting(length) : [];
    const said = holdsBack ? textOf(segments) : text.slice(0, length);
    const window = { segments, cleared: false };
    const seen = context + said;
    context = contextBefore(seen, windowChars);
    text = text.slice(said.length);
    sentence = Math.max(0, sentence - said.length);
    flushed = Math.max(0, flushed - said.length);
    if (holdsBack) windows.push(window);
    slots.free--;
    const ended = (verdict: 'cleared' | 'refused'): void => {
      slots.free++;
      window.cleared = verdict === 'cleared';
      if (verdict === 'refused' && holdsBack) onRefused();
      else onCleared();
    };
    check(seen).then(ended, () => ended('refused'));
  }

  function start(): void {
    for (let length = windowLength(); length > 0 && slots.free > 0; length = windowLength()) open(length);
  }

  return {
    push(segments) {
      const kept = holdsBack ? waiting : passed;
      for (const segment of segments) kept.push(segment);
      const more = textOf(segments);
      const before = text.length;
      text += more;
      sentence = Math.max(sentence, sentenceEnd(text, before));
      start();
    },
    flush() {
      flushed = text.length;
      start();
    },
    start,
    takeCleared() {
      if (!holdsBack) {
        const all = passed;
        passed = [];
        return all;
      }
      const cleared: Segment[] = [];
      let count = 0;
      for (const window of windows) {
        if (!window.cleared) break;
        for (const segment of window.segments) cleared.push(segment);
        count++;
      }
      windows = windows.slice(count);
      // What says nothing is not waited for.
      if (windows.length === 0 && text === '') {
        cleared.push(...waiting);
        waiting = [];
      }
      return cleared;
    },
    isEmpty: () => windows.length === 0 && waiting.length === 0 && passed.length === 0,
    isWaiting: () => text !== '',
  };
}
