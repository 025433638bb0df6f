/** A counter that needs no tokenizer: a word is a token, and a message is two more. */
import type { TokenCounter } from '../../../shared/tokens/token-counter.ts';

const words = (value: unknown): number => (typeof value === 'string' ? value.split(/\s+/).filter(Boolean).length : 0);

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0);

const textsIn = (value: unknown): unknown[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : [value];

export type CountedBy = TokenCounter & { readonly asked: string[] };

/** `asked`: the models that were counted for. */
export function wordCounter(exact = true): CountedBy {
  const asked: string[] = [];
  return {
    asked,
    async countRequest(_, { messages, input, instructions }, model) {
      asked.push(model);
      const list = typeof input === 'string' ? [{ role: 'user', content: input }] : (messages ?? input);
      const items = (list as readonly object[]).map(
        ({ role: _, type: __, ...item }: { role?: unknown; type?: unknown }) => 2 + sum(textsIn(item).map(words)),
      );
      const fixed = words(instructions);
      return { total: sum(items) + fixed, fixed, items, exact };
    },
    async countText(text) {
      return words(text);
    },
  };
}

export const wordy = (count: number, word = 'word'): string => Array.from({ length: count }, () => word).join(' ');
