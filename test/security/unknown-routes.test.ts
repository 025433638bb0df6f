/** What is not in the route table does not exist, whoever asks, and says so in OpenAI's shape. */
import { adminKey, baseURL } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { expectError } from './support/expectations.ts';
import { type Answer, bearer, everyRoute, named, rightKey, send } from './support/send.ts';

const here = scene();

const fetched = async (url: string, init: RequestInit = {}): Promise<Answer> => {
  const response = await here().gateway.fetch(url, init);
  return { status: response.status, headers: Object.fromEntries(response.headers), text: await response.text() };
};

const concrete = (path: string) => baseURL + path.replace(/\{\w+\}/g, 'some-id');
const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'PROPFIND'];
const paths = [...new Set(everyRoute.map(({ path }) => path))];

test.each(paths)('%s knows its own methods and no others', async (path) => {
  const known = everyRoute.filter((route) => route.path === path).map(({ method }) => method as string);
  const unknown = methods.filter((method) => !known.includes(method));
  expect(unknown.length).toBeGreaterThan(3);
  for (const method of unknown) {
    for (const key of [adminKey, here().tenant.key, '']) {
      const answer = await fetched(concrete(path), { method, headers: key ? bearer(key) : {} });
      expectError(answer, 'unknown_route');
    }
  }
});

test.each([
  '',
  '/',
  '/nothing',
  '/health/',
  '/health/x',
  '/HEALTH',
  '/models/',
  '/models/a/b',
  '//models',
  '/chat',
  '/chat/completions/',
  '/chat/completions/x',
  '/chat%2Fcompletions',
  '/organization',
  '/organization/projects/',
  '/organization/projects//archive',
  '/organization/projects/a/b',
  '/organization/projects/a/api_keys/b/c',
  '/organization/usage',
  '/organization/usage/costs',
  '/v1/models',
  '/models/%',
  '/models/%zz',
  '/models/%ff',
  '/.env',
  '/admin',
])('there is nothing at /v1%s', async (path) => {
  for (const method of ['GET', 'POST', 'DELETE']) {
    expectError(await fetched(baseURL + path, { method, headers: bearer(adminKey) }), 'unknown_route');
  }
});

describe.each(named(everyRoute))('the function of %s', (_name, route) => {
  test('refuses what API Gateway should never have sent it, and does so before it looks at the key', async () => {
    for (const stray of [
      { ...route, path: '/nothing' },
      { ...route, path: `${route.path}/{more}` },
      { ...route, path: 'constructor' },
      { ...route, method: 'PUT' as 'POST' },
      { ...route, method: route.method.toLowerCase() as 'POST' },
    ]) {
      for (const headers of [rightKey(route, here().tenant), {}]) {
        expectError(await send(here().gateway, stray, { headers }), 'unknown_route');
      }
    }
  });
});
