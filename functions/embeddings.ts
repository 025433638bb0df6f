/** POST /v1/embeddings */
import { modelRoutes } from '../infra/routes/models.ts';
import { live } from '../shared/deps.ts';
import { type EmbeddingDeps, embeddingDeps } from '../shared/embedding-deps.ts';
import { routeIn } from '../shared/http/route.ts';
import { streamed } from '../shared/http/streamed.ts';
import { answerTo } from '../shared/inference/answer.ts';
import { embeddingRequestSchema } from '../shared/inference/schemas.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { modelOperation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: EmbeddingDeps) =>
  gatewayHandler(deps, [
    modelOperation(
      routeIn(modelRoutes, 'createEmbedding'),
      embeddingRequestSchema,
      (body) => ({ kind: 'embeddings', endpoint: '/embeddings', body, streamed: false }),
      (call) => answerTo(deps, call),
    ),
  ]);

const root = live(process.env);

/** Streamed for the sake of what comes after the answer: the caller does not wait for the accounts. */
export const handler = streamed(createHandler(embeddingDeps(root)), root.env.responseMode);
