/** /v1/organization/tools: what the gateway runs for models. The official package has no such resource; `client.post` reaches it. */
import { toolRoutes } from '../infra/routes/tools.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { checkedSettings } from '../shared/tools/registration.ts';
import { toolCreateSchema, toolListSchema, toolUpdateSchema } from '../shared/tools/schemas.ts';
import { type Tool, toolIdOf, toolObject } from '../shared/tools/tool.ts';
import { webhookSecret } from '../shared/tools/webhook-signature.ts';
import { type ToolsDeps, toolsDeps } from '../shared/tools-deps.ts';

const defaultTimeoutMs = 10_000;

const missing = () => new GatewayError('not_found', { message: 'There is no such tool.' });

export const createHandler = (deps: ToolsDeps) => {
  const { tools, newSecret, now } = deps;

  return gatewayHandler(deps, [
    operation(routeIn(toolRoutes, 'createTool'), toolCreateSchema, async ({ body, audit }) => {
      const { name, description, parameters, target } = body;
      const secret = webhookSecret(newSecret());
      const tool: Tool = {
        id: toolIdOf(name),
        name,
        timeoutMs: defaultTimeoutMs,
        projects: null,
        ...{ description, parameters, target },
        ...(await checkedSettings(deps, body)),
        secret,
        createdAt: Math.floor(now() / 1000),
      };
      if ((await tools.create(tool)) === 'taken') {
        throw new GatewayError('conflict', { message: 'There is a tool of this name. Change that one, or delete it.' });
      }
      audit({ id: tool.id, requested: body, after: toolObject(tool) });
      return json(200, { ...toolObject(tool), secret });
    }),

    operation(routeIn(toolRoutes, 'listTools'), toolListSchema, async ({ body }) =>
      json(200, pageObject(await tools.list(body), toolObject)),
    ),

    operation(routeIn(toolRoutes, 'retrieveTool'), null, async ({ params }) => {
      const tool = await tools.get(params['tool_id'] ?? '');
      if (!tool) throw missing();
      return json(200, toolObject(tool));
    }),

    operation(routeIn(toolRoutes, 'updateTool'), toolUpdateSchema, async ({ params, body, audit }) => {
      const id = params['tool_id'] ?? '';
      const before = await tools.get(id);
      if (!before) throw missing();
      const secret = body.rotate_secret ? webhookSecret(newSecret()) : undefined;
      const changes = { ...(await checkedSettings(deps, body)), ...(secret !== undefined && { secret }) };
      const tool = Object.keys(changes).length === 0 ? before : await tools.update(id, changes);
      if (!tool) throw missing();
      audit({ id, requested: body, before: toolObject(before), after: toolObject(tool) });
      return json(200, { ...toolObject(tool), ...(secret !== undefined && { secret }) });
    }),

    operation(routeIn(toolRoutes, 'deleteTool'), null, async ({ params, audit }) => {
      const id = params['tool_id'] ?? '';
      const before = await tools.get(id);
      if (!before || (await tools.delete(id)) === 'missing') throw missing();
      audit({ id, before: toolObject(before) });
      return json(200, { object: 'organization.tool.deleted', id, deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(toolsDeps(live(process.env))));
