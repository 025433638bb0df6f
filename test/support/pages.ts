/** What the official SDK sees when it walks over a listing by itself. */
import type { ConversationCursorPage } from 'openai/core/pagination';

export type Walk = { readonly ids: readonly string[]; readonly more: readonly boolean[] };

/** The ids in order, and what each page said of there being another. */
export async function walk<Item extends { id: string }>(
  first: PromiseLike<ConversationCursorPage<Item>>,
): Promise<Walk> {
  const ids: string[] = [];
  const more: boolean[] = [];
  for await (const page of (await first).iterPages()) {
    ids.push(...page.data.map(({ id }) => id));
    more.push(page.has_more ?? false);
  }
  return { ids, more };
}

/** `true` for every page but the last, as there must be for `count` objects in pages of `limit`. */
export const moreOf = (count: number, limit: number): boolean[] =>
  Array.from({ length: Math.max(1, Math.ceil(count / limit)) }, (_, page) => (page + 1) * limit < count);
