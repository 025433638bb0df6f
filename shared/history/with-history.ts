/**
 * What a response follows on is put before its input: a conversation's items, or what the responses before it have said.
 * Instructions are each request's own, and are not carried over. docs/adr/0064
 */
import type { Catalogue } from '../catalogue/catalogue.ts';
import { type ContextWishes, contextOf, truncationOf } from '../context/project-context.ts';
import { mostAtOnce } from '../conversations/append-store.ts';
import { appendTokenOf } from '../conversations/append-token.ts';
import { type Conversation, isConversation, maxParents } from '../conversations/conversation.ts';
import { noSuchConversation } from '../conversations/conversation-call.ts';
import type { GivenItem } from '../conversations/item.ts';
import { everything, type ItemStore } from '../conversations/item-store.ts';
import { GatewayError } from '../errors.ts';
import { type Arriving, type Preparation, type Prepare, withBody } from '../inference/preparation.ts';
import type { HeldItems } from '../stored-responses/stored-response.ts';
import { createKeep, type Following, type KeepDeps, noSuchResponse } from './keep-history.ts';
import { type Reach, type ReadHistory, reachOf, readHistory, type Stretch } from './read-history.ts';
import { sendableItems, withoutOrphans } from './sendable-items.ts';

export type WithHistoryDeps = KeepDeps & {
  readonly catalogue: Catalogue;
  readonly items: ItemStore;
  /** What projects' own policies leave out. */
  readonly contextDefaults: ContextWishes;
};

type Before = ReadHistory & { readonly following: Following };

/** What is left of a transaction is for the answer. */
const mostInput = 60;

const none: Before = { items: [], isTooLarge: false, following: { kind: 'nothing' } };

export const createWithHistory =
  (deps: WithHistoryDeps): Prepare =>
  async (arriving, prepared) => {
    const { kind, body } = prepared.request;
    if (kind !== 'responses') return prepared;
    const { previous_response_id: previous, conversation, ...rest } = body;
    const input = itemsOf(body['input']);
    const before = await historyOf(deps, arriving, prepared, input.length);
    const { following } = before;

    const stored = body['store'] !== false;
    const { responseId: promised } = arriving;
    const responseId = promised ?? deps.newId('resp_');
    const keeping = {
      projectId: arriving.caller.projectId,
      responseId,
      isPromised: promised !== undefined,
      stored,
      input,
      following,
    };
    const history = {
      responseId,
      conversationId: following.kind === 'conversation' ? following.id : null,
      previousResponseId: following.kind === 'response' ? following.id : null,
      stored,
      keep: createKeep(deps, keeping),
    };
    const known = withoutOrphans(before.items);
    const follows = following.kind !== 'nothing';
    // A text alone says the same as a message of it.
    const asked = follows || Array.isArray(body['input']) ? sendableItems([...known, ...input]) : body['input'];
    const isSame = !follows && previous === undefined && conversation === undefined && !Array.isArray(body['input']);
    return { ...(isSame ? prepared : withBody(prepared, { ...rest, model: body.model, input: asked })), history };
  };

/** Nothing may be left out of it, so nothing is: pictures and files weigh little in tokens, and would go unseen. */
const tooMuchBefore = (): GatewayError =>
  new GatewayError('context_length_exceeded', {
    message:
      "What was said before is more than 12 MB with its pictures and files. Begin anew, or let the oldest of it be left out: 'truncation': 'auto'.",
    param: 'input',
  });

/** As the caller has sent them. */
function itemsOf(input: unknown): readonly GivenItem[] {
  if (typeof input === 'string') return [{ type: 'message', role: 'user', content: input }];
  return Array.isArray(input) ? (input as readonly GivenItem[]) : [];
}

async function historyOf(deps: WithHistoryDeps, arriving: Arriving, prepared: Preparation, inputCount: number) {
  const { body } = prepared.request;
  const { previous_response_id: previous, conversation } = body;
  if (conversation == null && previous == null) return none;
  const { contextWindow } = deps.catalogue.find(body.model);
  const mayLeaveOut = truncationOf(body, contextOf(deps.contextDefaults, arriving.caller.policy.context)) === 'auto';
  const reach = reachOf(contextWindow, mayLeaveOut);
  const whole = (before: Before): Before => {
    if (before.isTooLarge && !mayLeaveOut) throw tooMuchBefore();
    return before;
  };
  if (typeof previous === 'string') return whole(await afterResponse(deps, arriving.caller.projectId, previous, reach));
  const id = typeof conversation === 'string' ? conversation : String((conversation as { id?: unknown }).id);
  if (inputCount > mostInput) {
    throw new GatewayError('invalid_request', {
      message: `At most ${mostInput} items can be added to a conversation with one request, and ${mostAtOnce} with their answer.`,
      param: 'input',
    });
  }
  return whole(await inConversation(deps, arriving, prepared, id, reach));
}

async function inConversation(
  deps: WithHistoryDeps,
  { caller, headers }: Arriving,
  { request }: Preparation,
  id: string,
  reach: Reach,
): Promise<Before> {
  // Threads have names of their own, and are nobody's to name.
  if (!isConversation(id)) throw noSuchConversation(id);
  const name = { projectId: caller.projectId, id };
  const [found, read] = await Promise.all([
    deps.conversations.get(name),
    readHistory(deps.items, [{ name, span: everything }], reach),
  ]);
  if (!found) throw noSuchConversation(id);
  const appending = { apiKeyId: caller.apiKeyId, path: `/responses ${id}`, body: request.body, headers };
  return {
    ...read,
    following: { kind: 'conversation', id, token: appendTokenOf({ ...appending, receivedAtMs: deps.now() }) },
  };
}

async function afterResponse(deps: WithHistoryDeps, projectId: string, id: string, reach: Reach): Promise<Before> {
  const { conversations, responses, items } = deps;
  const response = await responses.get(projectId, id);
  if (!response) throw noSuchResponse(id);
  if (!response.items) {
    throw new GatewayError('invalid_request', {
      message: `The response '${id}' has not ended, or has failed: nothing can follow on it.`,
      param: 'previous_response_id',
    });
  }
  const held = response.items;
  const head = conversations.get({ projectId, id: held.in });
  const [thread, read] = await Promise.all([head, readHistory(items, stretches(projectId, held, head), reach)]);
  // With the conversation that it was part of, what it says is gone.
  if (!thread || (await isCutOff(deps, projectId, thread))) throw noSuchResponse(id);
  if (thread.parents.length >= maxParents && thread.next !== held.next) {
    throw new GatewayError('invalid_request', {
      message: `The responses before '${id}' have been gone on from in more than ${maxParents} ways. Begin a conversation instead.`,
      param: 'previous_response_id',
    });
  }
  return { ...read, following: { kind: 'response', id, items: held, parents: thread.parents } };
}

/** What its thread goes on from is asked for only where the thread itself is not enough. */
async function* stretches(
  projectId: string,
  held: HeldItems,
  head: Promise<Conversation | undefined>,
): AsyncGenerator<Stretch> {
  yield { name: { projectId, id: held.in }, span: { from: 0, upTo: held.next } };
  for (const { id, upTo } of (await head)?.parents ?? []) yield { name: { projectId, id }, span: { from: 0, upTo } };
}

/** Threads stay while others go on from them; conversations are deleted. */
async function isCutOff({ conversations }: WithHistoryDeps, projectId: string, { parents }: Conversation) {
  const names = parents.filter(({ id }) => isConversation(id)).map(({ id }) => ({ projectId, id }));
  const found = await Promise.all(names.map((name) => conversations.get(name)));
  return found.some((one) => one === undefined);
}
