import { once } from 'node:events';
import { request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { EndedRequest } from '../../../infra/local/ended-request.ts';
import type { LambdaHandler } from '../../../infra/local/invoke.ts';
import { type LocalGateway, localGateway } from '../../../infra/local/server.ts';
import { routes } from '../../../infra/routes.ts';
import type { GatewayEvent } from '../../../shared/http/event.ts';
import type { HttpResponse } from '../../../shared/http/response.ts';
import { streamed } from '../../../shared/http/streamed.ts';
import { maxBodyBytes } from '../../../shared/middleware/json-body.ts';

let gateway: LocalGateway;
let origin: string;
let events: GatewayEvent[];
let heard: EndedRequest[];
let answer: (event: GatewayEvent) => Promise<HttpResponse>;

const handler = streamed(async (event) => {
  events.push(event);
  return answer(event);
}, 'stream') as LambdaHandler;

beforeEach(async () => {
  events = [];
  heard = [];
  answer = async () => ({ status: 200, headers: { 'content-type': 'application/json' }, body: '{}' });
  gateway = localGateway(routes, new Map([['chat-completions', handler]]), () => Date.now(), {
    onEnded: (ended) => heard.push(ended),
  });
  gateway.server.listen(0, '127.0.0.1');
  await once(gateway.server, 'listening');
  origin = `http://127.0.0.1:${(gateway.server.address() as AddressInfo).port}`;
});
afterEach(async () => {
  gateway.server.closeAllConnections();
  await gateway.drain();
});

const encoder = new TextEncoder();
const post = (path: string, body: string | Uint8Array<ArrayBuffer> = '{}') =>
  fetch(`${origin}${path}`, { method: 'POST', body });

describe('what API Gateway would answer itself (I6)', () => {
  test.each([
    ['GET', '/v1/nothing', 404, 'not_found'],
    ['GET', '/v1/chat/completions', 404, 'not_found'],
    ['POST', '/chat/completions', 404, 'not_found'],
    ['POST', '/v1', 404, 'not_found'],
    ['POST', '/v10/chat/completions', 404, 'not_found'],
    ['GET', '/v1/models', 404, 'not_found'],
  ])('%s %s is %d in the shape of every error', async (method, path, status, code) => {
    const response = await fetch(`${origin}${path}`, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await response.json()).toEqual({
      error: { message: expect.any(String), type: 'invalid_request_error', param: null, code },
    });
    expect(events).toEqual([]);
  });

  test('a body over 6 MB never reaches the function, and one of 6 MB does (I11)', async () => {
    expect((await post('/v1/chat/completions', new Uint8Array(maxBodyBytes + 1).fill(0x20))).status).toBe(413);
    expect(events).toEqual([]);
    expect((await post('/v1/chat/completions', new Uint8Array(maxBodyBytes).fill(0x20))).status).toBe(200);
    expect(events).toHaveLength(1);
  });

  test('a function that throws before its answer is a 500 that says nothing', async () => {
    answer = async () => Promise.reject(new Error('canary'));
    const response = await post('/v1/chat/completions');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('canary');
  });

  test('what is not HTTP gets the shape of every error, too', async () => {
    const socket = connect((gateway.server.address() as AddressInfo).port, '127.0.0.1');
    socket.end('NONSENSE\r\n\r\n');
    let text = '';
    for await (const chunk of socket) text += chunk;
    expect(text).toMatch(/^HTTP\/1\.1 400 /);
    expect(JSON.parse(text.slice(text.indexOf('\r\n\r\n')))).toMatchObject({
      error: { type: 'invalid_request_error' },
    });
  });
});

describe('a stream', () => {
  const words = Array.from({ length: 50 }, (_, index) => `data: ${index}\n\n`);
  const streaming = (pause: () => Promise<unknown>) => async (): Promise<HttpResponse> => ({
    status: 200,
    headers: { 'content-type': 'text/event-stream' },
    body: (async function* () {
      for (const word of words) {
        yield encoder.encode(word);
        await pause();
      }
    })(),
  });

  test.each([
    ['in no time', async () => {}],
    ['over many turns', () => new Promise((resolve) => setImmediate(resolve))],
    ['slowly', () => sleep(1)],
  ])('arrives whole and in order when its function writes it %s', async (_, pause) => {
    answer = streaming(pause);
    expect(await (await post('/v1/chat/completions')).text()).toBe(words.join(''));
  });

  test('arrives as it is written, not at its end', async () => {
    let goOn = () => {};
    const waiting = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    answer = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        yield encoder.encode('first');
        await waiting;
        yield encoder.encode('second');
      })(),
    });
    const response = await post('/v1/chat/completions');
    const reader = response.body?.getReader();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('first');
    goOn();
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('second');
  });

  test('whose caller leaves is read to its end all the same, for the accounts (I3)', async () => {
    let written = 0;
    let accounted = () => {};
    const accounts = new Promise<void>((resolve) => {
      accounted = resolve;
    });
    answer = async () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (; written < 20; written++) {
          yield encoder.encode('x'.repeat(1_000));
          await sleep(2);
        }
      })(),
      afterwards: async () => accounted(),
    });
    const leaving = request(`${origin}/v1/chat/completions`, { method: 'POST' });
    leaving.on('error', () => {});
    leaving.end('{}');
    const [response] = await once(leaving, 'response');
    await once(response, 'data');
    leaving.destroy();
    await accounts;
    expect(written).toBe(20);
  });
});

describe('what the host hears of what API Gateway would answer itself', () => {
  test.each([
    ['GET', '/v1/nothing/sk-canary', 404, 'unknown_route', '/v1/…/…'],
    ['POST', '/chat/completions?key=sk-canary', 404, 'unknown_route', '/chat/completions'],
    ['GET', '/v1/chat/completions', 404, 'unknown_route', '/v1/chat/completions'],
    ['GET', '/v1/models/canary', 404, 'unknown_route', '/v1/models/{model}'],
  ])(
    '%s %s is a %d for %s at %s, and nothing that the caller has made up (I6)',
    async (method, path, status, outcome, shown) => {
      await fetch(`${origin}${path}`, { method });
      expect(heard).toEqual([
        {
          origin: 'gateway',
          record: expect.objectContaining({ method, path: shown, status, outcome, report: {} }),
        },
      ]);
      expect(JSON.stringify(heard)).not.toContain('canary');
    },
  );

  test('is told of a body that is too large, and of a function that throws', async () => {
    answer = async () => Promise.reject(new Error('canary'));
    await post('/v1/chat/completions', new Uint8Array(maxBodyBytes + 1).fill(0x20));
    await post('/v1/chat/completions');
    expect(heard.map(({ record: { path, status, outcome } }) => [path, status, outcome])).toEqual([
      ['/v1/chat/completions', 413, 'request_too_large'],
      ['/v1/chat/completions', 500, 'internal'],
    ]);
  });
});

test('draining takes no more requests, and waits for the answers and accounts of those under way', async () => {
  const order: string[] = [];
  answer = async () => ({
    status: 200,
    headers: {},
    body: (async function* () {
      yield encoder.encode('begun ');
      await sleep(30);
      yield encoder.encode('ended');
    })(),
    afterwards: async () => {
      await sleep(30);
      order.push('accounted');
    },
  });
  const response = await post('/v1/chat/completions');
  const drained = gateway.drain().then(() => order.push('drained'));
  expect(await response.text()).toBe('begun ended');
  await drained;
  expect(order).toEqual(['accounted', 'drained']);
  await expect(post('/v1/chat/completions')).rejects.toThrow();
});
