/**
 * What the queue `responses` calls: makes the responses that were asked for with
 * `background: true`, each through the pipeline of POST /v1/responses.
 */
import { modelRoutes } from '../infra/routes/models.ts';
import { type BackgroundWorkerDeps, backgroundWorkerDeps } from '../shared/background-deps.ts';
import { backgroundMessageSchema } from '../shared/background-responses/background-response.ts';
import { createWork } from '../shared/background-responses/work.ts';
import { live } from '../shared/deps.ts';
import { routeIn } from '../shared/http/route.ts';
import { responseRequestSchema } from '../shared/inference/schemas.ts';
import { modelOperation } from '../shared/middleware/operation.ts';
import { queueHandler } from '../shared/queues/queue-handler.ts';
import { answerRun } from '../shared/runs/answer-run.ts';

export const createHandler = (deps: BackgroundWorkerDeps) =>
  queueHandler(
    deps,
    backgroundMessageSchema,
    createWork({
      ...deps,
      run: (call) => answerRun(deps, call),
      operation: (run) =>
        modelOperation(
          routeIn(modelRoutes, 'createResponse'),
          responseRequestSchema,
          (body) => ({ kind: 'responses', endpoint: '/responses', body, streamed: false }),
          run,
        ),
    }),
  );

export const handler = createHandler(backgroundWorkerDeps(live(process.env)));
