/** Whatever is wrong with a key, the answer is one and the same: it tells a guesser nothing (THREATS 1 and 2). */
import * as fc from 'fast-check';
import { errorTable } from '../../shared/error-table.ts';
import { errorBody } from '../../shared/errors.ts';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { expectError, steadyHeaders } from './support/expectations.ts';
import { unauthorised } from './support/keys.ts';
import { bearer, everyRoute, named, routeCalled, send } from './support/send.ts';

const here = scene();
const oneBody = JSON.stringify(errorBody(errorTable.invalid_api_key));
const locked = everyRoute.filter(({ audience }) => audience !== 'anyone');
const open = everyRoute.filter(({ audience }) => audience === 'anyone');

let cases: ReadonlyMap<string, Readonly<Record<string, string>>>;
beforeAll(async () => {
  cases = await unauthorised(here().gateway, here().tenant.key);
});

describe.each(named(locked))('%s', (_name, route) => {
  test('refuses every key that is not valid with one identical 401 (THREATS 1)', async () => {
    expect(cases.size).toBeGreaterThan(40);
    for (const [name, headers] of cases) {
      const answer = await send(here().gateway, route, { headers });
      expect({ name, ...answer }).toMatchObject({ name, status: 401, text: oneBody });
      expectError(answer, 'invalid_api_key');
      expect({ name, headers: steadyHeaders(answer) }).toEqual({
        name,
        headers: { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' },
      });
    }
  });

  test('answers an Authorization of any bytes with that 401, and says none of them back (THREATS 2)', async () => {
    const anyByte = fc.string({ unit: fc.integer({ min: 0, max: 255 }).map((byte) => String.fromCharCode(byte)) });
    const text = fc.oneof(anyByte, fc.string({ unit: 'binary' }), fc.string({ minLength: 500, maxLength: 700 }));
    const scheme = fc.constantFrom(
      '',
      'Bearer ',
      'bearer ',
      'BEARER  ',
      'Basic ',
      'Token ',
      'Bearer\u00a0',
      'Bearer\r\n',
    );
    const name = fc.constantFrom('Authorization', 'authorization', 'x-api-key', 'X-Api-Key', 'api-key');
    await fc.assert(
      fc.asyncProperty(name, scheme, text, async (header, before, after) => {
        const answer = await send(here().gateway, route, { headers: { [header]: before + after } });
        expect(answer).toMatchObject({ status: 401, text: oneBody });
        expect(Object.keys(steadyHeaders(answer))).toEqual(['content-type', 'x-content-type-options']);
      }),
      { numRuns: 40 },
    );
  });
});

describe.each(named(open))('%s', (_name, route) => {
  test('needs no key, and minds none', async () => {
    for (const headers of cases.values()) {
      expect(await send(here().gateway, route, { headers })).toMatchObject({ status: 200 });
    }
  });
});

test.each([
  ['Authorization', (key: string) => bearer(key)],
  ['an authorization in small letters', (key: string) => ({ authorization: `bearer ${key}` })],
  ['x-api-key', (key: string) => ({ 'x-api-key': key })],
  ['api-key', (key: string) => ({ 'Api-Key': key })],
])('a valid key is taken from %s', async (_name, headers) => {
  const { gateway, tenant } = here();
  const models = routeCalled('listModels');
  const projects = routeCalled('listProjects');
  expect(await send(gateway, models, { headers: headers(tenant.key) })).toMatchObject({ status: 200 });
  expect(await send(gateway, projects, { headers: headers(adminKey) })).toMatchObject({ status: 200 });
});

test('no attempt at a key leaves anything of it in the log or in the metrics (THREATS 2, I6)', async () => {
  const { gateway } = here();
  for (const route of locked) {
    for (const headers of cases.values()) await send(gateway, route, { headers });
  }
  const kept = JSON.stringify([gateway.logs, gateway.metrics]);
  for (const headers of cases.values()) {
    const presented = Object.values(headers).flatMap((value) => value.split(/\s/).filter((word) => word.length > 6));
    for (const word of presented) expect(kept).not.toContain(word);
  }
  expect(gateway.logs.length).toBeGreaterThan(locked.length * 40);
});
