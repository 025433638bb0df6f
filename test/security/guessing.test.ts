/** Who guesses at keys is slowed down, and learns nothing while it is (THREATS 1). */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { newToken } from '../../shared/keys/token.ts';
import { scene } from '../support/scene.ts';
import { expectError } from './support/expectations.ts';
import { bearer, everyRoute, named, rightKey, send } from './support/send.ts';

const here = scene();
const locked = everyRoute.filter(({ audience }) => audience !== 'anyone');
const open = everyRoute.filter(({ audience }) => audience === 'anyone');

let last = 0;
const guesser = () => `198.51.100.${++last}`;
const wrong = [
  () => newToken('test', here().gateway.clock.nowMs).token,
  () => newToken('test', here().gateway.clock.nowMs, 'admin').token,
  () => 'sk-anything',
];

describe.each(named(locked))('%s', (_name, route) => {
  test('answers ten guesses with 401, and then everything from that address alike with 429', async () => {
    const { gateway, tenant } = here();
    const sourceIp = guesser();
    const ask = (token: string) => send(gateway, route, { headers: bearer(token), sourceIp });
    for (let index = 0; index < 10; index++) {
      expectError(await ask(wrong[index % wrong.length]?.() ?? ''), 'invalid_api_key');
    }
    const answers = [await ask('sk-anything'), await ask(wrong[0]?.() ?? ''), await ask(newToken('test', 1).token)];
    for (const answer of answers) {
      expectError(answer, 'rate_limit_exceeded');
      expect(answer.headers).toMatchObject({ 'retry-after': '900', 'x-should-retry': 'false' });
    }
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const elsewhere = await send(gateway, route, { headers: rightKey(route, tenant) });
    expect([401, 429]).not.toContain(elsewhere.status);
  });
});

test('what needs no key is for everybody, and a request without a key is no guess', async () => {
  const { gateway } = here();
  const sourceIp = guesser();
  const [route] = locked;
  for (let index = 0; index < 30; index++) {
    for (const one of open) expect((await send(gateway, one, { headers: bearer('x'), sourceIp })).status).toBe(200);
    if (route) expectError(await send(gateway, route, { sourceIp }), 'invalid_api_key');
  }
});

test('no address is stored, nor any part of a key', async () => {
  const { gateway, database } = here();
  const { db, names } = database;
  const sourceIp = guesser();
  const [route] = locked;
  for (let index = 0; route && index < 12; index++) {
    await send(gateway, route, { headers: bearer(wrong[index % wrong.length]?.() ?? ''), sourceIp });
  }
  const { Items = [] } = await db.send(new ScanCommand({ TableName: names.blockedAddresses }));
  expect(Items.length).toBeGreaterThan(0);
  expect(JSON.stringify(Items)).not.toMatch(/198\.51|sk-/);
  for (const item of Items) expect(Object.keys(item).sort()).toEqual(['expiresAt', 'id']);
});
