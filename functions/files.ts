/** /v1/files: `files` of the `openai` package, but for what is in them. */
import { batchRoutes } from '../infra/routes/batches.ts';
import { live } from '../shared/deps.ts';
import { orRefuse } from '../shared/dynamo/outage.ts';
import { type FilesDeps, filesDeps } from '../shared/file-deps.ts';
import { objectKeyOf } from '../shared/files/file.ts';
import { fileObject, noSuchFile } from '../shared/files/file-object.ts';
import { keepFile } from '../shared/files/keep-file.ts';
import { expiryOf } from '../shared/files/lifetime.ts';
import { fileCreateSchema, fileListSchema, largestPage } from '../shared/files/schemas.ts';
import { buffered } from '../shared/http/buffered.ts';
import { pageObject } from '../shared/http/page.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { formOperation } from '../shared/middleware/form-operation.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: FilesDeps) => {
  const { files, objects, now, newId } = deps;

  return gatewayHandler(deps, [
    formOperation(routeIn(batchRoutes, 'createFile'), fileCreateSchema, async ({ caller, body }) => {
      const id = newId('file-');
      const createdAt = Math.floor(now() / 1000);
      const file = await keepFile(
        deps,
        {
          projectId: caller.projectId,
          id,
          filename: body.file.name,
          purpose: body.purpose,
          createdAt,
          expiresAt: expiryOf(createdAt, body.expires_after?.seconds),
          objectKey: objectKeyOf(caller.projectId, id),
        },
        body.file.stream(),
      );
      return json(200, fileObject(file));
    }),

    operation(routeIn(batchRoutes, 'listFiles'), fileListSchema, async ({ caller, body }) => {
      const { purpose, order, limit, after } = body;
      const page = await files.list(caller.projectId, {
        order,
        limit: Math.min(limit, largestPage),
        ...(purpose && { purpose }),
        ...(after !== undefined && { after }),
      });
      return json(200, pageObject({ items: page.files, hasMore: page.more }, fileObject));
    }),

    operation(routeIn(batchRoutes, 'retrieveFile'), null, async ({ caller, params: { file_id: id = '' } }) => {
      const file = await files.get(caller.projectId, id);
      if (!file) throw noSuchFile(id);
      return json(200, fileObject(file));
    }),

    operation(routeIn(batchRoutes, 'deleteFile'), null, async ({ caller, params: { file_id: id = '' } }) => {
      const file = await files.get(caller.projectId, id);
      if (!file) throw noSuchFile(id);
      // The bytes first: as long as they are there the file is listed, and can be deleted again.
      await orRefuse(objects.delete(file.objectKey));
      await files.delete(caller.projectId, id);
      return json(200, { id, object: 'file', deleted: true });
    }),
  ]);
};

export const handler = buffered(createHandler(filesDeps(live(process.env))));
