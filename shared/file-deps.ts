/** The composition root goes on: files, and the bytes of them. */
import { type Live, projectGateway, table } from './deps.ts';
import { dynamoFileStore, type FileStore } from './files/file-store.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { folderObjects } from './objects/folder-objects.ts';
import { localUploadUrl } from './objects/local-upload.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { s3Objects } from './objects/s3-objects.ts';

/** For routes, schedules and queues that say `files`. */
export function objectsOf({ env, now }: Live): ObjectStore {
  const { bucket, folder } = env.bodies;
  if (bucket) return s3Objects(env.aws, bucket);
  const { url, secret } = env.localUploads;
  if (folder) return folderObjects(folder, localUploadUrl({ secret, now }, url));
  throw new Error('BODIES_BUCKET is not set. Does the route say `files` in infra/routes.ts?');
}

export const filesOf = (root: Live): FileStore => dynamoFileStore(root.db, table(root, 'files'), root);

export type FilesDeps = GatewayDeps & { readonly files: FileStore; readonly objects: ObjectStore };

export const filesDeps = (root: Live): FilesDeps => ({
  ...projectGateway(root),
  files: filesOf(root),
  objects: objectsOf(root),
});
