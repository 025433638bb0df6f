/** GET, DELETE /v1/responses/{response_id}, its input items, and its end: `responses` of the `openai` package. */
import { modelRoutes } from '../infra/routes/models.ts';
import { type StoredResponsesDeps, storedResponsesDeps } from '../shared/background-deps.ts';
import { isThread } from '../shared/conversations/conversation.ts';
import { listedItems } from '../shared/conversations/item-page.ts';
import { itemListSchema } from '../shared/conversations/schemas.ts';
import { live } from '../shared/deps.ts';
import { pageObject } from '../shared/http/page.ts';
import { eventStreamHeaders, json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { streamed } from '../shared/http/streamed.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { framesOf, isReplayable, replayed } from '../shared/stored-responses/replay.ts';
import {
  cancelled,
  existingResponse,
  noSuchResponse,
  notReplayable,
} from '../shared/stored-responses/response-call.ts';
import { responseRetrieveSchema } from '../shared/stored-responses/schemas.ts';

export const createHandler = (deps: StoredResponsesDeps) => {
  const { responses, background, erasure } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(modelRoutes, 'retrieveResponse'), responseRetrieveSchema, async (call) => {
      const { status, response } = await existingResponse(deps, call);
      const { stream, starting_after } = call.body;
      if (!stream) return json(200, response);
      if (!isReplayable(status)) throw notReplayable(status);
      return { status: 200, headers: eventStreamHeaders, body: framesOf(replayed(response, status, starting_after)) };
    }),

    operation(routeIn(modelRoutes, 'deleteResponse'), null, async (call) => {
      const { projectId, id, items } = await existingResponse(deps, call);
      if (!(await responses.delete(projectId, id))) throw noSuchResponse(id);
      // Whoever is at it learns so within a second.
      await background.remove({ projectId, id });
      // What it says goes with it, unless another response has gone on from there. A conversation keeps its items.
      if (items && isThread(items.in)) await erasure.release({ projectId, id: items.in });
      return json(200, { id, object: 'response', deleted: true });
    }),

    operation(routeIn(modelRoutes, 'listResponseInputItems'), itemListSchema, async (call) => {
      const { projectId, items } = await existingResponse(deps, call);
      // Written down together with what was answered.
      const page = items
        ? await listedItems(deps, { projectId, id: items.in }, call.body, { from: items.first, upTo: items.output })
        : { items: [], hasMore: false };
      return json(
        200,
        pageObject(page, ({ item }) => item),
      );
    }),

    operation(routeIn(modelRoutes, 'cancelResponse'), null, async (call) =>
      json(200, (await cancelled(deps, call)).response),
    ),
  ]);
};

const root = live(process.env);

export const handler = streamed(createHandler(storedResponsesDeps(root)), root.env.responseMode);
