/** A request with some of its texts replaced, wherever they stand in it. */
import { fileText } from './file-text.ts';
import { jsonLiteralAt, jsonLiteralOf } from './json-literals.ts';
import type { Path, RequestText } from './request-text.ts';

/** What is to be replaced, by the members that lead to it. */
type Edits = { text?: string; readonly below: Map<string | number, Edits> };

/** As the last part of a path: what a data URL says. */
export const decodedFile = 'decoded';

function placed(edits: ReadonlyMap<RequestText, string>): Edits {
  const root: Edits = { below: new Map() };
  for (const [{ path }, text] of edits) at(root, path).text = text;
  return root;
}

function at(root: Edits, path: Path): Edits {
  let edits = root;
  for (const step of path) {
    const next = edits.below.get(step) ?? { below: new Map() };
    edits.below.set(step, next);
    edits = next;
  }
  return edits;
}

function editedJson(text: string, edits: Edits): string {
  const pieces: string[] = [];
  let from = 0;
  for (const [start, below] of [...edits.below].sort(([a], [b]) => Number(a) - Number(b))) {
    const literal = jsonLiteralAt(text, Number(start));
    const before = text.slice(literal.start, literal.end);
    pieces.push(text.slice(from, literal.start), jsonLiteralOf(editedText(literal.text, below), before));
    from = literal.end;
  }
  return pieces.join('') + text.slice(from);
}

function editedText(text: string, edits: Edits): string {
  if (edits.text !== undefined) return edits.text;
  const ofFile = edits.below.get(decodedFile);
  if (ofFile === undefined) return editedJson(text, edits);
  const file = fileText(text);
  return file?.written?.(editedText(file.text, ofFile)) ?? text;
}

function edited(value: unknown, edits: Edits): unknown {
  if (typeof value === 'string') return editedText(value, edits);
  if (Array.isArray(value)) {
    const list = [...value];
    for (const [index, below] of edits.below) list[Number(index)] = edited(list[Number(index)], below);
    return list;
  }
  const members = { ...(value as Record<string, unknown>) };
  for (const [name, below] of edits.below) members[name] = edited(members[name], below);
  return members;
}

/** Shares with the body all that is not edited. */
export const withTexts = <Body extends object>(body: Body, edits: ReadonlyMap<RequestText, string>): Body =>
  edits.size === 0 ? body : (edited(body, placed(edits)) as Body);
