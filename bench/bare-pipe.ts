/**
 * The least that a proxy on Node can do: every request piped to the provider at
 * BARE_PIPE_TARGET over kept connections, every answer piped back. A process of
 * its own; prints its port when it listens.
 */
import { Agent, request as ask, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const target = new URL(process.env['BARE_PIPE_TARGET'] ?? '');
const agent = new Agent({ keepAlive: true });

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  const { method, url, headers } = request;
  const { host: _, connection: __, ...passed } = headers;
  const upstream = ask({ agent, hostname: target.hostname, port: target.port, method, path: url, headers: passed });
  upstream.on('response', (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  upstream.on('error', () => response.destroy());
  // A caller who has left: its answer would keep a connection busy.
  response.on('close', () => upstream.destroy());
  request.pipe(upstream);
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
});
