/** POST /v1/moderations */
import { modelRoutes } from '../infra/routes/models.ts';
import { live, type ModelCallDeps, modelCallDeps } from '../shared/deps.ts';
import { routeIn } from '../shared/http/route.ts';
import { streamed } from '../shared/http/streamed.ts';
import { answerTo } from '../shared/inference/answer.ts';
import { moderationRequestSchema } from '../shared/inference/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { modelOperation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: ModelCallDeps) =>
  gatewayHandler(deps, [
    modelOperation(
      routeIn(modelRoutes, 'createModeration'),
      moderationRequestSchema,
      (body) => ({ kind: 'moderations', endpoint: '/moderations', body, streamed: false }),
      (call) => answerTo(deps, call),
    ),
  ]);

const root = live(process.env);

/** Streamed for the sake of what comes after the answer: the caller does not wait for the accounts. */
export const handler = streamed(createHandler(modelCallDeps(root)), root.env.responseMode);
