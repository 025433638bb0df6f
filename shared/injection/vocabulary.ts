/** All words that any rule asks for, and which steps of rules each of them answers. */
import { normalizeText } from './normalized-text.ts';

export type Vocabulary = {
  /** Of the word, or 0 when no rule knows it. */
  readonly idOf: (word: string) => number;
  /** The longest known word that starts here, for scripts without spaces: its length and id. */
  readonly longestAt: (text: string, at: number) => { readonly id: number; readonly length: number };
  readonly size: number;
  readonly idsOf: (step: number) => readonly number[];
  readonly answers: (id: number, step: number) => boolean;
};

const firstTwo = (word: string): number => word.charCodeAt(0) * 0x10000 + (word.length > 1 ? word.charCodeAt(1) : 0);

/** `steps[i]` are the words, `*` at the end for any ending, that answer step `i`. */
export function buildVocabulary(steps: readonly (readonly string[])[]): Vocabulary {
  const whole = new Map<string, number>();
  const prefixes = new Map<number, { readonly prefix: string; readonly id: number }[]>();
  const answered: Set<number>[] = [new Set()];

  const add = (word: string, step: number) => {
    const isPrefix = word.endsWith('*');
    const text = normalizeText(isPrefix ? word.slice(0, -1) : word).text;
    const key = isPrefix ? `${text}*` : text;
    let id = whole.get(key);
    if (id === undefined) {
      id = answered.length;
      answered.push(new Set());
      whole.set(key, id);
      if (isPrefix) {
        const list = prefixes.get(firstTwo(text)) ?? [];
        list.push({ prefix: text, id });
        list.sort((a, b) => b.prefix.length - a.prefix.length);
        prefixes.set(firstTwo(text), list);
      }
    }
    answered[id]?.add(step);
  };
  for (const [step, words] of steps.entries()) for (const word of words) add(word, step);

  // A one that stands for an l has been read as an i.
  for (const [word, id] of [...whole]) {
    const misread = word.replaceAll('l', 'i');
    if (!word.endsWith('*') && !whole.has(misread)) whole.set(misread, id);
  }

  // A word that is known whole, or by a longer beginning, also answers what its shorter beginnings answer.
  for (const [key, id] of whole) {
    const text = key.endsWith('*') ? key.slice(0, -1) : key;
    for (const { prefix, id: other } of prefixes.get(firstTwo(text)) ?? [])
      if (other !== id && text.startsWith(prefix)) for (const step of answered[other] ?? []) answered[id]?.add(step);
  }

  const longest = new Map<number, number>();
  for (const word of whole.keys())
    longest.set(word.charCodeAt(0), Math.max(longest.get(word.charCodeAt(0)) ?? 0, word.length));

  const width = (steps.length + 31) >>> 5;
  const bits = new Int32Array(answered.length * width);
  const idsOf: number[][] = steps.map(() => []);
  for (const [id, set] of answered.entries())
    for (const step of set) {
      const at = id * width + (step >>> 5);
      bits[at] = (bits[at] ?? 0) | (1 << (step & 31));
      idsOf[step]?.push(id);
    }

  return {
    idOf(word) {
      const id = whole.get(word);
      if (id !== undefined) return id;
      for (const { prefix, id: known } of prefixes.get(firstTwo(word)) ?? []) if (word.startsWith(prefix)) return known;
      return 0;
    },
    longestAt(text, at) {
      for (let length = Math.min(longest.get(text.charCodeAt(at)) ?? 0, text.length - at); length > 0; length -= 1) {
        const id = whole.get(text.slice(at, at + length));
        if (id !== undefined) return { id, length };
      }
      return { id: 0, length: 1 };
    },
    size: answered.length,
    idsOf: (step) => idsOf[step] ?? [],
    answers: (id, step) => ((bits[id * width + (step >>> 5)] ?? 0) & (1 << (step & 31))) !== 0,
  };
}
