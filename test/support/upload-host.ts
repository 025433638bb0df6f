/** The part of one machine that takes what addresses for uploads were signed for, at a port of its own. Call it before `scene`. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { takeUploads } from '../../infra/local/uploads.ts';
import type * as deps from '../../shared/deps.ts';
import { objectsOf } from '../../shared/file-deps.ts';
import type { TestGateway } from './gateway.ts';

const secret = 'a-secret-of-the-tests-0123456789abcdef';

export function uploadHost(gateway: () => TestGateway) {
  let server: Server;
  let url = '';
  beforeAll(async () => {
    server = createServer((request, response) => {
      const { live } = gateway();
      const take = takeUploads({ objects: objectsOf(live), secret, now: live.now });
      const { searchParams } = new URL(request.url ?? '', url);
      take(request, response, searchParams).catch(() => response.destroy());
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/uploads`;
  });
  afterAll(async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  });
  return {
    override: ({ env }: deps.Live): Partial<deps.Live> => ({ env: { ...env, localUploads: { url, secret } } }),
  };
}
