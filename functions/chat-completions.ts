/**
 * POST /v1/chat/completions
 *
 * OpenAI-compatible chat: whole when `stream` is false, server-sent events when
 * it is true. Keys, validation, limits and error envelopes are the pipeline's
 * business; the choice of provider and the accounts are the inference's.
 */
import { routeOf } from '../infra/routes.ts';
import { live, type ModelCallDeps, modelCallDeps } from '../shared/deps.ts';
import { streamed } from '../shared/http/streamed.ts';
import { answerTo } from '../shared/inference/answer.ts';
import { chatRequestSchema } from '../shared/inference/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { modelOperation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: ModelCallDeps) =>
  gatewayHandler(deps, [
    modelOperation(
      routeOf('createChatCompletion'),
      chatRequestSchema,
      (body) => ({ kind: 'completions', endpoint: '/chat/completions', body, streamed: body.stream === true }),
      (call) => answerTo(deps, call),
    ),
  ]);

const root = live(process.env);

export const handler = streamed(createHandler(modelCallDeps(root)), root.env.responseMode);
