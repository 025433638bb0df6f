/** A webhook that answers, fails, hangs, dies, floods, redirects, or has a name that leads elsewhere (THREATS 4, I11). */
import { createServer } from 'node:net';
import { isPublicAddress } from '../../../shared/tools/address-range.ts';
import { type Address, type CallWebhookDeps, createCallWebhook } from '../../../shared/tools/call-webhook.ts';
import { maxToolBytes } from '../../../shared/tools/target-answer.ts';
import { certificateFor } from '../../support/certificate.ts';
import { host, type WebhookServer, webhookServer } from './webhook-server.ts';

let server: WebhookServer;
beforeAll(async () => {
  server = await webhookServer();
});
afterAll(() => server.stop());
beforeEach(() => {
  server.received.length = 0;
  server.answer = (response) => void response.end('{"sky":"clear"}');
});

const here: Address = { address: '127.0.0.1', family: 4 };
const paused: number[] = [];

/** Loopback counts as public, so that the server of the test can be called. */
const caller = (changes: Partial<CallWebhookDeps> = {}) =>
  createCallWebhook({
    resolve: async () => [here],
    rules: async () => ({
      allowsLoopback: false,
      isAllowedAddress: (address) => isPublicAddress(address) || address === '127.0.0.1',
    }),
    pause: async (ms) => void paused.push(ms),
    ca: server.ca,
    ...changes,
  });

const ask = (changes: Partial<CallWebhookDeps> = {}, path = '/weather', timeoutMs = 20_000) =>
  caller(changes)(
    { url: `https://${host}:${server.port}${path}`, headers: { 'idempotency-key': 'once' }, body: '{"a":1}' },
    AbortSignal.timeout(timeoutMs),
  );

test('is sent the body and the headers, uncompressed, and its answer is taken as it is', async () => {
  expect(await ask({}, '/weather?unit=c')).toEqual({ kind: 'answered', text: '{"sky":"clear"}' });
  const [{ url, headers, body } = { url: '', headers: {}, body: '' }] = server.received;
  expect({ url, body }).toEqual({ url: '/weather?unit=c', body: '{"a":1}' });
  expect(headers).toMatchObject({
    host: `${host}:${server.port}`,
    'idempotency-key': 'once',
    'accept-encoding': 'identity',
  });
});

test('has its name resolved once, and is connected to where that led', async () => {
  const names: string[] = [];
  const resolve = async (name: string) => {
    names.push(name);
    return [here];
  };
  expect(await ask({ resolve })).toMatchObject({ kind: 'answered' });
  expect(names).toEqual([host]);
});

test.each([
  ['a name that leads to a private address', ['10.0.0.1']],
  ['a name that leads to the metadata service', ['169.254.169.254']],
  ['a name with a public address and a private one', ['1.1.1.1', '192.168.0.1']],
  ['a name with a mapped address', ['::ffff:127.0.0.1']],
])('%s is refused, and nobody is connected to', async (_which, addresses) => {
  const before = server.connections();
  const resolve = async () => addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }));
  expect(await ask({ resolve })).toMatchObject({ kind: 'failed', why: 'refused_target' });
  expect(server.connections()).toBe(before);
});

test('a name that is public at the first look and private at the next is refused then (DNS rebinding)', async () => {
  const before = server.connections();
  // Nobody listens at the first, which counts as public here; the second is the server, and private.
  const answers = ['127.0.0.2', '127.0.0.1'];
  const looked: string[] = [];
  const resolve = async () => {
    const address = answers[looked.length] ?? '';
    looked.push(address);
    return [{ address, family: 4 }];
  };
  const rules = async () => ({ allowsLoopback: false, isAllowedAddress: (address: string) => address === '127.0.0.2' });
  expect(await ask({ resolve, rules })).toMatchObject({ kind: 'failed', why: 'refused_target' });
  expect(looked).toEqual(answers);
  expect(server.connections()).toBe(before);
});

test('the checked address is the one that is connected to, and not what the name leads to by now', async () => {
  let looks = 0;
  const resolve = async () => {
    looks += 1;
    return looks === 1 ? [here] : [{ address: '203.0.113.9', family: 4 }];
  };
  expect(await ask({ resolve })).toMatchObject({ kind: 'answered' });
  expect(looks).toBe(1);
});

test('a certificate for another name is refused, though the address is right', async () => {
  const other = certificateFor('other.example.test', Date.now());
  expect(await ask({ ca: other.cert })).toMatchObject({ kind: 'failed', why: 'unreachable' });
  const call = caller()(
    { url: `https://wrong.example.test:${server.port}`, headers: {}, body: '' },
    AbortSignal.timeout(5_000),
  );
  expect(await call).toMatchObject({ kind: 'failed', why: 'unreachable' });
  expect(server.received).toEqual([]);
});

test.each([301, 302, 303, 307, 308])('a redirect (%i) to the metadata service is not followed', async (status) => {
  server.answer = (response) => void response.writeHead(status, { location: 'http://169.254.169.254/latest' }).end();
  const answer = await ask();
  expect(answer).toMatchObject({ kind: 'failed', why: 'error', message: expect.stringContaining('redirect') });
  expect(JSON.stringify(answer)).not.toContain('169.254');
  expect(server.received).toHaveLength(1);
});

test.each([400, 401, 404, 429, 500])(
  'a failure (%i) is told by its status alone, and not asked again',
  async (status) => {
    server.answer = (response) => void response.writeHead(status).end('secret reasons at 10.0.0.1');
    const answer = await ask();
    expect(answer).toEqual({ kind: 'failed', why: 'error', message: `The tool failed with the status ${status}.` });
    expect(server.received).toHaveLength(1);
  },
);

test.each([502, 503, 504])('a %i is asked once more, as the same call', async (status) => {
  paused.length = 0;
  let calls = 0;
  server.answer = (response) => {
    calls += 1;
    if (calls === 1) response.writeHead(status).end();
    else response.end('"at last"');
  };
  expect(await ask()).toEqual({ kind: 'answered', text: '"at last"' });
  expect(server.received.map(({ headers }) => headers['idempotency-key'])).toEqual(['once', 'once']);
  expect(paused).toEqual([200]);
});

test('one that fails again is not asked a third time', async () => {
  server.answer = (response) => void response.writeHead(503).end();
  expect(await ask()).toMatchObject({ kind: 'failed', why: 'error' });
  expect(server.received).toHaveLength(2);
});

test('a connection that breaks before any byte of an answer is tried once more', async () => {
  let calls = 0;
  server.answer = (response, { message }) => {
    calls += 1;
    if (calls === 1) message.socket.destroy();
    else response.end('"here"');
  };
  expect(await ask()).toEqual({ kind: 'answered', text: '"here"' });
  server.answer = (_response, { message }) => void message.socket.destroy();
  expect(await ask()).toMatchObject({ kind: 'failed', why: 'unreachable' });
  expect(server.received).toHaveLength(4);
});

test('one that dies in the midst of its answer has failed, and is not asked again', async () => {
  server.answer = (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => response.destroy());
  };
  expect(await ask()).toMatchObject({ kind: 'failed', why: 'error', message: expect.stringContaining('broke off') });
  expect(server.received).toHaveLength(1);
});

test.each([
  ['before it accepts', 'refused'],
  ['where nobody listens', 'closed'],
])('one that cannot be reached, %s, has failed', async (_when, how) => {
  const silent = createServer((socket) => void socket.destroy());
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  const { port } = silent.address() as { port: number };
  if (how === 'closed') await new Promise((closed) => silent.close(closed));
  const outcome = await caller()({ url: `https://${host}:${port}`, headers: {}, body: '' }, AbortSignal.timeout(5_000));
  expect(outcome).toMatchObject({ kind: 'failed', why: 'unreachable' });
  if (how !== 'closed') silent.close();
});

test('one that would go on in another protocol has failed at once', async () => {
  const plain = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () =>
      socket.write('HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n'),
    );
  });
  await new Promise<void>((listening) => plain.listen(0, '127.0.0.1', listening));
  const { port } = plain.address() as { port: number };
  const rules = async () => ({ allowsLoopback: true, isAllowedAddress: () => true });
  const call = { url: `http://127.0.0.1:${port}`, headers: {}, body: '' };
  expect(await caller({ rules })(call, AbortSignal.timeout(4_000))).toMatchObject({ why: 'unreachable' });
  plain.close();
});

test.each([
  ['no HTTP', 'hello'],
  ['two lengths', 'HTTP/1.1 200 OK\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'],
  ['headers without end', `HTTP/1.1 200 OK\r\nx: ${'a'.repeat(100_000)}`],
])('an answer that is %s has failed, and is not asked for again', async (_, answer) => {
  let calls = 0;
  const plain = createServer((socket) => {
    socket.on('error', () => {});
    socket.once('data', () => {
      calls += 1;
      socket.end(answer);
    });
  });
  await new Promise<void>((listening) => plain.listen(0, '127.0.0.1', listening));
  const { port } = plain.address() as { port: number };
  const rules = async () => ({ allowsLoopback: true, isAllowedAddress: () => true });
  const call = { url: `http://127.0.0.1:${port}`, headers: {}, body: '' };
  expect(await caller({ rules })(call, AbortSignal.timeout(4_000))).toMatchObject({ why: 'error' });
  expect(calls).toBe(1);
  plain.close();
});

test('a name that cannot be resolved has failed', async () => {
  const resolve = () => Promise.reject(new Error('getaddrinfo ENOTFOUND tools.example.test'));
  const answer = await ask({ resolve });
  expect(answer).toMatchObject({ kind: 'failed', why: 'unreachable' });
  expect(JSON.stringify(answer)).not.toContain('example');
});

const silences: [string, Partial<CallWebhookDeps>, WebhookServer['answer']][] = [
  ['its name is being resolved', { resolve: () => new Promise<never>(() => {}) }, () => {}],
  ['its headers are awaited', {}, () => {}],
  ['its body is awaited', {}, (response) => void response.writeHead(200).write('a')],
  [
    'its body drips',
    {},
    (response) => {
      response.writeHead(200);
      const timer = setInterval(() => response.write('.'), 10);
      response.once('close', () => clearInterval(timer));
    },
  ],
];
test.each(silences)('one that is silent while %s is given up when its time is over', async (_when, deps, answer) => {
  server.answer = answer;
  await expect(ask(deps, '/weather', 200)).rejects.toMatchObject({ name: 'TimeoutError' });
});

test('one that takes no connection is given up when its time is over', async () => {
  // It accepts, and never speaks TLS.
  const mute = createServer(() => {});
  await new Promise<void>((listening) => mute.listen(0, '127.0.0.1', listening));
  const { port } = mute.address() as { port: number };
  const call = caller()({ url: `https://${host}:${port}`, headers: {}, body: '' }, AbortSignal.timeout(200));
  await expect(call).rejects.toMatchObject({ name: 'TimeoutError' });
  mute.close();
});

test('an answer of a gigabyte is cut off at the limit, and its connection closed', async () => {
  let written = 0;
  const ended = new Promise<void>((closed) => {
    server.answer = (response) => {
      const chunk = Buffer.alloc(65_536, 'x');
      response.once('close', closed);
      response.on('error', () => {});
      const pour = () => {
        while (written < 1_000_000_000 && !response.destroyed) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', pour);
        }
      };
      pour();
    };
  });
  expect(await ask()).toMatchObject({ kind: 'failed', why: 'too_large' });
  await ended;
  expect(written).toBeLessThan(50_000_000);
});

test('an answer that says that it is too large is not read', async () => {
  server.answer = (response) => void response.writeHead(200, { 'content-length': String(maxToolBytes + 1) }).write('x');
  expect(await ask()).toMatchObject({ kind: 'failed', why: 'too_large' });
});

test('an answer of the most that may be is taken whole', async () => {
  const text = 'é'.repeat(maxToolBytes / 2);
  server.answer = (response) => void response.end(text);
  expect(await ask()).toEqual({ kind: 'answered', text });
});

test.each([
  ['compressed', 200, { 'content-encoding': 'gzip' }, 'x'],
  ['no text', 200, {}, Buffer.from([0xff, 0xfe])],
])('an answer that is %s has failed', async (_which, status, headers, body) => {
  server.answer = (response) => void response.writeHead(status, headers).end(body);
  expect(await ask()).toMatchObject({ kind: 'failed', why: 'error' });
});

test.each([204, 202])('an answer without a body (%i) is an empty text', async (status) => {
  server.answer = (response) => void response.writeHead(status).end();
  expect(await ask()).toEqual({ kind: 'answered', text: '' });
});
