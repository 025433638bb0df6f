/**
 * POST /v1/responses
 *
 * OpenAI's newer way to ask a model, whole or as server-sent events. It goes
 * through the pipeline in its own shape: no step of it makes a chat completion of it.
 */
import { modelRoutes } from '../infra/routes/models.ts';
import { live } from '../shared/deps.ts';
import type { GenerationDeps } from '../shared/generation-deps.ts';
import { routeIn } from '../shared/http/route.ts';
import { streamed } from '../shared/http/streamed.ts';
import { responseRequestSchema } from '../shared/inference/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { modelOperation } from '../shared/middleware/operation.ts';
import { responsesDeps } from '../shared/responses-deps.ts';
import { answerRun } from '../shared/runs/answer-run.ts';

export const createHandler = (deps: GenerationDeps) =>
  gatewayHandler(deps, [
    modelOperation(
      routeIn(modelRoutes, 'createResponse'),
      responseRequestSchema,
      (body) => ({ kind: 'responses', endpoint: '/responses', body, streamed: body.stream === true }),
      (call) => answerRun(deps, call),
    ),
  ]);

const root = live(process.env);

export const handler = streamed(createHandler(responsesDeps(root)), root.env.responseMode);
