/** /v1/uploads: `uploads` of the `openai` package, for files that are too large for one request. */
import { batchRoutes } from '../infra/routes/batches.ts';
import { live } from '../shared/deps.ts';
import { orRefuse } from '../shared/dynamo/outage.ts';
import { type UploadsDeps, uploadsDeps } from '../shared/file-deps.ts';
import { buffered } from '../shared/http/buffered.ts';
import { json } from '../shared/http/response.ts';
import { routeIn } from '../shared/http/route.ts';
import { formOperation } from '../shared/middleware/form-operation.ts';
import { gatewayHandler } from '../shared/middleware/gateway-handler.ts';
import { operation } from '../shared/middleware/operation.ts';
import { completeUpload } from '../shared/uploads/complete-upload.ts';
import { uploadCompleteSchema, uploadCreateSchema, uploadPartCreateSchema } from '../shared/uploads/schemas.ts';
import { isOpen, partKeyOf, type Upload, uploadLifetimeSeconds } from '../shared/uploads/upload.ts';
import { noSuchUpload, notOpen, uploadObject, uploadPartObject } from '../shared/uploads/upload-object.ts';

export const createHandler = (deps: UploadsDeps) => {
  const { uploads, objects, now, newId } = deps;
  const nowSeconds = (): number => Math.floor(now() / 1000);

  return gatewayHandler(deps, [
    operation(routeIn(batchRoutes, 'createUpload'), uploadCreateSchema, async ({ caller, body }) => {
      const createdAt = nowSeconds();
      const upload: Upload = {
        projectId: caller.projectId,
        id: newId('upload_'),
        filename: body.filename,
        bytes: body.bytes,
        fileSeconds: body.expires_after?.seconds ?? null,
        createdAt,
        expiresAt: createdAt + uploadLifetimeSeconds,
        state: 'pending',
      };
      await uploads.create(upload);
      return json(200, uploadObject(upload, createdAt));
    }),

    formOperation(routeIn(batchRoutes, 'addUploadPart'), uploadPartCreateSchema, async ({ caller, params, body }) => {
      const { upload_id: id = '' } = params;
      const upload = await uploads.get(caller.projectId, id);
      const createdAt = nowSeconds();
      if (!upload) throw noSuchUpload(id);
      if (!isOpen(upload, createdAt)) throw notOpen(upload, createdAt);
      const { data } = body;
      const part = { id: newId('part_'), bytes: data?.size ?? body.bytes ?? 0, createdAt };
      const key = partKeyOf(upload, part.id);
      if (data) await orRefuse(objects.write(key, data.stream()));
      if (!(await uploads.addPart(upload, part))) throw notOpen(upload, createdAt);
      if (data) return json(200, uploadPartObject(part, upload));
      const url = await orRefuse(objects.uploadUrl(key, part.bytes, upload.expiresAt - createdAt));
      return json(200, uploadPartObject(part, upload, url));
    }),

    operation(routeIn(batchRoutes, 'completeUpload'), uploadCompleteSchema, async ({ caller, params, body }) => {
      const { upload_id: id = '' } = params;
      const found = await uploads.withParts(caller.projectId, id);
      if (!found) throw noSuchUpload(id);
      const { upload, file } = await completeUpload(deps, found, { partIds: body.part_ids, md5: body.md5 });
      return json(200, uploadObject(upload, nowSeconds(), file));
    }),

    operation(routeIn(batchRoutes, 'cancelUpload'), null, async ({ caller, params }) => {
      const { upload_id: id = '' } = params;
      const upload = await uploads.get(caller.projectId, id);
      if (!upload) throw noSuchUpload(id);
      if (!isOpen(upload, nowSeconds()) && upload.state !== 'cancelled') throw notOpen(upload, nowSeconds());
      if (!(await uploads.cancel(upload))) throw notOpen({ ...upload, state: 'completing' }, nowSeconds());
      return json(200, uploadObject({ ...upload, state: 'cancelled' }, nowSeconds()));
    }),
  ]);
};

export const handler = buffered(createHandler(uploadsDeps(live(process.env))));
