/** GET /v1/files/{file_id}/content: what is in a file, as it was uploaded. */
import { batchRoutes } from '../infra/routes/batches.ts';
import { live } from '../shared/deps.ts';
import { type FileContentRouteDeps, fileContentDeps } from '../shared/file-deps.ts';
import { contentOf } from '../shared/files/file-content.ts';
import { noSuchFile } from '../shared/files/file-object.ts';
import { routeIn } from '../shared/http/route.ts';
import { streamed } from '../shared/http/streamed.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';

export const createHandler = (deps: FileContentRouteDeps) =>
  gatewayHandler(deps, [
    operation(routeIn(batchRoutes, 'retrieveFileContent'), null, async ({ caller, params: { file_id: id = '' } }) => {
      const file = await deps.files.get(caller.projectId, id);
      if (!file) throw noSuchFile(id);
      return contentOf(deps, file);
    }),
  ]);

const root = live(process.env);
export const handler = streamed(createHandler(fileContentDeps(root)), root.env.responseMode);
