/**
 * POST /v1/chat/completions
 *
 * OpenAI-compatible chat: whole when `stream` is false, server-sent events when
 * it is true. Keys, validation, limits and error envelopes are the pipeline's
 * business; the choice of provider and the accounts are the inference's.
 */
import { modelRoutes } from '../infra/routes/models.ts';
import { live } from '../shared/deps.ts';
import { type GenerationDeps, generationDeps } from '../shared/generation-deps.ts';
import { routeIn } from '../shared/http/route.ts';
import { streamed } from '../shared/http/streamed.ts';
import { chatRequestSchema } from '../shared/inference/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { modelOperation } from '../shared/middleware/operation.ts';
import { answerRun } from '../shared/runs/answer-run.ts';

export const createHandler = (deps: GenerationDeps) =>
  gatewayHandler(deps, [
    modelOperation(
      routeIn(modelRoutes, 'createChatCompletion'),
      chatRequestSchema,
      (body) => ({ kind: 'completions', endpoint: '/chat/completions', body, streamed: body.stream === true }),
      (call) => answerRun(deps, call),
    ),
  ]);

const root = live(process.env);

export const handler = streamed(createHandler(generationDeps(root)), root.env.responseMode);
