/** S3's part on one machine: takes what an address of `upload_url` was signed for, byte for byte, and nothing else. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { localUpload } from '../../shared/objects/local-upload.ts';
import type { ObjectStore } from '../../shared/objects/object-store.ts';

export type TakeUpload = (request: IncomingMessage, response: ServerResponse, query: URLSearchParams) => Promise<void>;

export const uploadsPath = '/uploads';

type UploadsDeps = {
  readonly objects: Pick<ObjectStore, 'write'>;
  readonly secret: string;
  readonly now: () => number;
};

function refuse(request: IncomingMessage, response: ServerResponse, message: string): void {
  // Read and dropped: most clients look for an answer when they have sent all.
  request.resume();
  response.writeHead(403, { 'content-type': 'text/plain' }).end(`${message}\n`);
}

export const takeUploads =
  ({ objects, secret, now }: UploadsDeps): TakeUpload =>
  async (request, response, query) => {
    const upload = request.method === 'PUT' ? localUpload({ secret, now }, query) : undefined;
    if (!upload) return refuse(request, response, 'The address was not signed here, or is over.');
    // Node hears no more than was announced, and breaks off where less comes.
    if (request.headers['content-length'] !== `${upload.bytes}`) {
      return refuse(request, response, `The address takes ${upload.bytes} bytes, and a content-length that says so.`);
    }
    await objects.write(upload.key, request);
    response.writeHead(200, { 'content-length': 0 }).end();
  };
