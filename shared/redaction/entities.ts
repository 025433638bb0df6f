/** What is found in a text. Names and addresses are a model's work, not a pattern's. */
import type { Entity, EntityKind } from './entity.ts';
import { scan } from './scan.ts';
import { maxStretchLength } from './stretch.ts';

/** Of what is found. Part of the key of what is cached, so change it with any pattern. */
export const redactionVersion = '1';

/** A stretch, and the atom after it, which may yet join it; or the header of a private key. */
export const maxEntityLength = 2 * maxStretchLength + 512;

export const entitiesIn = (text: string, kinds: readonly EntityKind[]): readonly Entity[] =>
  scan(text, new Set(kinds), null, true).entities;
