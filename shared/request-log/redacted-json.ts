/**
 * JSON that can be kept: no longer than a bound, without what no pattern can read (images, audio, vectors, tokens), and
 * with a placeholder for every secret and everything personal that redaction knows, also where it was cut in two.
 */
import { maxEntityLength } from '../redaction/entities.ts';
import { entityKinds } from '../redaction/entity.ts';
import { inspectRedaction } from '../safety/inspect-redaction.ts';
import { isIdName, objectsOfTheApi } from '../safety/member-names.ts';
import type { Path, RequestText } from '../safety/request-text.ts';

type Node =
  | { readonly kind: 'text'; readonly text: RequestText; readonly most: number }
  /** So many digits may be a card's, or a telephone's. */
  | { readonly kind: 'number'; readonly text: RequestText; readonly value: number }
  | { readonly kind: 'list'; readonly items: readonly Node[] }
  | { readonly kind: 'members'; readonly members: readonly (readonly [string, Node])[] }
  | { readonly kind: 'plain'; readonly value: unknown };

/** As deep as a request may be. A provider's answer may be anything. */
const deepest = 64;
/** Of every name and every value, for the marks around it. */
const overhead = 4;
const longNumber = 1_000_000;

/** Piece by piece they are what a text said: an address in five tokens is found by nobody. */
const inTokens = new Set(['logprobs', 'top_logprobs']);
const notText = new Set(['object', 'model', 'finish_reason', 'sequence_number']);
const isOneRead = (path: Path): boolean => {
  const name = path.findLast((step) => typeof step === 'string') ?? '';
  return !notText.has(String(name)) && !objectsOfTheApi.identifiers.has(String(name)) && !isIdName(String(name));
};

const dataUrl = /^data:[^,]{0,256},/;
const data = /^[\w+/=-]{256,}$/;
const leftOut = (what: string): Node => ({ kind: 'plain', value: `[left out: ${what}]` });

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

export type RedactedJson = {
  readonly value: unknown;
  /** There was more than may be kept. */
  readonly isCut: boolean;
};

export function redactedJson(given: unknown, mostCharacters: number): RedactedJson {
  const texts: RequestText[] = [];
  let room = mostCharacters;

  const noted = (path: Path, text: string): RequestText => {
    const found: RequestText = { path, text, trust: 'untrusted', editable: true, group: 0 };
    texts.push(found);
    return found;
  };

  function textOf(path: Path, text: string): Node {
    if (dataUrl.test(text) || data.test(text)) return leftOut(`${text.length} characters of data`);
    const most = Math.min(text.length, Math.max(0, room));
    room -= text.length;
    // What begins before the cut is found as a whole, and only then cut.
    return { kind: 'text', text: noted(path, text.slice(0, most + maxEntityLength)), most: room < 0 ? most : Infinity };
  }

  function listOf(path: Path, list: readonly unknown[]): Node {
    if (list.length > 0 && list.every((item) => typeof item === 'number')) return leftOut(`${list.length} numbers`);
    const items: Node[] = [];
    for (const [index, item] of list.entries()) {
      if (room < 0) break;
      items.push(nodeOf([...path, index], item));
    }
    return { kind: 'list', items };
  }

  function membersOf(path: Path, object: Readonly<Record<string, unknown>>): Node {
    const members: [string, Node][] = [];
    for (const [name, value] of Object.entries(object)) {
      if (room < 0) break;
      if (inTokens.has(name)) continue;
      room -= name.length;
      members.push([name.slice(0, mostCharacters), nodeOf([...path, name], value)]);
    }
    return { kind: 'members', members };
  }

  function nodeOf(path: Path, value: unknown): Node {
    room -= overhead;
    if (path.length > deepest) return leftOut('what lies deeper');
    if (typeof value === 'string') return textOf(path, value);
    if (Array.isArray(value)) return listOf(path, value);
    if (isObject(value)) return membersOf(path, value);
    if (typeof value !== 'number' || Math.abs(value) < longNumber) return { kind: 'plain', value };
    return { kind: 'number', text: noted(path, String(value)), value };
  }

  const root = nodeOf([], given);
  const read = Map.groupBy(texts, ({ path }) => isOneRead(path));
  const content = {
    texts,
    runs: [read.get(true) ?? []],
    beside: [read.get(false) ?? []],
    documents: [],
    images: [],
    unreadable: [],
  };
  const { edits, redactor } = inspectRedaction(content, ({ text }) => text, entityKinds);

  function shown(node: Node): unknown {
    switch (node.kind) {
      case 'text':
        return (edits.get(node.text) ?? node.text.text).slice(0, node.most);
      case 'number':
        return edits.get(node.text) ?? node.value;
      case 'list':
        return node.items.map(shown);
      case 'members':
        return Object.fromEntries(node.members.map(([name, value]) => [redactor.redact(name), shown(value)]));
      case 'plain':
        return node.value;
    }
  }
  return { value: shown(root), isCut: room < 0 };
}
