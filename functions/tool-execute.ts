/** POST /v1/tools/{name}/execute: runs one of the gateway's tools for a project, with no model in between. */
import { toolRoutes } from '../infra/routes/tools.ts';
import { admitRequest } from '../shared/admission/admit-request.ts';
import { live } from '../shared/deps.ts';
import { GatewayError } from '../shared/errors.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { streamed } from '../shared/http/streamed.ts';
import { presentedKey } from '../shared/idempotency/presented-key.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { toolExecuteSchema } from '../shared/tools/schemas.ts';
import { mayUseTool } from '../shared/tools/tool.ts';
import { toolResultObject } from '../shared/tools/tool-result-object.ts';
import { type ToolExecuteDeps, toolExecuteDeps } from '../shared/tools-deps.ts';

export const createHandler = (deps: ToolExecuteDeps) => {
  const { admission, findTools, executeTool, newId, now } = deps;

  return gatewayHandler(deps, [
    operation(
      routeIn(toolRoutes, 'executeTool'),
      toolExecuteSchema,
      async ({ caller, params, body, headers, requestId, report, signal }) => {
        const name = params['name'] ?? '';
        const { projectId } = caller;
        // Who sends it again under its key makes the same call, as the tool sees it.
        const id = presentedKey({ headers }) ?? newId('call_');
        const limits = await admitRequest(admission, caller, `sluice:${name}`, now());
        const tool = (await findTools([name])).get(name);
        if (!tool || !mayUseTool(tool, projectId)) {
          throw new GatewayError('not_found', {
            message: 'The gateway has no such tool for this project.',
            headers: limits,
          });
        }
        const call = { id, argumentsText: JSON.stringify(body.arguments) };
        const result = await executeTool(tool, call, {
          projectId,
          requestId,
          runId: null,
          signal,
          trail: report.trail,
        });
        return json(200, toolResultObject(name, result), limits);
      },
    ),
  ]);
};

const root = live(process.env);

export const handler = streamed(createHandler(toolExecuteDeps(root)), root.env.responseMode);
