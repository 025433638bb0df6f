/** A conversation counted for all models that may be asked: the most that any of them makes of it. */
import type { PricedTarget } from '../catalogue/catalogue.ts';
import type { RequestTokens, TokenCounter } from '../tokens/token-counter.ts';
import type { Conversation } from './conversation.ts';

/** What frames a message at the most: several times what is published of it, shared/tokens/framing.ts. */
export const tokensPerMessage = 16;

/** As their providers call them, each once. */
export const modelNames = (targets: readonly PricedTarget[]): readonly string[] => [
  ...new Set(targets.map(({ model }) => model)),
];

function mostOf(one: RequestTokens, other: RequestTokens): RequestTokens {
  const items = one.items.map((tokens, index) => Math.max(tokens, other.items[index] ?? 0));
  const fixed = Math.max(one.fixed, other.fixed);
  const total = items.reduce((sum, tokens) => sum + tokens, fixed);
  return { total, fixed, items, exact: one.exact && other.exact };
}

export async function counted(
  counter: Pick<TokenCounter, 'countRequest'>,
  { kind, body }: Conversation,
  targets: readonly PricedTarget[],
): Promise<RequestTokens> {
  const counts = await Promise.all(modelNames(targets).map((name) => counter.countRequest(kind, body, name)));
  return counts.reduce(mostOf);
}
