/** /v1/batches: `batches` of the `openai` package. */
import { batchRoutes } from '../infra/routes/batches.ts';
import { type BatchesDeps, batchesDeps } from '../shared/batch-deps.ts';
import { cancelBatch, existingBatch } from '../shared/batches/batch-call.ts';
import { batchObject } from '../shared/batches/batch-object.ts';
import { createBatch } from '../shared/batches/create-batch.ts';
import { batchCreateSchema, batchListSchema } from '../shared/batches/schemas.ts';
import { live } from '../shared/deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: BatchesDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(batchRoutes, 'createBatch'), batchCreateSchema, async (call) =>
      json(200, batchObject(await createBatch(deps, call))),
    ),

    operation(routeIn(batchRoutes, 'retrieveBatch'), null, async (call) =>
      json(200, batchObject(await existingBatch(deps, call))),
    ),

    operation(routeIn(batchRoutes, 'cancelBatch'), null, async (call) =>
      json(200, batchObject(await cancelBatch(deps, call))),
    ),

    operation(routeIn(batchRoutes, 'listBatches'), batchListSchema, async ({ caller, body }) =>
      json(200, pageObject(await deps.batches.list(caller.projectId, body), batchObject)),
    ),
  ]);

export const handler = buffered(createHandler(batchesDeps(live(process.env))));
