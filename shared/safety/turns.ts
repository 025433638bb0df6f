/**
 * A choice says its texts one after the other: it reasons, answers, calls a tool. Where the next begins, the one before
 * is taken to be over, so that what could have been the beginning of something is not kept from the caller until the
 * stream's end. Texts that come in the same frames (some providers tell reasoning in two members) are of one turn.
 */
import type { TextLeaf } from '../answer-text/text-leaf.ts';

/** The channels that are over, now that a frame has these texts. */
export type Turns = (leaves: readonly TextLeaf[]) => readonly string[];

export function createTurns(): Turns {
  const turns = new Map<string, Set<string>>();

  return (leaves) => {
    const over: string[] = [];
    const speaking = new Map<string, Set<string>>();
    for (const { speaker, channel } of leaves) {
      if (channel !== null) speaking.set(speaker, (speaking.get(speaker) ?? new Set()).add(channel));
    }
    for (const [speaker, channels] of speaking) {
      const turn = turns.get(speaker);
      if (turn && [...channels].some((channel) => turn.has(channel))) {
        for (const channel of channels) turn.add(channel);
      } else {
        over.push(...(turn ?? []));
        turns.set(speaker, channels);
      }
    }
    return over;
  };
}
