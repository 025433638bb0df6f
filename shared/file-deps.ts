/** The composition root goes on: files, and the bytes of them. */
import { idsFrom, type Live, projectGateway, table } from './deps.ts';
import type { Environment } from './environment.ts';
import type { FileContentDeps } from './files/file-content.ts';
import { dynamoFileStore, type FileStore } from './files/file-store.ts';
import type { GatewayDeps } from './middleware/gateway-handler.ts';
import { folderObjects, type UploadUrl } from './objects/folder-objects.ts';
import { localUploadUrl } from './objects/local-upload.ts';
import type { ObjectStore } from './objects/object-store.ts';
import { s3Objects } from './objects/s3-objects.ts';
import { dynamoUploadStore, type UploadStore } from './uploads/upload-store.ts';

/** One machine sets both. */
function uploadUrlOf({ url, secret }: Environment['localUploads'], now: () => number): UploadUrl {
  if (url !== undefined && secret !== undefined) return localUploadUrl({ secret, now }, url);
  return () => Promise.reject(new Error('LOCAL_UPLOADS_URL and LOCAL_UPLOADS_SECRET are not set.'));
}

/** For routes, schedules and queues that say `files`. */
export function objectsOf({ env, now }: Live): ObjectStore {
  const { bucket, folder } = env.bodies;
  if (bucket) return s3Objects(env.aws, bucket);
  if (folder) return folderObjects(folder, uploadUrlOf(env.localUploads, now));
  throw new Error('BODIES_BUCKET is not set. Does the route say `files` in infra/routes.ts?');
}

export const filesOf = (root: Live): FileStore => dynamoFileStore(root.db, table(root, 'files'), root);

const uploadsOf = (root: Live): UploadStore => dynamoUploadStore(root.db, table(root, 'uploads'));

export type FilesDeps = GatewayDeps & {
  readonly files: FileStore;
  readonly objects: ObjectStore;
  readonly now: () => number;
  readonly newId: (prefix: string) => string;
};

export const filesDeps = (root: Live): FilesDeps => ({
  ...projectGateway(root),
  files: filesOf(root),
  objects: objectsOf(root),
  now: root.now,
  newId: idsFrom(root.now),
});

export type UploadsDeps = FilesDeps & { readonly uploads: UploadStore };

export const uploadsDeps = (root: Live): UploadsDeps => ({ ...filesDeps(root), uploads: uploadsOf(root) });

export type FileContentRouteDeps = FilesDeps & FileContentDeps;

export const fileContentDeps = (root: Live): FileContentRouteDeps => ({
  ...filesDeps(root),
  responseMode: root.env.responseMode,
});
