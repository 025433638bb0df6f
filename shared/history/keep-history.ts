/** Writes a request's own input and its answer down, once and together. docs/adr/0064 */
import type { BodyStore } from '../bodies/body-store.ts';
import { mostAtOnce, tooManyAtOnce } from '../conversations/append-store.ts';
import type { AppendToken } from '../conversations/append-token.ts';
import { isThread, type Parent } from '../conversations/conversation.ts';
import { noSuchConversation } from '../conversations/conversation-call.ts';
import type { ConversationStore } from '../conversations/conversation-store.ts';
import { type GivenItem, type Item, itemOf } from '../conversations/item.ts';
import type { ConversationSettings } from '../conversations/lifetime.ts';
import type { Name } from '../conversations/places.ts';
import type { TransactItem } from '../dynamo/transaction.ts';
import { GatewayError } from '../errors.ts';
import {
  type HeldItems,
  type ResponseStatus,
  responseStatusSchema,
  unfinishedStatuses,
} from '../stored-responses/stored-response.ts';
import { type ResponseRow, responseRow, type StoredResponseStore } from '../stored-responses/stored-response-store.ts';
import type { FinishedResponse } from './history.ts';
import type { ThreadStore } from './thread-store.ts';

/** How a response gets into a transaction of others. */
export type ResponseWrites = {
  readonly put: (row: ResponseRow, isPromised: boolean) => TransactItem;
  readonly exists: (projectId: string, id: string) => TransactItem;
};

export type KeepDeps = {
  readonly conversations: ConversationStore;
  readonly threads: ThreadStore;
  readonly responses: StoredResponseStore;
  readonly responseWrites: ResponseWrites;
  readonly bodies: BodyStore;
  readonly settings: ConversationSettings;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

/** What it goes on from. */
export type Following =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'conversation'; readonly id: string; readonly token: AppendToken }
  | {
      readonly kind: 'response';
      readonly id: string;
      readonly items: HeldItems;
      /** Of the thread that holds those. */
      readonly parents: readonly Parent[];
    };

export type Keeping = {
  readonly projectId: string;
  readonly responseId: string;
  /** Its caller has been given it already, and may have deleted it since. */
  readonly isPromised: boolean;
  readonly stored: boolean;
  /** The request's own. */
  readonly input: readonly GivenItem[];
  readonly following: Following;
};

export const noSuchResponse = (id: string): GatewayError =>
  new GatewayError('previous_response_not_found', {
    message: `Previous response with id '${id}' not found.`,
    param: 'previous_response_id',
  });

const daySeconds = 86_400;

const statusOf = ({ status }: FinishedResponse['response']): ResponseStatus => {
  const parsed = responseStatusSchema.safeParse(status);
  return parsed.success ? parsed.data : 'completed';
};

export const createKeep =
  (deps: KeepDeps, { projectId, responseId, isPromised, stored, input, following }: Keeping) =>
  async ({ response, output }: FinishedResponse): Promise<void> => {
    const { conversations, threads, responses, responseWrites, bodies, settings, now, newId } = deps;
    if (!stored && following.kind !== 'conversation') return;
    const own = input.map((item) => itemOf(item, newId, false));
    const items: readonly Item[] = [...own, ...output.map((item) => itemOf(item, newId, true))];

    const kept = stored
      ? {
          projectId,
          id: responseId,
          status: statusOf(response),
          response,
          expiresAt: Math.floor(now() / 1000) + settings.responseExpireDays * daySeconds,
        }
      : null;
    const row = kept && (await responseRow(bodies, kept));
    const held = (where: string, first: number): HeldItems => ({
      in: where,
      first,
      output: first + own.length,
      next: first + items.length,
    });
    const rowIn = (where: string, first: number) =>
      row ? [responseWrites.put(row(held(where, first)), isPromised)] : [];

    switch (following.kind) {
      case 'conversation':
        return inConversation(following.id, following.token);
      case 'nothing':
        return inNewThread([], []);
      case 'response':
        return afterResponse(following);
    }

    async function inConversation(id: string, token: AppendToken): Promise<void> {
      if (items.length > mostAtOnce) throw tooManyAtOnce('input');
      const appended = await conversations.append(
        { projectId, id },
        { items, token, beside: (first) => rowIn(id, first) },
      );
      if (appended.kind === 'missing') throw noSuchConversation(id);
      // The caller has another answer to the same request, under an id of its own: it is there, and goes on from the first.
      if (appended.kind === 'repeated' && kept) {
        const after = { ...kept, items: { ...held(id, appended.first), next: appended.first + appended.count } };
        if ((await responses.put(after)) === 'exists') await responses.replace(after, unfinishedStatuses);
      }
      if (appended.kind === 'refused') await unlessKept(noSuchConversation(id));
    }

    async function afterResponse({ id, items: before, parents }: Following & { kind: 'response' }): Promise<void> {
      const ancestors = parents.filter((parent) => isThread(parent.id)).map((parent) => ({ projectId, id: parent.id }));
      await threads.extend(ancestors);
      const stillThere = responseWrites.exists(projectId, id);
      if (isThread(before.in) && items.length <= mostAtOnce) {
        const thread: Name = { projectId, id: before.in };
        const beside = (first: number) => [...rowIn(before.in, first), stillThere];
        const appended = await conversations.append(thread, { items, after: before.next, beside, uses: 1 });
        if (appended.kind === 'appended') return;
        if (appended.kind === 'missing') throw noSuchResponse(id);
        if (appended.kind === 'refused') return unlessKept(noSuchResponse(id));
      }
      // Others have gone on from there: this is a history of its own from here on.
      return inNewThread([{ id: before.in, upTo: before.next }, ...parents], [stillThere], noSuchResponse(id));
    }

    async function inNewThread(
      parents: readonly Parent[],
      beside: readonly TransactItem[],
      otherwise: GatewayError = new GatewayError('overloaded'),
    ): Promise<void> {
      const thread: Name = { projectId, id: newId('thr_') };
      const begun = await threads.begin(thread, { items, parents, beside: [...rowIn(thread.id, 0), ...beside] });
      if (begun === 'refused') await unlessKept(otherwise);
    }

    /** One that was kept before, or was cancelled while it ran, stays as it is. */
    async function unlessKept(otherwise: GatewayError): Promise<void> {
      if (!stored || !(await responses.get(projectId, responseId))) throw otherwise;
    }
  };
