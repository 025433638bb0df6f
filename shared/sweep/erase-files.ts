/** Takes away the files whose time is over, and what was written of those that never came to be. */
import type { FileStore } from '../files/file-store.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { Log } from '../observability/log.ts';

export type EraseFilesDeps = {
  readonly files: Pick<FileStore, 'expired' | 'forget'>;
  readonly objects: Pick<ObjectStore, 'delete'>;
  readonly log: Log;
};

/** How many; `enough` says when time runs out, and the next sweep goes on. */
export async function eraseFiles({ files, objects, log }: EraseFilesDeps, enough: () => boolean): Promise<number> {
  let erased = 0;
  for await (const file of files.expired()) {
    if (enough()) break;
    const { projectId, id, objectKey } = file;
    try {
      // The bytes first: without its row nobody would look for them.
      await objects.delete(objectKey);
      if (await files.forget(file)) erased += 1;
    } catch (error) {
      // Whatever is wrong with one of them, the others go; the next sweep tries this one again.
      log.error('file not erased', { projectId, id, error });
    }
  }
  return erased;
}
