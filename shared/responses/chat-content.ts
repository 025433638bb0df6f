/** Parts of items as parts of chat messages. */
import { isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { isSaid, Untranslatable } from './untranslatable.ts';

export type ChatPart = Readonly<Record<string, unknown>>;
export type ChatContent = string | readonly ChatPart[];

type ToChat = (part: JsonObject, path: string) => ChatPart;

const textOf = (part: JsonObject, name: 'text' | 'refusal', path: string): string => {
  const text = part[name];
  if (typeof text !== 'string') throw Untranslatable.wrong(`${path}.${name}`, 'a text');
  return text;
};

const text: ToChat = (part, path) => ({ type: 'text', text: textOf(part, 'text', path) });

/** A file's id means something to the provider alone that has the file. */
const image: ToChat = ({ image_url: url, detail }, path) => {
  if (typeof url !== 'string') throw Untranslatable.missing(`${path}.image_url`);
  return { type: 'image_url', image_url: { url, ...(isSaid(detail) && { detail }) } };
};

const file: ToChat = ({ file_data, filename }, path) => {
  if (typeof file_data !== 'string') throw Untranslatable.missing(`${path}.file_data`);
  return { type: 'file', file: { file_data, ...(isSaid(filename) && { filename }) } };
};

const audio: ToChat = ({ input_audio }) => ({ type: 'input_audio', input_audio });

const texts = new Map<unknown, ToChat>([
  ['input_text', text],
  ['output_text', text],
  ['text', text],
]);
const everything = new Map<unknown, ToChat>([
  ...texts,
  ['input_image', image],
  ['input_file', file],
  ['input_audio', audio],
]);

function partsOf(content: unknown, path: string): [part: JsonObject, path: string][] {
  if (!Array.isArray(content)) throw Untranslatable.wrong(path, 'a text or a list of parts');
  return content.map((part: unknown, index) => {
    const place = `${path}[${index}]`;
    if (!isObject(part)) throw Untranslatable.wrong(place, 'an object');
    return [part, place];
  });
}

function translated(part: JsonObject, path: string, known: ReadonlyMap<unknown, ToChat>): ChatPart {
  const toChat = known.get(part['type']);
  if (!toChat) throw Untranslatable.missing(`${path}.type`);
  return toChat(part, path);
}

/** A single text is written as one: not every provider takes a list of parts everywhere. */
export function compact(parts: readonly ChatPart[]): ChatContent {
  const [first, ...others] = parts;
  if (first === undefined) return '';
  return others.length === 0 && typeof first['text'] === 'string' ? first['text'] : parts;
}

const contentOf = (content: unknown, path: string, known: ReadonlyMap<unknown, ToChat>): ChatContent =>
  typeof content === 'string'
    ? content
    : compact(partsOf(content, path).map(([part, place]) => translated(part, place, known)));

export const userContent = (content: unknown, path: string): ChatContent => contentOf(content, path, everything);

/** Of messages that hold texts alone: instructions, and what tools put out. */
export const textContent = (content: unknown, path: string): ChatContent => contentOf(content, path, texts);

/** What a model has said, and what it has refused to say. */
export function saidContent(content: unknown, path: string): { parts: ChatPart[]; refusals: string[] } {
  if (typeof content === 'string')
    return { parts: content === '' ? [] : [{ type: 'text', text: content }], refusals: [] };
  const parts: ChatPart[] = [];
  const refusals: string[] = [];
  for (const [part, place] of partsOf(content, path)) {
    if (part['type'] === 'refusal') refusals.push(textOf(part, 'refusal', place));
    else if (part['text'] !== '') parts.push(translated(part, place, texts));
  }
  return { parts, refusals };
}
