/** Gathers what a request says while a reader goes through it. What a reader does not know by name is text. */
import { GatewayError } from '../errors.ts';
import { paramOf } from '../http/param.ts';
import { fileText } from './file-text.ts';
import { jsonLiterals } from './json-literals.ts';
import { isIdName, isNoText, type MemberRules, objectsOfTheApi, saysNothing } from './member-names.ts';
import type { Path, RequestContent, RequestText } from './request-text.ts';
import { decodedFile } from './with-texts.ts';

/** Each of them is looked at by itself: more than a conversation has, and what takes less than a second. */
export const maxTexts = 20_000;
/** JSON with more of them is read as it stands. */
const maxLiterals = 2_000;
/** JSON in a string in JSON: answers of tools that hand on the answers of others. */
const maxNesting = 4;

/** Where a reader is: who speaks, and what it is read together with. */
export type Place = {
  readonly trust: RequestText['trust'];
  readonly group: number;
  /** What it says follows what was said there before. */
  readonly run: RequestText[];
  /** The same for the names in it, which stand beside what is said. */
  readonly beside: RequestText[];
  readonly rules: MemberRules;
};

export type Reading = ReturnType<typeof createReading>;

type Entry = { readonly name: string; readonly editable: boolean };

export function createReading() {
  const texts: RequestText[] = [];
  const runs: RequestText[][] = [];
  const beside: RequestText[][] = [];
  const documents: RequestText[][] = [];
  const images: string[] = [];
  const unreadable: string[] = [];
  let groups = 0;

  const oneMore = (of: RequestText[][]): RequestText[] => {
    const run: RequestText[] = [];
    of.push(run);
    return run;
  };

  /** A place of its own, but for what it shares with another. */
  const place = (shared: Partial<Place> = {}): Place => ({
    trust: shared.trust ?? 'untrusted',
    group: shared.group ?? groups++,
    run: shared.run ?? oneMore(runs),
    beside: shared.beside ?? oneMore(beside),
    rules: shared.rules ?? objectsOfTheApi,
  });

  function add(path: Path, text: string, { trust, group }: Place, run: RequestText[], editable: boolean): void {
    if (text === '') return;
    if (texts.length === maxTexts) {
      throw new GatewayError('invalid_request', {
        message: `The request has more than ${maxTexts} texts, names included, which is more than guardrails look at. Send it in parts.`,
      });
    }
    const found: RequestText = { path, text, trust, editable, group };
    texts.push(found);
    run.push(found);
  }

  function say(path: Path, text: string, where: Place, editable = true, nesting = 0): void {
    const literals = nesting < maxNesting ? jsonLiterals(text, maxLiterals) : null;
    const before = texts.length;
    if (literals === null) add(path, text, where, where.run, editable);
    for (const { start, text: inside, kind } of literals ?? []) {
      const place = [...path, start];
      if (kind === 'string') say(place, inside, where, editable, nesting + 1);
      else if (!saysNothing(inside)) add(place, inside, where, where.beside, editable);
    }
    if (literals !== null && nesting === 0) documents.push(texts.slice(before));
  }

  /** As `walk`; its names and values are one document. */
  function define(path: Path, value: unknown, where: Place): void {
    const before = texts.length;
    walk(path, value, where);
    documents.push(texts.slice(before));
  }

  const name = (path: Path, text: string, where: Place): void => {
    if (!saysNothing(text)) add(path, text, where, where.beside, false);
  };

  function file(path: Path, data: string, where: Place): boolean {
    const found = fileText(data);
    if (found) say([...path, decodedFile], found.text, where, found.written !== null);
    return found !== null;
  }

  function image(path: Path, url: string, where: Place): void {
    const isData = /^data:image\//i.test(url);
    if (isData || /^https?:\/\//i.test(url)) images.push(url);
    // What is drawn with words: SVG, whatever type it says that it is.
    const isRead = /^data:/i.test(url) && file(path, url, where);
    if (!isData && !isRead && !/^https?:\/\//i.test(url)) unreadable.push(paramOf(path));
  }

  /** True where it was no text. */
  function special(path: Path, value: string, where: Place, entry: Entry): boolean {
    if (!where.rules.ofTheApi) return false;
    if (entry.name === 'image_url' || (entry.name === 'url' && path.at(-2) === 'image_url')) {
      image(path, value, where);
      return true;
    }
    if (entry.name === 'filename') {
      add(path, value, where, where.beside, true);
      return true;
    }
    if (entry.name === 'file_data') {
      if (!file(path, value, where)) unreadable.push(paramOf(path));
      return true;
    }
    return isNoText(entry.name, value);
  }

  /** All strings below, and the names of all members. */
  function walk(path: Path, value: unknown, where: Place, entry: Entry = entryOf(path, where)): void {
    if (typeof value === 'string') {
      if (special(path, value, where, entry)) return;
      if (entry.editable) say(path, value, where);
      else name(path, value, where);
    } else if (Array.isArray(value)) {
      for (const [index, item] of value.entries()) walk([...path, index], item, where, entry);
    } else if (typeof value === 'object' && value !== null) {
      for (const [member, below] of Object.entries(value)) readMember(path, member, below, where);
    }
  }

  function readMember(path: Path, member: string, value: unknown, where: Place): void {
    name([...path, member], member, where);
    walk([...path, member], value, where);
  }

  return {
    place,
    walk,
    member: readMember,
    define,
    unreadable: (path: Path): void => void unreadable.push(paramOf(path)),
    content: (): RequestContent => ({
      texts,
      runs: runs.filter(isFilled),
      beside: beside.filter(isFilled),
      documents,
      images,
      unreadable,
    }),
  };
}

const isFilled = (run: readonly RequestText[]): boolean => run.length > 0;

/** The member that a value stands in; what is in a list stands in the list's. */
function entryOf(path: Path, { rules }: Place): Entry {
  const member = path.findLast((step) => typeof step === 'string') ?? '';
  const name = String(member);
  return { name, editable: !rules.identifiers.has(name) && !(rules.ofTheApi && isIdName(name)) };
}
