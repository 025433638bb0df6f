/**
 * One pass over a text, or over what has come of it. The same pass serves whole texts and streams, so that both find the
 * same: everything before `decided` cannot be changed by what follows.
 */

import { detect } from './detect.ts';
import type { Entity, EntityKind, Span } from './entity.ts';
import { continueKey, keyStart } from './private-key.ts';
import { maxStretchLength, nextAtom, stretchFrom } from './stretch.ts';

/** A secret that has begun and has no end yet, however long it becomes. */
export type OpenSecret = { readonly start: number; readonly body: 'key' | 'key line' | 'token' };

export type Scan = {
  readonly entities: readonly Entity[];
  readonly decided: number;
  readonly open: OpenSecret | null;
};

/** `a@b.co` */
const shortestEntity = 6;

const tokenEnd = /[^A-Za-z0-9_\-+/=.~%]/g;

/** An escape or half of a character at the end is not told apart from what it will be. */
function withoutHalves(text: string): number {
  const last = text.charCodeAt(text.length - 1);
  if (last >= 0xd800 && last <= 0xdbff) return text.length - 1;
  let backslashes = 0;
  while (text.charCodeAt(text.length - 1 - backslashes) === 0x5c) backslashes++;
  return text.length - (backslashes % 2);
}

/**
 * Reads `text` from its beginning, which is that of a text or an offset decided before, with the secret that was open there.
 * Offsets are of `text`; those of an open secret that began before it are negative.
 */
export function scan(text: string, kinds: ReadonlySet<EntityKind>, opened: OpenSecret | null, atEnd: boolean): Scan {
  const entities: Entity[] = [];
  let at = 0;
  let open = opened;
  for (;;) {
    if (open) {
      const { end, over, body } = continueSecret(text, at, open, atEnd);
      at = end;
      if (!over) return { entities, decided: end, open: { start: open.start, body } };
      entities.push({ kind: 'secrets', start: open.start, end });
      open = null;
    }
    const atom = nextAtom(text, at);
    if (!atom) break;
    const lead = leadOf(text, atom.start, at);
    if (kinds.has('secrets')) {
      const key = keyStart(text, atom.start, atom.end, atEnd);
      if (key.state === 'undecided') return { entities, decided: lead, open: null };
      if (key.state === 'begun') {
        entities.push(...detectFrom(text, lead, key.start, kinds));
        open = { start: key.start, body: 'key' };
        at = key.body;
        continue;
      }
    }
    const stretch = stretchFrom(text, atom, atEnd);
    if (!stretch) return { entities, decided: lead, open: null };
    at = stretch.end;
    if (stretch.plain || stretch.end - lead < shortestEntity) continue;
    entities.push(...detectFrom(text, lead, stretch.end, kinds));
    const last = entities.at(-1);
    if (stretch.cut && last?.kind === 'secrets' && last.end === stretch.end) {
      entities.pop();
      open = { start: last.start, body: 'token' };
    } else if (stretch.cut && kinds.has('secrets')) {
      const token = cutWebToken(text, Math.max(lead, last?.end ?? lead), stretch.end);
      if (token !== null) open = { start: token, body: 'token' };
    }
  }
  const whole = atEnd ? text.length : withoutHalves(text);
  return { entities, decided: atEnd ? whole : Math.max(at, leadOf(text, whole, at)), open: null };
}

/** Where a JSON web token begins that was cut within its first part, which shows nothing else of what it is. */
function cutWebToken(text: string, from: number, to: number): number | null {
  let start = to;
  while (start > from && /[A-Za-z0-9_.-]/.test(text.charAt(start - 1))) start--;
  return text.startsWith('eyJ', start) && to - start > maxStretchLength / 4 ? start : null;
}

const detectFrom = (text: string, from: number, to: number, kinds: ReadonlySet<EntityKind>): Entity[] =>
  from === to
    ? []
    : detect(text.slice(from, to), kinds).map(({ kind, start, end }) => ({
        kind,
        start: from + start,
        end: from + end,
      }));

/** A bracket before a number belongs to it: `(08) 8747 6301`. */
const leadOf = (text: string, start: number, from: number): number =>
  start > from && text.charAt(start - 1) === '(' ? start - 1 : start;

function continueSecret(
  text: string,
  at: number,
  { body }: OpenSecret,
  atEnd: boolean,
): Span & { readonly over: boolean; readonly body: OpenSecret['body'] } {
  if (body === 'token') {
    tokenEnd.lastIndex = at;
    const end = tokenEnd.exec(text)?.index ?? text.length;
    return { start: at, end, over: atEnd || end < text.length, body };
  }
  const { end, over, inLine } = continueKey(text, at, body === 'key line', atEnd);
  return { start: at, end, over, body: inLine ? 'key line' : 'key' };
}
