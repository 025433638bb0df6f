import { matchRoute } from '../../../infra/local/match-route.ts';
import { routes } from '../../../infra/routes.ts';
import type { Route } from '../../../shared/http/route.ts';

const match = (method: string, path: string) => matchRoute(routes, method, path);

describe('a path', () => {
  test.each<[string, string, string, Record<string, string>]>([
    ['GET', '/models', 'listModels', {}],
    ['GET', '/models/gpt-4o', 'retrieveModel', { model: 'gpt-4o' }],
    ['GET', '/models/ft%3Agpt', 'retrieveModel', { model: 'ft:gpt' }],
    ['GET', '/models/a%2Fb', 'retrieveModel', { model: 'a/b' }],
    ['GET', '/models/%E2%82%AC', 'retrieveModel', { model: '€' }],
    ['POST', '/chat/completions', 'createChatCompletion', {}],
    ['POST', '/organization/projects/p1', 'updateProject', { project_id: 'p1' }],
    ['POST', '/organization/projects/p1/archive', 'archiveProject', { project_id: 'p1' }],
    ['DELETE', '/organization/projects/p1/api_keys/k1', 'deleteProjectApiKey', { project_id: 'p1', api_key_id: 'k1' }],
  ])('%s %s is %s', (method, path, operationId, parameters) => {
    expect(match(method, path)).toMatchObject({ route: { operationId }, parameters });
    expect(match(method, path)?.parameters).toEqual(parameters);
  });

  test('of every route in the table finds that route', () => {
    for (const route of routes) {
      const found = match(route.method, route.path.replace(/\{\w+\}/g, 'some-id'));
      expect(found?.route.operationId).toBe(route.operationId);
    }
  });

  test.each([
    ['GET', '/'],
    ['GET', ''],
    ['GET', '/model'],
    ['GET', '/models/'],
    ['GET', '/models/gpt-4o/'],
    ['GET', '/models//'],
    ['GET', '//models'],
    ['GET', '/models/a/b'],
    ['GET', '/MODELS'],
    ['GET', '/models/%'],
    ['GET', '/models/%ff'],
    ['GET', '/models%2Fgpt-4o'],
    ['POST', '/models'],
    ['get', '/models'],
    ['HEAD', '/models'],
    ['PUT', '/chat/completions'],
    ['GET', '/models/../health'],
  ])('%s %s is none', (method, path) => {
    expect(match(method, path)).toBeNull();
  });

  test('is a fixed segment’s before a parameter’s, in whatever order the routes are', () => {
    const route = (operationId: string, path: string): Route => ({ ...routes[0], operationId, path });
    const given = [route('any', '/a/{id}'), route('fixed', '/a/b'), route('deep', '/{x}/{y}')];
    for (const list of [given, given.toReversed()]) {
      expect(matchRoute(list, 'GET', '/a/b')?.route.operationId).toBe('fixed');
      expect(matchRoute(list, 'GET', '/a/c')?.route.operationId).toBe('any');
      expect(matchRoute(list, 'GET', '/c/b')?.route.operationId).toBe('deep');
    }
  });
});
