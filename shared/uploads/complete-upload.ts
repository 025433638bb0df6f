/** Puts the parts of an upload together: in the order given, piece by piece, as often as it takes, and to one file. */
import { createHash } from 'node:crypto';
import { orRefuse } from '../dynamo/outage.ts';
import { GatewayError } from '../errors.ts';
import { objectKeyOf, type StoredFile } from '../files/file.ts';
import type { FileStore } from '../files/file-store.ts';
import { type KeepFileDeps, keepFile } from '../files/keep-file.ts';
import { expiryOf } from '../files/lifetime.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import {
  type Completion,
  fileIdOf,
  isOpen,
  partKeyOf,
  type Upload,
  type UploadPart,
  type UploadWithParts,
} from './upload.ts';
import { notOpen } from './upload-object.ts';
import type { UploadStore } from './upload-store.ts';

export type CompleteUploadDeps = KeepFileDeps & {
  readonly uploads: UploadStore;
  readonly files: Pick<FileStore, 'begin' | 'create' | 'get'>;
  readonly objects: Pick<ObjectStore, 'write' | 'read' | 'size'>;
  readonly now: () => number;
};

export type Completed = { readonly upload: Upload; readonly file: StoredFile | undefined };

const invalid = (param: string, message: string): GatewayError =>
  new GatewayError('invalid_request', { param, message });

/** In the order in which they are asked for. */
function partsAsked({ upload, parts }: UploadWithParts, partIds: readonly string[]): readonly UploadPart[] {
  const known = new Map(parts.map((part) => [part.id, part]));
  const asked = partIds.map((id, index) => {
    const part = known.get(id);
    if (!part) throw invalid(`part_ids[${index}]`, 'The upload has no such part, or it comes twice.');
    known.delete(id);
    return part;
  });
  const bytes = asked.reduce((sum, part) => sum + part.bytes, 0);
  if (bytes === upload.bytes) return asked;
  throw invalid('part_ids', `The parts have ${bytes} bytes together, and the upload was created with ${upload.bytes}.`);
}

/** Of looks at parts. */
const atOnce = 25;

/** Whoever has the address of a part need not have used it. */
async function mustBeThere(
  { objects }: CompleteUploadDeps,
  upload: Upload,
  parts: readonly UploadPart[],
): Promise<void> {
  for (let from = 0; from < parts.length; from += atOnce) {
    const some = parts.slice(from, from + atOnce);
    const sizes = await orRefuse(Promise.all(some.map(({ id }) => objects.size(partKeyOf(upload, id)))));
    const missing = some.findIndex(({ bytes }, index) => sizes[index] !== bytes);
    if (missing === -1) continue;
    throw invalid(
      `part_ids[${from + missing}]`,
      `The ${some[missing]?.bytes} bytes of this part have not been uploaded.`,
    );
  }
}

/** All of their bytes, and at the end an error where these are not the ones that were meant. */
async function* joined(
  { objects }: CompleteUploadDeps,
  upload: Upload,
  parts: readonly UploadPart[],
  md5: string | undefined,
): AsyncGenerator<Uint8Array> {
  const hash = md5 === undefined ? undefined : createHash('md5');
  let bytes = 0;
  for (const { id } of parts) {
    for await (const chunk of objects.read(partKeyOf(upload, id))) {
      hash?.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  if (bytes !== upload.bytes) throw invalid('part_ids', 'A part has changed while the upload was completed.');
  if (hash && hash.digest('hex') !== md5?.toLowerCase()) {
    throw invalid('md5', 'The parts, in this order, have another MD5 checksum.');
  }
}

const isSameList = (some: readonly string[] | undefined, others: readonly string[]): boolean =>
  some?.length === others.length && others.every((id, index) => id === some[index]);

export async function completeUpload(
  deps: CompleteUploadDeps,
  found: UploadWithParts,
  completion: Completion,
): Promise<Completed> {
  const { uploads, files, now } = deps;
  const { partIds, md5 } = completion;
  const { upload } = found;
  const createdAt = Math.floor(now() / 1000);
  const fileId = fileIdOf(upload);
  if (upload.state === 'completed' && isSameList(upload.partIds, partIds)) {
    return { upload, file: await files.get(upload.projectId, fileId) };
  }
  if (!isOpen(upload, createdAt)) throw notOpen(upload, createdAt);
  const parts = partsAsked(found, partIds);
  await mustBeThere(deps, upload, parts);
  if (!(await uploads.beginCompleting(upload, completion))) throw notOpen(upload, createdAt);
  const completed: Upload = { ...upload, state: 'completed', partIds };
  try {
    const file = await keepFile(
      deps,
      {
        projectId: upload.projectId,
        id: fileId,
        filename: upload.filename,
        purpose: 'batch',
        createdAt,
        expiresAt: expiryOf(createdAt, upload.fileSeconds ?? undefined),
        objectKey: objectKeyOf(upload.projectId, fileId),
      },
      joined(deps, upload, parts, md5),
    );
    await uploads.complete(upload);
    return { upload: completed, file };
  } catch (error) {
    // The caller's mistake, which he can mend. Of any other failure nobody knows how far it came: the same parts may be tried again.
    if (error instanceof GatewayError && error.why === 'invalid_request') await uploads.reopen(upload, completion);
    throw error;
  }
}
