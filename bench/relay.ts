/** What stands between the gateway and one of its partners, to see what passes. */
import {
  Agent,
  request as ask,
  type ClientRequest,
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';

export type Relay = { readonly url: string; stop(): Promise<void> };

type Headers = NodeJS.Dict<string | number | string[]>;

/** Begins the same request at the partner; whoever calls it writes the body. */
export type PassOn = (headers?: Headers) => ClientRequest;

export type Serve = (request: IncomingMessage, response: ServerResponse, passOn: PassOn) => void | Promise<void>;

export async function startRelay(target: string, serve: Serve): Promise<Relay> {
  const { hostname, port } = new URL(target);
  const agent = new Agent({ keepAlive: true });
  const server = createServer((request, response) => {
    const { method, url, headers } = request;
    const passOn: PassOn = (changed = {}) =>
      ask({ agent, hostname, port, method, path: url, headers: { ...headers, ...changed } }).on('error', () =>
        response.destroy(),
      );
    void serve(request, response, passOn);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
