/** Replaces what is not for the provider's eyes, in every text, and where it was cut in two, in both. */
import { GatewayError } from '../errors.ts';
import { paramOf } from '../http/param.ts';
import { entitiesIn, maxEntityLength } from '../redaction/entities.ts';
import type { EntityKind } from '../redaction/entity.ts';
import { createRedactor, type Redactor } from '../redaction/redactor.ts';
import { unescaped } from './hidden-text.ts';
import { wellKnown } from './member-names.ts';
import type { Path, RequestContent, RequestText } from './request-text.ts';
import { rangesOf, seamsOf } from './seams.ts';

export type RedactionInspection = {
  readonly edits: ReadonlyMap<RequestText, string>;
  readonly kinds: ReadonlySet<EntityKind>;
  readonly redactor: Redactor;
};

/** Offsets are those of the whole run, as one text. */
type Found = { readonly start: number; readonly end: number; readonly kind: EntityKind };

/** Those that overlap are one. */
function united(found: readonly Found[]): readonly Found[] {
  const all: Found[] = [];
  for (const next of found.toSorted((one, other) => one.start - other.start || other.end - one.end)) {
    const last = all.at(-1);
    if (last === undefined || next.start >= last.end) all.push(next);
    else if (next.end > last.end) all[all.length - 1] = { ...last, end: next.end };
  }
  return all;
}

function offsetsOf(pieces: readonly string[]): readonly number[] {
  const offsets = [0];
  for (const piece of pieces) offsets.push((offsets.at(-1) ?? 0) + piece.length);
  return offsets;
}

function inPieces(pieces: readonly string[], offsets: readonly number[], kinds: readonly EntityKind[]): Found[] {
  return pieces.flatMap((piece, index) => {
    const offset = offsets[index] ?? 0;
    return entitiesIn(piece, kinds).map(({ kind, start, end }) => ({ kind, start: start + offset, end: end + offset }));
  });
}

/** Offsets are those of the whole run. */
type Portion = { readonly piece: number; readonly text: string; readonly start: number; readonly end: number };

const isPlainWord = (text: string): boolean => /^(\p{Lu}?\p{Ll}*|\p{Lu}+)$/u.test(text);
/** Each of them is another look at what was found. */
const mostLeftAway = 2;

/**
 * Without the words before and behind it that only look as if they were part of it, since nothing stands between: an
 * answer that begins where a key ended. Of a secret, what is no word may well be its rest.
 */
function own(portions: readonly Portion[], kind: EntityKind, between: '' | ' '): readonly Portion[] {
  const isOne = (some: readonly Portion[]): boolean => {
    const text = some.map((portion) => portion.text).join(between);
    return entitiesIn(text, [kind]).some(({ start, end }) => start === 0 && end === text.length);
  };
  const mayGo = (portion: Portion | undefined): boolean => kind !== 'secrets' || isPlainWord(portion?.text ?? '');
  let left = portions;
  for (let away = 0; away < mostLeftAway && left.length > 1; away++) {
    if (mayGo(left.at(-1)) && isOne(left.slice(0, -1))) left = left.slice(0, -1);
    else if (mayGo(left[0]) && isOne(left.slice(1))) left = left.slice(1);
    else break;
  }
  return left;
}

/** An item of a list: two numbers that stand in a table are not one. Of a secret more than its length tells that it is one. */
const isItem = (text: RequestText | undefined): boolean => typeof text?.path.at(-1) === 'number';

function atSeams(
  run: readonly RequestText[],
  pieces: readonly string[],
  offsets: readonly number[],
  kinds: readonly EntityKind[],
): Found[] {
  const found: Found[] = [];
  for (const between of ['', ' '] as const) {
    for (const seam of seamsOf(pieces, maxEntityLength, between)) {
      for (const entity of entitiesIn(seam.text, kinds)) {
        if (!seam.crosses(entity.start, entity.end)) continue;
        const portions = [...rangesOf(seam, pieces, entity)].map(([piece, { start, end }]): Portion => {
          const offset = offsets[piece] ?? 0;
          return { piece, text: pieces[piece]?.slice(start, end) ?? '', start: offset + start, end: offset + end };
        });
        if (entity.kind !== 'secrets' && portions.some(({ piece }) => isItem(run[piece]))) continue;
        const left = own(portions, entity.kind, between);
        const [first, last] = [left[0], left.at(-1)];
        if (first && last && first !== last) found.push({ kind: entity.kind, start: first.start, end: last.end });
      }
    }
  }
  return found;
}

/** The pieces again, with a placeholder where each begins, and nothing of it in those that it goes on in. */
function replaced(
  pieces: readonly string[],
  offsets: readonly number[],
  found: readonly Found[],
  placeholder: Redactor['placeholder'],
): readonly string[] {
  const whole = pieces.join('');
  let next = 0;
  return pieces.map((piece, index) => {
    const from = offsets[index] ?? 0;
    const to = from + piece.length;
    let text = '';
    let at = from;
    for (let entity = found[next]; entity !== undefined && entity.start < to; entity = found[next]) {
      const { kind, start, end } = entity;
      if (start >= from) text += whole.slice(at, start) + placeholder(kind, whole.slice(start, end));
      at = Math.min(end, to);
      if (end > to) return text;
      next++;
    }
    return text + whole.slice(at, to);
  });
}

/** As far as the path is the API's own: names that the caller gave may hold what was found. */
function paramOfApi(path: Path): string | null {
  const own = path.findIndex((step) => typeof step === 'string' && !wellKnown.has(step));
  return paramOf(own === -1 ? path : path.slice(0, own)) || null;
}

function nowhere({ path }: RequestText, kind: EntityKind): GatewayError {
  const param = paramOfApi(path);
  return new GatewayError('invalid_request', {
    message: `The request holds something that has to be redacted (${kind}) where nothing can be put in its place, such as a name. Take it out.`,
    ...(param && { param }),
  });
}

const isEditable = ({ editable }: RequestText): boolean => editable;

export function inspectRedaction(
  content: RequestContent,
  textNow: (text: RequestText) => string,
  kinds: readonly EntityKind[],
): RedactionInspection {
  const redactor = createRedactor(kinds, content.texts.map(textNow));
  const edits = new Map<RequestText, string>();
  const kindsFound = new Set<EntityKind>();
  const placeholder: Redactor['placeholder'] = (kind, value) => {
    kindsFound.add(kind);
    return redactor.placeholder(kind, value);
  };

  function redact(run: readonly RequestText[], now: (text: RequestText) => string): void {
    const pieces = run.map(now);
    const offsets = offsetsOf(pieces);
    const found = united([...inPieces(pieces, offsets, kinds), ...atSeams(run, pieces, offsets, kinds)]);
    if (found.length === 0) return;
    for (const [index, text] of replaced(pieces, offsets, found, placeholder).entries()) {
      const original = run[index];
      if (original !== undefined && text !== pieces[index]) edits.set(original, text);
    }
  }

  for (const run of content.runs) redact(run.filter(isEditable), textNow);
  for (const text of content.beside.flat().filter(isEditable)) redact([text], textNow);
  for (const text of content.texts) {
    const shown = isEditable(text) ? unescaped(edits.get(text) ?? textNow(text)) : null;
    if (shown !== null && entitiesIn(shown, kinds).length > 0) redact([text], () => shown);
    const [entity] = isEditable(text) ? [] : entitiesIn(text.text, kinds);
    if (entity) throw nowhere(text, entity.kind);
  }
  return { edits, kinds: kindsFound, redactor };
}
