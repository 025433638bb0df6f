/** What the routes of conversations have in common: the conversation that is meant, and what is added to it. */
import { GatewayError } from '../errors.ts';
import type { Call } from '../http/call.ts';
import type { ProjectCaller } from '../keys/caller.ts';
import { appendTokenOf } from './append-token.ts';
import { type Conversation, isConversation } from './conversation.ts';
import type { ConversationStore } from './conversation-store.ts';
import { type GivenItem, type Item, itemOf, type PlacedItem } from './item.ts';
import type { ItemStore } from './item-store.ts';
import type { Name } from './places.ts';

export type ConversationsApiDeps = {
  readonly conversations: ConversationStore;
  readonly items: ItemStore;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

type ProjectCall = Pick<Call<unknown, ProjectCaller>, 'caller' | 'params'>;

/** In OpenAI's words. */
export const noSuchConversation = (id: string): GatewayError =>
  new GatewayError('not_found', { message: `Conversation with id '${id}' not found.` });

/** Threads have names of their own, and are nobody's to name. */
export function nameIn({ caller, params }: ProjectCall): Name {
  const id = params['conversation_id'] ?? '';
  if (!isConversation(id)) throw noSuchConversation(id);
  return { projectId: caller.projectId, id };
}

export async function existingConversation(
  { conversations }: Pick<ConversationsApiDeps, 'conversations'>,
  call: ProjectCall,
): Promise<Conversation> {
  const name = nameIn(call);
  const found = await conversations.get(name);
  if (!found) throw noSuchConversation(name.id);
  return found;
}

/** Ids that the caller gives are kept: approvals refer to them. Two items of a name could not be told apart. */
export async function itemsToAdd(
  { items, newId }: ConversationsApiDeps,
  name: Name | null,
  given: readonly GivenItem[],
): Promise<readonly Item[]> {
  const seen = new Set<unknown>();
  const taken = await Promise.all(
    given.map(async ({ id }) => typeof id === 'string' && name !== null && (await items.find(name, id)) !== undefined),
  );
  for (const [index, { id }] of given.entries()) {
    if (typeof id !== 'string') continue;
    if (seen.has(id) || taken[index]) {
      throw new GatewayError('invalid_request', {
        message: 'There is an item with this id already.',
        param: `items[${index}].id`,
      });
    }
    seen.add(id);
  }
  return given.map((item) => itemOf(item, newId, true));
}

/** Those that were added, by this request or by the one that it repeats. */
export async function added(
  deps: ConversationsApiDeps,
  { caller, headers, body, receivedAtMs }: Call<unknown, ProjectCaller>,
  name: Name,
  given: readonly GivenItem[],
): Promise<readonly PlacedItem[]> {
  const { conversations, items } = deps;
  const path = `/conversations/${name.id}/items`;
  const token = appendTokenOf({ apiKeyId: caller.apiKeyId, path, body, headers, receivedAtMs });
  // What a repetition would be refused for is what the first one has added.
  const mayRepeat = token.isKeyed || token.isRetry;
  const wanted = await itemsToAdd(deps, mayRepeat ? null : name, given);
  const outcome = await conversations.append(name, { items: wanted, token });
  switch (outcome.kind) {
    case 'appended':
      return wanted.map((item, index) => ({ position: outcome.first + index, item }));
    case 'repeated': {
      const span = { from: outcome.first, upTo: outcome.first + outcome.count };
      return (await items.within(name, span, 'asc', { most: outcome.count })).items;
    }
    case 'missing':
    case 'overtaken':
    case 'refused':
      throw noSuchConversation(name.id);
  }
}
