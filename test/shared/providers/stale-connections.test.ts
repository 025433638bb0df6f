/** A kept connection that died in its sleep is no failure of the provider's. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { completion } from '../../support/scripted-provider.ts';
import { asking, providerAt } from './asking.ts';

const text = JSON.stringify(completion('Hello'));

const resetLate = (socket: Socket) => setTimeout(() => socket.resetAndDestroy(), 1_400);

/** Answers each connection's first request; `onReuse` is what happens to the second. */
async function forgetful(onReuse: (socket: Socket) => void) {
  const served = new Map<Socket, number>();
  const server: Server = createServer((request, response) => {
    if (request.socket.destroyed) return;
    served.set(request.socket, (served.get(request.socket) ?? 0) + 1);
    request.resume().on('end', () => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    });
  });
  server.on('connection', (socket) => {
    socket.prependListener('data', () => {
      if (served.has(socket)) onReuse(socket);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    baseURL: `http://127.0.0.1:${port}/v1`,
    served,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test.each<[string, (socket: Socket) => void]>([
  ['is reset', (socket) => socket.resetAndDestroy()],
  ['is closed', (socket) => socket.destroy()],
])('a connection that %s as it is used again is replaced within the attempt', async (_, onReuse) => {
  const server = await forgetful(onReuse);
  try {
    const provider = providerAt(server.baseURL);
    await Promise.all([provider.whole(asking()), provider.whole(asking())]);
    expect((await provider.whole(asking())).text).toBe(text);
    // The other one slept as long; it is not tried.
    expect([...server.served.values()]).toEqual([1, 1, 1]);
  } finally {
    await server.stop();
  }
});

test('what is broken is broken: a new connection that is reset is not replaced', async () => {
  let connections = 0;
  const server = createServer().on('connection', (socket: Socket) => {
    connections += 1;
    socket.once('data', () => socket.resetAndDestroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await expect(providerAt(`http://127.0.0.1:${port}/v1`).whole(asking())).rejects.toMatchObject({
      why: 'upstream_error',
    });
    expect(connections).toBe(1);
  } finally {
    server.close();
  }
});

test.each<[string, number, (socket: Socket) => void]>([
  ['has begun to answer', 150, (socket) => socket.write('HTTP/1.1 200 OK\r\n', () => socket.resetAndDestroy())],
  ['may have been at work', 150, (socket) => setTimeout(() => socket.resetAndDestroy(), 400)],
  ['may have been at work, however long a new connection may take,', 5_000, resetLate],
])('a provider that %s is not asked twice (I3)', async (_, connectMs, onReuse) => {
  const requests: Socket[] = [];
  const server = createServer((request, response) => {
    requests.push(request.socket);
    request.resume();
    if (requests.length === 1) response.writeHead(200, { 'content-type': 'application/json' }).end(text);
    else onReuse(request.socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    const provider = providerAt(`http://127.0.0.1:${port}/v1`, { connectMs });
    await provider.whole(asking());
    await expect(provider.whole(asking())).rejects.toMatchObject({ why: 'upstream_error' });
    expect(requests).toHaveLength(2);
    expect(new Set(requests).size).toBe(1);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
