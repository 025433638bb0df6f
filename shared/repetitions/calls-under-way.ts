/**
 * Calls of one instance whose callers may come back for the answer: those under way, and for
 * some seconds those that ended when nobody was there any more. docs/adr/0045
 *
 *   begun ──caller served──▶ forgotten: the same again is another call
 *     └──caller left──▶ a retry may have the answer ──retry served──▶ forgotten
 */
import type { HasLeft } from '../http/event.ts';
import type { KeptAnswer } from '../idempotency/kept-answer.ts';

export type CallUnderWay = {
  /** Once its answer is out, or there is none to give again. */
  readonly ended: (answer: KeptAnswer | null) => void;
};

export type JoinedCall = {
  /** Null where nothing came of it. */
  readonly answer: Promise<KeptAnswer | null>;
  readonly isUnderWay: () => boolean;
  /** Once the answer has been given to whoever joined. */
  readonly served: () => void;
};

export interface CallsUnderWay {
  /** Undefined where there is no room for one more: then nobody can join it. */
  begin(name: string, hasLeft: HasLeft): CallUnderWay | undefined;
  /** Undefined where there is no such call, or somebody is there to be given its answer. */
  join(name: string, hasLeft: HasLeft): JoinedCall | undefined;
}

/** Together with `maxJoinableBytes`, 64 MB. */
export const maxCalls = 256;
/** Of an answer. What is longer is not kept. */
export const maxJoinableBytes = 256 * 1024;
/** The SDKs wait for eight seconds at the most before they try again. */
export const joinableMs = 30_000;

type Entry = {
  /** Those that may still be there. Whoever has left is let go of, since asking after them holds on to their whole request. */
  callers: HasLeft[];
  readonly answer: Promise<KeptAnswer | null>;
  endedAtMs: number | null;
};

/** State of an instance: made once, with its other parts. Nothing here depends on a timer, which a frozen instance would miss. */
export function createCallsUnderWay(now: () => number): CallsUnderWay {
  const entries = new Map<string, Entry>();
  const forget = (name: string, entry: Entry): void => {
    if (entries.get(name) === entry) entries.delete(name);
  };
  const isOver = ({ endedAtMs }: Entry): boolean => endedAtMs !== null && now() - endedAtMs >= joinableMs;

  function hasRoom(): boolean {
    for (const [name, entry] of entries) if (isOver(entry)) entries.delete(name);
    if (entries.size < maxCalls) return true;
    const ended = [...entries].find(([, { endedAtMs }]) => endedAtMs !== null);
    if (ended) entries.delete(ended[0]);
    return entries.size < maxCalls;
  }

  return {
    begin(name, hasLeft) {
      if (!hasRoom()) return undefined;
      const { promise, resolve } = Promise.withResolvers<KeptAnswer | null>();
      const entry: Entry = { callers: [hasLeft], answer: promise, endedAtMs: null };
      entries.delete(name);
      entries.set(name, entry);
      return {
        ended(answer) {
          entry.endedAtMs = now();
          entry.callers = entry.callers.filter((left) => !left());
          if (answer === null || !hasLeft()) forget(name, entry);
          resolve(answer);
        },
      };
    },

    join(name, hasLeft) {
      const entry = entries.get(name);
      if (!entry || isOver(entry) || !entry.callers.every((left) => left())) return undefined;
      entry.callers.push(hasLeft);
      return {
        answer: entry.answer,
        isUnderWay: () => entry.endedAtMs === null,
        served: () => {
          if (!hasLeft()) forget(name, entry);
        },
      };
    },
  };
}
