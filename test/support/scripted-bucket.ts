/** S3 as far as bodies need it: it keeps what is put. */
import { once } from 'node:events';
import { createServer } from 'node:http';

export type ScriptedBucket = {
  readonly endpoint: string;
  /** By their paths, the bucket's name first. */
  readonly objects: ReadonlyMap<string, Buffer>;
  stop(): Promise<void>;
};

export async function scriptedBucket(): Promise<ScriptedBucket> {
  const objects = new Map<string, Buffer>();
  const server = createServer(async (request, response) => {
    const path = request.url?.split('?')[0] ?? '';
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    if (request.method === 'PUT') objects.set(path, Buffer.concat(chunks));
    else if (!objects.has(path)) response.statusCode = 404;
    response.end(request.method === 'GET' ? objects.get(path) : undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return {
    endpoint: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`,
    objects,
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
