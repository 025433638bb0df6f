/** Puts a file's bytes where they stay, and then the file where it is found: never the one without the other. */
import { orRefuse } from '../dynamo/outage.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { StoredFile } from './file.ts';
import type { FileStore } from './file-store.ts';

export type KeepFileDeps = {
  readonly files: Pick<FileStore, 'create'>;
  readonly objects: Pick<ObjectStore, 'write'>;
};

/**
 * Under way, the file is one whose time is over already: nobody sees it, and where a killed function leaves bytes behind, the
 * sweep takes them away. What goes wrong with `chunks` is thrown as it is, and there is no file. Stores down: 503 (I12).
 */
export async function keepFile(
  { files, objects }: KeepFileDeps,
  file: Omit<StoredFile, 'bytes'>,
  chunks: AsyncIterable<Uint8Array>,
): Promise<StoredFile> {
  await files.create({ ...file, bytes: 0, expiresAt: file.createdAt });
  const bytes = await orRefuse(objects.write(file.objectKey, chunks));
  const kept = { ...file, bytes };
  await files.create(kept);
  return kept;
}
