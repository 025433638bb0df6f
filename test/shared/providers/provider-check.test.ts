/** Providers are asked for the list of their models, and for nothing that anybody pays for. */
import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ProviderSettings } from '../../../shared/providers/kinds.ts';
import { providerCheck } from '../../../shared/providers/provider-check.ts';

type Asked = { readonly line: string; readonly headers: NodeJS.Dict<string | string[]> };
let server: Server;
let origin: string;
let asked: Asked[];
let answer: RequestListener;
beforeAll(async () => {
  server = createServer((request, response) => {
    asked.push({ line: `${request.method} ${request.url}`, headers: request.headers });
    answer(request, response);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
beforeEach(() => {
  asked = [];
  answer = (_, response) => void response.writeHead(200).end('{"object":"list","data":[]}');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const openai = (): ProviderSettings => ({ kind: 'openai', baseURL: `${origin}/v1/`, apiKeyEnv: 'KEY' });
const never = new AbortController().signal;
const check = (settings: ProviderSettings, keys: readonly (string | undefined)[] = ['sk-canary']) => {
  const [first, second = first] = keys;
  const credentials = async (_: string, refresh: boolean) => (refresh ? second : first);
  return providerCheck(settings, { credentials, now: () => Date.parse('2026-11-22') })(never);
};
const status =
  (code: number): RequestListener =>
  (_, response) =>
    void response.writeHead(code).end('{"error":{"message":"a canary of the provider"}}');

test('one that speaks OpenAI’s protocol is asked for its models, with our credential and headers', async () => {
  const settings = { ...openai(), organization: 'org-1', headers: { 'x-team': 'a' } } as ProviderSettings;
  expect(await check(settings)).toEqual({ status: 'ok', reason: null });
  expect(asked).toMatchObject([
    {
      line: 'GET /v1/models',
      headers: { authorization: 'Bearer sk-canary', 'openai-organization': 'org-1', 'x-team': 'a' },
    },
  ]);
});

test('one that wants no key is shown none', async () => {
  expect(await check({ kind: 'openai', baseURL: `${origin}/v1` })).toMatchObject({ status: 'ok' });
  expect(asked[0]?.headers['authorization']).toBeUndefined();
});

test('Azure is asked for its models by its own path and header', async () => {
  const settings: ProviderSettings = {
    kind: 'azure',
    endpoint: `${origin}/`,
    apiVersion: '2024-10-21',
    apiKeyEnv: 'KEY',
  };
  expect(await check(settings)).toMatchObject({ status: 'ok' });
  expect(asked).toMatchObject([
    { line: 'GET /openai/models?api-version=2024-10-21', headers: { 'api-key': 'sk-canary' } },
  ]);
});

test.each<[number, string, RegExp]>([
  [401, 'unavailable', /refuses the credential/],
  [403, 'unknown', /does not let this credential list/],
  [404, 'unknown', /no list of models/],
  [405, 'unknown', /no list of models/],
  [302, 'unavailable', /status 302/],
  [429, 'degraded', /limits the rate/],
  [500, 'unavailable', /status 500/],
  [503, 'unavailable', /status 503/],
])('a %d is %s, and nothing of what the provider says is told (I6)', async (code, expected, reason) => {
  answer = status(code);
  const found = await check(openai());
  expect(found).toMatchObject({ status: expected, reason: expect.stringMatching(reason) });
  expect(JSON.stringify(found)).not.toContain('canary');
});

test('a key that was rotated since is tried once more', async () => {
  answer = (request, response) =>
    void response.writeHead(request.headers.authorization === 'Bearer new' ? 200 : 401).end();
  expect(await check(openai(), ['old', 'new'])).toMatchObject({ status: 'ok' });
  expect(asked).toHaveLength(2);
});

test('without its key it is not asked, and the variable is named', async () => {
  expect(await check(openai(), [undefined])).toEqual({ status: 'unavailable', reason: 'KEY is not set.' });
  expect(asked).toEqual([]);
});

test('a provider that is not there rejects, and one that is silent ends with the signal', async () => {
  await expect(check({ kind: 'openai', baseURL: 'http://127.0.0.1:9/v1' })).rejects.toThrow();
  answer = () => {};
  const giveUp = new AbortController();
  const credentials = async () => 'k';
  const silent = providerCheck(openai(), { credentials, now: () => 0 })(giveUp.signal);
  setTimeout(() => giveUp.abort(), 30);
  await expect(silent).rejects.toThrow();
});

test('a list of any length is not read', async () => {
  answer = (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write('x'.repeat(100_000)), 1);
    response.on('close', () => clearInterval(timer));
  };
  expect(await check(openai())).toMatchObject({ status: 'ok' });
});

test('Vertex is not asked: its key file is read and signed with', async () => {
  const vertex: ProviderSettings = { kind: 'vertex', project: 'p', location: 'global', apiKeyEnv: 'KEY' };
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const private_key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const file = JSON.stringify({ client_email: 'a@b.c', private_key_id: '1', private_key });
  expect(await check(vertex, [file])).toMatchObject({ status: 'unknown' });
  expect(await check(vertex, ['{"canary":1}'])).toEqual({
    status: 'unavailable',
    reason: "KEY is not a key file of Google's.",
  });
  expect(await check(vertex, [undefined])).toMatchObject({ status: 'unavailable', reason: 'KEY is not set.' });
});

test.each<[ProviderSettings, string]>([
  [{ kind: 'bedrock', region: 'us-east-1' }, 'unknown'],
  [{ kind: 'demo' }, 'ok'],
])('%j is not asked, and is %s', async (settings, expected) => {
  expect(await check(settings)).toMatchObject({ status: expected });
  expect(asked).toEqual([]);
});
