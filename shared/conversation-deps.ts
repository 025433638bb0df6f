/** The composition root goes on: conversations, and the responses that are kept. */

import type { Catalogue } from './catalogue/catalogue.ts';
import type { ConversationsApiDeps } from './conversations/conversation-call.ts';
import { dynamoConversationStore } from './conversations/conversation-store.ts';
import { dynamoErasureStore, type ErasureStore } from './conversations/erasure-store.ts';
import { dynamoItemStore } from './conversations/item-store.ts';
import { bodiesOf, idsFrom, type Live, projectGateway, readCatalogue, table } from './deps.ts';
import { dynamoThreadStore } from './history/thread-store.ts';
import { createWithHistory, type WithHistoryDeps } from './history/with-history.ts';
import type { Prepare } from './inference/preparation.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import {
  dynamoStoredResponseStore,
  endedResponsePut,
  responseExists,
  type StoredResponseStore,
} from './stored-responses/stored-response-store.ts';

export type ConversationsDeps = GatewayDeps & ConversationsApiDeps & { readonly erasure: ErasureStore };

export function conversationsDeps(root: Live): ConversationsDeps {
  const { db, now, pause, random } = root;
  const name = table(root, 'conversations');
  const bodies = bodiesOf(root);
  const newId = idsFrom(now);
  const settings = readCatalogue(root.env).conversations;
  return {
    ...projectGateway(root),
    now,
    newId,
    conversations: dynamoConversationStore(db, name, { bodies, settings, now, pause, random, newId }),
    items: dynamoItemStore(db, name, bodies),
    erasure: erasureOf(root),
  };
}

/** For functions whose routes have both tables: the others have no history. */
export function historyOf(root: Live, { catalogue }: { readonly catalogue: Catalogue }): readonly Prepare[] {
  const { db, now, pause, random } = root;
  const { conversations: name, responses: responsesName } = root.env.tables;
  if (name === undefined || responsesName === undefined) return [];
  const bodies = bodiesOf(root);
  const newId = idsFrom(now);
  const { conversations: settings, defaults } = readCatalogue(root.env);
  const appending = { bodies, settings, now, pause, random, newId };
  const deps: WithHistoryDeps = {
    ...appending,
    catalogue,
    contextDefaults: defaults.context,
    conversations: dynamoConversationStore(db, name, appending),
    items: dynamoItemStore(db, name, bodies),
    threads: dynamoThreadStore(db, name, appending),
    responses: storedResponsesOf(root),
    responseWrites: {
      put: (row, isPromised) => endedResponsePut(responsesName, row, isPromised),
      exists: (projectId, id) => responseExists(responsesName, projectId, id),
    },
  };
  return [createWithHistory(deps)];
}

export const erasureOf = (root: Live): ErasureStore =>
  dynamoErasureStore(root.db, table(root, 'conversations'), { bodies: bodiesOf(root), now: root.now });

export const storedResponsesOf = (root: Live): StoredResponseStore =>
  dynamoStoredResponseStore(root.db, table(root, 'responses'), { bodies: bodiesOf(root), now: root.now });
