/** A file's bytes as an answer. */
import { orRefuse } from '../dynamo/outage.ts';
import type { HttpResponse } from '../http/response.ts';
import type { ObjectStore } from '../objects/object-store.ts';
import type { StoredFile } from './file.ts';

/**
 * As much as one answer can hold. A stream: what Lambda sends at the most. In one piece it is 6 MB, of which escaping every
 * quote and line break in JSON takes its share. https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
 */
const mostBytes = { stream: 200 * 1024 * 1024, buffered: 3 * 1024 * 1024 } as const;

/** To follow the redirect, and no more: whoever has the address needs no key. */
const addressSeconds = 60;

export type FileContentDeps = {
  readonly objects: Pick<ObjectStore, 'read' | 'downloadUrl'>;
  readonly responseMode: keyof typeof mostBytes;
};

/** Any character of a name that means something in a header is another one there; the name itself is encoded beside it. */
const dispositionOf = (filename: string): string => {
  const plain = filename.replace(/[^A-Za-z0-9 ._-]/g, '_');
  const encoded = encodeURIComponent(filename).replace(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16)}`);
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
};

async function* continued(
  first: IteratorResult<Uint8Array>,
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for (let next = first; !next.done; next = await rest.next()) yield next.value;
}

export async function contentOf(
  { objects, responseMode }: FileContentDeps,
  { objectKey, bytes, filename }: StoredFile,
): Promise<HttpResponse> {
  if (bytes > mostBytes[responseMode]) {
    const location = await orRefuse(objects.downloadUrl(objectKey, addressSeconds));
    // Fetch sends no key along to another host.
    if (location !== null) return { status: 302, headers: { location, 'content-type': 'text/plain' }, body: location };
  }
  const chunks = objects.read(objectKey)[Symbol.asyncIterator]();
  // Once the headers are out nobody can be told that the bytes cannot be read.
  const first = await orRefuse(chunks.next());
  return {
    status: 200,
    headers: { 'content-type': 'application/octet-stream', 'content-disposition': dispositionOf(filename) },
    // A stream that nothing is written to has not even a status.
    body: first.done ? '' : continued(first, chunks),
  };
}
