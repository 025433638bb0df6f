/** Puts a file's bytes where they stay, and then the file where it is found: never the one without the other. */
import { orRefuse } from '../dynamo/outage.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { StoredFile } from './file.ts';
import { noSuchFile } from './file-object.ts';
import type { FileStore } from './file-store.ts';

export type KeepFileDeps = {
  readonly files: Pick<FileStore, 'begin' | 'create' | 'get'>;
  readonly objects: Pick<ObjectStore, 'write'>;
};

/**
 * Under way, the file is one whose time is over already: nobody sees it, and where a killed function leaves bytes behind, the
 * sweep takes them away. What goes wrong with `chunks` is thrown as it is, and there is no file. A file that is kept already,
 * by an attempt that was faster, stays as it is. Stores down: 503 (I12).
 */
export async function keepFile(
  { files, objects }: KeepFileDeps,
  file: Omit<StoredFile, 'bytes'>,
  chunks: AsyncIterable<Uint8Array>,
): Promise<StoredFile> {
  const { expiresAt, ...underWay } = file;
  if (!(await files.begin(underWay))) {
    const found = await files.get(file.projectId, file.id);
    if (found) return found;
    throw noSuchFile(file.id);
  }
  const bytes = await orRefuse(objects.write(file.objectKey, chunks));
  const kept = { ...underWay, bytes, expiresAt };
  await files.create(kept);
  return kept;
}
