/**
 * What the queue `batches` calls: goes through the batches of a project, in one of its lanes. Each line goes through the
 * pipeline of the call that it would have been by itself.
 */
import { modelRoutes } from '../infra/routes/models.ts';
import { type BatchLaneDeps, batchLaneDeps } from '../shared/batch-deps.ts';
import { createAnswerLine } from '../shared/batches/answer-lines.ts';
import { laneMessageSchema } from '../shared/batches/lane-message.ts';
import { createWork } from '../shared/batches/work.ts';
import { live } from '../shared/deps.ts';
import { routeIn } from '../shared/http/route.ts';
import { queueHandler } from '../shared/queues/queue-handler.ts';

export const createHandler = ({ lineDeps, ...deps }: BatchLaneDeps) =>
  queueHandler(
    deps,
    laneMessageSchema,
    createWork({
      ...deps,
      answerLine: createAnswerLine(lineDeps, {
        '/v1/chat/completions': routeIn(modelRoutes, 'createChatCompletion'),
        '/v1/responses': routeIn(modelRoutes, 'createResponse'),
        '/v1/embeddings': routeIn(modelRoutes, 'createEmbedding'),
      }),
    }),
  );

export const handler = createHandler(batchLaneDeps(live(process.env)));
