/** Names in paths and queries that mean something elsewhere mean nothing here (THREATS 5). */
import { scene } from '../support/scene.ts';
import { errorOf, expectError } from './support/expectations.ts';
import { hostileNames, hostileQueries } from './support/hostile.ts';
import { type Objects, objectsOf } from './support/objects.ts';
import { sampleInput } from './support/sample-input.ts';
import { everyRoute, named, parametersOf, rightKey, send } from './support/send.ts';

const here = scene();
let ours: Objects;
beforeAll(async () => {
  ours = await objectsOf(here().gateway, here().tenant);
});

const withParameters = everyRoute.flatMap((route) =>
  parametersOf(route).map((parameter) => [parameter, `${route.method} ${route.path}`, route] as const),
);

test.each(withParameters)('{%s} of %s is a 404 in shape for every hostile name', async (parameter, _name, route) => {
  for (const name of hostileNames) {
    const answer = await send(here().gateway, route, {
      headers: rightKey(route, here().tenant),
      parameters: { ...ours, [parameter]: name },
      ...sampleInput(route),
    });
    expect({ name, status: answer.status }).toEqual({ name, status: 404 });
    const { message } = expectError(answer, parameter === 'model' ? 'model_not_found' : 'not_found');
    // Only a name that a model could have is said back.
    if (name.length > 3 && !/^[\w.:@-]{1,128}$/.test(name)) expect(message).not.toContain(name);
    expect(JSON.stringify(answer.headers)).not.toMatch(/[\r\n]|set-cookie/i);
  }
});

describe.each(named(everyRoute.filter(({ method }) => method === 'GET')))('%s', (_name, route) => {
  test('answers every hostile query with itself or with a 400, never with a failure', async () => {
    const { query: usual = '' } = sampleInput(route);
    const headers = rightKey(route, here().tenant);
    // A 404 where the object is of a kind that no project has.
    const itself = await send(here().gateway, route, { headers, parameters: ours, query: usual });
    for (const query of hostileQueries) {
      // Where the query names a parameter that is needed anyway, it comes in its place.
      const [name = ''] = query.split(/[=[]/, 1);
      const rest = new URLSearchParams(usual);
      rest.delete(name);
      const answer = await send(here().gateway, route, {
        headers,
        parameters: ours,
        query: [...(rest.size > 0 ? [rest.toString()] : []), query].join('&'),
      });
      expect({ query: query.slice(0, 40), status: answer.status }).toEqual({
        query: query.slice(0, 40),
        status: answer.status === itself.status ? itself.status : 400,
      });
      if (answer.status === 400) expect(errorOf(answer).message.length).toBeLessThan(300);
    }
    expect(here().gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });
});
