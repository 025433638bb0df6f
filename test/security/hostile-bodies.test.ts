/** Every route that reads a body × every body that is not one: the right error, and quickly (THREATS 6 and 10, I11). */
import { gzipSync } from 'node:zlib';
import { z } from 'zod/mini';
import { maxDepth, maxMembers } from '../../shared/http/strict-json.ts';
import { maxBodyBytes } from '../../shared/middleware/json-body.ts';
import { question, scene } from '../support/scene.ts';
import { errorOf, expectError } from './support/expectations.ts';
import { type Objects, objectsOf } from './support/objects.ts';
import { sampleBody, sampleInput, schemaOf } from './support/sample-input.ts';
import { everyRoute, named, parametersOf, rightKey, routeCalled, send } from './support/send.ts';

const here = scene();
let parameters: Objects;
beforeAll(async () => {
  parameters = await objectsOf(here().gateway, here().tenant);
});

const members = (count: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, n) => [`m${n}`, n])));
const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);

const notObjects: [string, string | Buffer][] = [
  ['no body', ''],
  ['white space', ' \n\t'],
  ['an array', '[]'],
  ['an array of objects', '[{}]'],
  ['null', 'null'],
  ['a string', '"text"'],
  ['a number', '42'],
  ['a boolean', 'true'],
];
const malformed: [string, string | Buffer][] = [
  ['an open object', '{'],
  ['an open string', '{"model": "te'],
  ['a trailing comma', '{"model": "test-model",}'],
  ['single quotes', "{'model': 'test-model'}"],
  ['a comment', '{"model": "test-model" /* why */}'],
  ['two values', '{} {}'],
  ['NaN', '{"temperature": NaN}'],
  ['Infinity', '{"temperature": Infinity}'],
  ['a byte order mark', '\ufeff{}'],
  ['a NUL before it', '\0{}'],
  ['a NUL in a string', '{"model": "\0"}'],
  ['a line break in a string', '{"model": "a\nb"}'],
  ['a leading zero', '{"n": 01}'],
  ['form fields', 'model=test-model&messages=hello'],
  ['multipart', '--x\r\nContent-Disposition: form-data; name="model"\r\n\r\ntest-model\r\n--x--'],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['an overlong encoding', Buffer.from([0x7b, 0x22, 0xc0, 0xae, 0x22, 0x3a, 0x31, 0x7d])],
  ['half a surrogate', Buffer.from([0x7b, 0x22, 0xed, 0xa0, 0x80, 0x22, 0x3a, 0x31, 0x7d])],
  ['gzip without saying so', gzipSync('{}')],
];
const ambiguous: [string, string | Buffer][] = [
  ['a member given twice', '{"model": "test-model", "model": "other"}'],
  ['a member given twice, once escaped', '{"model": "test-model", "mod\\u0065l": "other"}'],
  ['a member given twice inside', '{"metadata": {"a": 1, "b": {"c": 1, "c": 2}}}'],
  ['__proto__', '{"__proto__": {"model": "test-model"}}'],
  ['__proto__, escaped and deep', '{"metadata": [{"\\u005f_proto__": 1}]}'],
  [`objects ${maxDepth + 1} deep`, nested('{"a":', '}', maxDepth + 1).replace(':}', ':1}')],
  [`arrays ${maxDepth} deep in an object`, `{"a": ${nested('[', ']', maxDepth)}}`],
  ['three million open brackets', '['.repeat(3_000_000)],
  ['a million open objects', '{"a":'.repeat(1_000_000)],
  [`${maxMembers + 1} members`, members(maxMembers + 1)],
  ['1e309', '{"temperature": 1e309}'],
  ['-1e309', '{"temperature": -1e309}'],
  ['a whole number beyond what is exact', '{"seed": 9007199254740993}'],
  ['a whole number of 400 digits', `{"seed": ${'9'.repeat(400)}}`],
];

const readers = everyRoute.filter((route) => route.method === 'POST' && schemaOf(route));
const others = everyRoute.filter((route) => route.audience !== 'anyone' && !readers.includes(route));

describe.each(named(readers))('%s', (_name, route) => {
  const ask = (body: string | Buffer, headers: Record<string, string> = {}) =>
    send(here().gateway, route, { headers: { ...rightKey(route, here().tenant), ...headers }, parameters, body });

  test.each([...notObjects, ...malformed, ...ambiguous])('refuses %s', async (_body, body) => {
    const startedAt = performance.now();
    const { message, param } = expectError(await ask(body), 'invalid_request');
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(param).toBeNull();
    expect(message.length).toBeLessThan(200);
    expect(here().provider.asked).toEqual([]);
  });

  test('says of an empty object what is missing, if anything is', async () => {
    const { success, error } = z.safeParse(schemaOf(route) ?? z.unknown(), {});
    const answer = await ask('{}');
    if (success) expect([200, 400]).toContain(answer.status);
    else expect(expectError(answer, 'invalid_request').param).toBe(String(error.issues[0]?.path[0]));
  });

  test('refuses a body of one byte more than 6 MB with 413', async () => {
    const body = JSON.stringify({ ...sampleBody(route), padding: '' });
    const padded = body.replace('"padding":""', `"padding":"${'x'.repeat(maxBodyBytes + 1 - body.length)}"`);
    expect(Buffer.byteLength(padded)).toBe(maxBodyBytes + 1);
    expectError(await ask(padded), 'request_too_large');
    expect(here().provider.asked).toEqual([]);
  });

  test.each(['gzip', 'GZIP', 'br', 'deflate', 'zstd', 'gzip, identity', 'x'])(
    'refuses Content-Encoding %s, whatever the body is',
    async (encoding) => {
      const json = JSON.stringify(sampleBody(route));
      for (const body of [gzipSync(json), json]) {
        expect(expectError(await ask(body, { 'Content-Encoding': encoding }), 'invalid_request').message).toMatch(
          /compressed|Content-Encoding/i,
        );
      }
    },
  );
});

describe.each(named(others))('%s', (_name, route) => {
  test('reads no body, so none does it any harm', async () => {
    for (const [, body] of [...notObjects, ...malformed, ...ambiguous].filter(([, { length }]) => length < 1_000)) {
      const headers = { ...rightKey(route, here().tenant), 'Content-Encoding': 'gzip' };
      const { query = '' } = sampleInput(route);
      const missing = Object.fromEntries(parametersOf(route).map((name) => [name, 'none-such']));
      const answer = await send(here().gateway, route, { headers, query, parameters: missing, body });
      expect([200, 404]).toContain(answer.status);
      if (answer.status === 404) errorOf(answer);
    }
  });
});

describe('what is just within the limits passes', () => {
  const chat = routeCalled('createChatCompletion');
  const ask = (extra: string) =>
    send(here().gateway, chat, {
      headers: rightKey(chat, here().tenant),
      body: `${JSON.stringify(question).slice(0, -1)}, ${extra}}`,
    });

  test.each([
    ['as deep as may be', `"metadata": ${nested('[', ']', maxDepth - 1)}`],
    ['as many members as may be', `"metadata": ${members(maxMembers - 5)}`],
    ['the largest exact whole number', '"seed": 9007199254740991'],
    ['a number with an exponent', '"temperature": 1e-7'],
    ['a member called constructor', '"metadata": {"constructor": "x", "toString": "y"}'],
    ['the same name in two objects', '"metadata": {"a": {"b": 1}, "c": {"b": 2}}'],
  ])('%s', async (_name, extra) => {
    expect(await ask(extra)).toMatchObject({ status: 200 });
    const [asked] = here().provider.asked;
    expect(asked?.body).toMatchObject(JSON.parse(`{${extra}}`));
  });

  test('one member more is one too many', async () => {
    expectError(await ask(`"metadata": ${members(maxMembers - 4)}`), 'invalid_request');
  });

  test('exactly 6 MB', async () => {
    const body = JSON.stringify({ ...question, metadata: { padding: '' } });
    const padded = body.replace('"padding":""', `"padding":"${'x'.repeat(maxBodyBytes - body.length)}"`);
    const answer = await send(here().gateway, chat, { headers: rightKey(chat, here().tenant), body: padded });
    expect(answer.status).toBe(200);
  });
});
