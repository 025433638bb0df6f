/** /v1/conversations: `conversations` of the `openai` package. */
import { conversationRoutes } from '../infra/routes/conversations.ts';
import { type ConversationsDeps, conversationsDeps } from '../shared/conversation-deps.ts';
import { conversationObject, idUnderKey } from '../shared/conversations/conversation.ts';
import {
  added,
  existingConversation,
  itemsToAdd,
  nameIn,
  noSuchConversation,
} from '../shared/conversations/conversation-call.ts';
import { conversationCreateSchema, conversationUpdateSchema } from '../shared/conversations/schemas.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { presentedKey } from '../shared/idempotency/presented-key.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

/** Of the function's time, for what is deleted while the caller waits. The sweep does the rest. */
const erasingMs = 20_000;

export const createHandler = (deps: ConversationsDeps) => {
  const { conversations, erasure, log, now, newId } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(conversationRoutes, 'createConversation'), conversationCreateSchema, async (call) => {
      const { caller, body, headers } = call;
      const key = presentedKey({ headers });
      const id = key === undefined ? newId('conv_') : idUnderKey(caller.apiKeyId, key);
      const name = { projectId: caller.projectId, id };
      await itemsToAdd(deps, null, body.items ?? []);
      const created = await conversations.create(name, body.metadata ?? {});
      if (body.items?.length) await added(deps, call, name, body.items);
      return json(200, conversationObject(created));
    }),

    operation(routeIn(conversationRoutes, 'retrieveConversation'), null, async (call) =>
      json(200, conversationObject(await existingConversation(deps, call))),
    ),

    operation(routeIn(conversationRoutes, 'updateConversation'), conversationUpdateSchema, async (call) => {
      const name = nameIn(call);
      const updated = await conversations.setMetadata(name, call.body.metadata ?? {});
      if (!updated) throw noSuchConversation(name.id);
      return json(200, conversationObject(updated));
    }),

    operation(routeIn(conversationRoutes, 'deleteConversation'), null, async (call) => {
      const name = nameIn(call);
      if (!(await conversations.markDeleted(name))) throw noSuchConversation(name.id);
      const untilMs = now() + erasingMs;
      // From here on it is gone for everybody, whatever becomes of its remains for now.
      await erasure
        .erase(name, () => now() > untilMs || call.signal.aborted)
        .catch((error: unknown) => log.warn('conversation not erased yet', { requestId: call.requestId, error }));
      return json(200, { id: name.id, object: 'conversation.deleted', deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(conversationsDeps(live(process.env))));
