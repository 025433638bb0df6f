/** /v1/conversations/{conversation_id}/items: `conversations.items` of the `openai` package. */
import { conversationRoutes } from '../infra/routes/conversations.ts';
import { type ConversationsDeps, conversationsDeps } from '../shared/conversation-deps.ts';
import { conversationObject } from '../shared/conversations/conversation.ts';
import { added, existingConversation } from '../shared/conversations/conversation-call.ts';
import { listedItems } from '../shared/conversations/item-page.ts';
import { itemCreateSchema, itemListSchema, itemRetrieveSchema } from '../shared/conversations/schemas.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

/** In OpenAI's words. */
const noSuchItem = (id: string, conversationId: string): GatewayError =>
  new GatewayError('not_found', { message: `Item with id '${id}' not found in conversation '${conversationId}'.` });

export const createHandler = (deps: ConversationsDeps) => {
  const { items } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(conversationRoutes, 'listConversationItems'), itemListSchema, async (call) => {
      const conversation = await existingConversation(deps, call);
      const page = await listedItems(deps, conversation, call.body);
      return json(
        200,
        pageObject(page, ({ item }) => item),
      );
    }),

    operation(routeIn(conversationRoutes, 'createConversationItems'), itemCreateSchema, async (call) => {
      const conversation = await existingConversation(deps, call);
      const page = { items: await added(deps, call, conversation, call.body.items), hasMore: false };
      return json(
        200,
        pageObject(page, ({ item }) => item),
      );
    }),

    operation(routeIn(conversationRoutes, 'retrieveConversationItem'), itemRetrieveSchema, async (call) => {
      const conversation = await existingConversation(deps, call);
      const id = call.params['item_id'] ?? '';
      const found = await items.find(conversation, id);
      if (!found) throw noSuchItem(id, conversation.id);
      return json(200, found.item);
    }),

    operation(routeIn(conversationRoutes, 'deleteConversationItem'), null, async (call) => {
      const conversation = await existingConversation(deps, call);
      const id = call.params['item_id'] ?? '';
      if (!(await items.remove(conversation, id))) throw noSuchItem(id, conversation.id);
      return json(200, conversationObject(conversation));
    }),
  ]);
};

export const handler = buffered(createHandler(conversationsDeps(live(process.env))));
