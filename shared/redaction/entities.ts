/** What is found in a text, and how much of a text that goes on is decided. Names and addresses are a model's work, not a pattern's. */
import type { Entity } from './entity.ts';
import type { EntityKind } from './entity-kinds.ts';
import { scan } from './scan.ts';
import { maxStretchLength } from './stretch.ts';

export type { Entity } from './entity.ts';
export { type EntityKind, entityKinds } from './entity-kinds.ts';

/** Of what is found. Part of the key of what is cached, so change it with any pattern. */
export const redactionVersion = '1';

/** A stretch, and the atom after it, which may yet join it; or the header of a private key. */
export const maxEntityLength = 2 * maxStretchLength + 512;

export const entitiesIn = (text: string, kinds: readonly EntityKind[]): readonly Entity[] =>
  scan(text, new Set(kinds), null, true).entities;

/**
 * For text that goes on: from which offset on what follows could still change what is found there. Everything before it
 * is decided. `text` begins where a text begins, or at an offset that was decided before. A private key and a token that are longer than
 * `maxEntityLength` go on from text to text: `createTextRedaction` keeps that in mind, this cannot.
 */
export const undecidedFrom = (text: string, kinds: readonly EntityKind[]): number => {
  const { decided, open } = scan(text, new Set(kinds), null, false);
  return open ? Math.min(decided, Math.max(open.start, text.length - maxEntityLength)) : decided;
};
