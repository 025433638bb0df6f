import * as z from 'zod/mini';
import { gatewayEvent } from '../../../infra/local/event.ts';
import { routes } from '../../../infra/routes.ts';
import { GatewayError } from '../../../shared/errors.ts';
import type { GatewayEvent } from '../../../shared/http/event.ts';
import { routeIn } from '../../../shared/http/route.ts';
import { check, maxBodyBytes, readBody, readQuery } from '../../../shared/middleware/json-body.ts';

const event = (changes: Partial<GatewayEvent> = {}, url = '/v1/models'): GatewayEvent => ({
  ...gatewayEvent(
    {
      method: 'POST',
      url,
      rawHeaders: [],
      body: Buffer.from('{}'),
      sourceIp: '127.0.0.1',
      requestId: 'request',
      receivedAtMs: 0,
    },
    { route: routeIn(routes, 'listModels'), parameters: {} },
  ),
  ...changes,
});

const refusal = (read: () => unknown): GatewayError => {
  try {
    read();
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
  throw new Error('was taken');
};

const base64 = (bytes: string | Buffer) => ({ body: Buffer.from(bytes).toString('base64'), isBase64Encoded: true });
const anything = z.unknown();

describe('a body', () => {
  test.each<[string, Partial<GatewayEvent>, number]>([
    ['as text', { body: '{"a":"é"}' }, 10],
    ['in base 64', base64('{"a":"é"}'), 10],
    ['said to be as it is', { body: '{"a":"é"}', headers: { 'content-encoding': 'identity' } }, 10],
  ])('%s is read, and counted in bytes', (_, changes, bodyBytes) => {
    expect(readBody(event(changes), anything)).toEqual({ body: { a: 'é' }, bodyBytes });
  });

  test.each<[string, Partial<GatewayEvent>, RegExp]>([
    ['that is missing', { body: null }, /no body/],
    ['that is empty', { body: '' }, /no body/],
    ['that is empty in base 64', base64(''), /no body/],
    ['that is no JSON', { body: '{' }, /not valid JSON/],
    ['in UTF-8 that is cut off', base64(Buffer.from([0x22, 0xe2, 0x82, 0x22])), /UTF-8/],
    ['in overlong UTF-8', base64(Buffer.from([0x22, 0xc0, 0xaf, 0x22])), /UTF-8/],
    ['in UTF-16', base64(Buffer.from('{"a":1}', 'utf16le')), /not valid JSON/],
    ['that begins with a byte order mark', { body: '\ufeff{}' }, /not valid JSON/],
    ['that begins with one in base 64', base64('\ufeff{}'), /not valid JSON/],
    ['that is compressed', { headers: { 'content-encoding': 'gzip' } }, /Compressed/],
    ['that is compressed in a way nobody knows', { headers: { 'content-encoding': 'x' } }, /Compressed/],
    ['that is compressed twice', { headers: { 'content-encoding': 'identity, br' } }, /Compressed/],
  ])('%s is refused (THREATS 6)', (_, changes, message) => {
    const error = refusal(() => readBody(event(changes), anything));
    expect(error).toMatchObject({ why: 'invalid_request', message: expect.stringMatching(message) });
  });

  test('may have 6 MB and not a byte more, as bytes are counted (I11)', () => {
    const text = (length: number) => `"${'é'.repeat((length - 2) / 2)}"`;
    expect(readBody(event({ body: text(maxBodyBytes) }), anything).bodyBytes).toBe(maxBodyBytes);
    const error = refusal(() => readBody(event({ body: `${text(maxBodyBytes)} ` }), anything));
    expect(error.why).toBe('request_too_large');
    expect(error.row.status).toBe(413);
  });
});

describe('a value that the schema does not take names its parameter, and none of its content (I6)', () => {
  const schema = z.strictObject({
    messages: z.array(z.strictObject({ role: z.string(), n: z.optional(z.int()) })),
    mode: z.optional(z.enum(['fast', 'slow'])),
  });

  test.each<[string, unknown]>([
    ['messages', {}],
    ['messages', { messages: 'canary' }],
    ['messages[0]', { messages: ['canary'] }],
    ['messages[1].role', { messages: [{ role: 'user' }, { role: 5 }] }],
    ['messages[0].n', { messages: [{ role: 'user', n: 1.5 }] }],
    ['mode', { messages: [], mode: 'canary' }],
    ['canary2', { messages: [], canary2: 'canary' }],
    ['messages[0].name', { messages: [{ role: 'user', name: 'canary' }] }],
  ])('%s', (param, value) => {
    const error = refusal(() => readBody(event({ body: JSON.stringify(value) }), schema));
    expect(error).toMatchObject({ why: 'invalid_request', param });
    expect(error.message).not.toMatch(/canary(?!2)/);
    expect(error.message).toMatch(/\.$/);
  });

  test('a body that is no object has no parameter to name', () => {
    const error = refusal(() => readBody(event({ body: '"canary"' }), schema));
    expect(error).toMatchObject({ why: 'invalid_request', param: null });
    expect(error.message).not.toContain('canary');
  });
});

describe('a query', () => {
  const loose = z.looseObject({});
  const read = (query: string) => readQuery(event({}, `/v1/models?${query}`), loose);

  test.each([
    ['', {}],
    ['limit=2', { limit: '2' }],
    ['ids[]=a', { ids: ['a'] }],
    ['ids[]=a&ids[]=b', { ids: ['a', 'b'] }],
    ['ids=a&ids=b', { ids: ['a', 'b'] }],
    ['ids%5B%5D=a%20b', { ids: ['a b'] }],
    ['a=', { a: '' }],
    ['constructor=1&toString=2', { constructor: '1', toString: '2' }],
  ])('%s is %j', (query, expected) => {
    expect(read(query)).toEqual(expected);
  });

  test('that the schema does not take names its parameter', () => {
    const schema = z.strictObject({ limit: z.optional(z.string()) });
    const error = refusal(() => readQuery(event({}, '/v1/models?limit=1&limit=2'), schema));
    expect(error).toMatchObject({ why: 'invalid_request', param: 'limit' });
    expect(refusal(() => readQuery(event({}, '/v1/models?other=1'), schema))).toMatchObject({ param: 'other' });
  });

  test('__proto__ is a parameter like any other, and no schema has it', () => {
    const error = refusal(() => readQuery(event({}, '/v1/models?__proto__=1'), z.strictObject({})));
    expect(error).toMatchObject({ why: 'invalid_request', param: '__proto__' });
    expect(Object.getPrototypeOf(read('__proto__=1'))).toBe(Object.prototype);
  });

  test('is at most 20,000 characters long (I11)', () => {
    expect(read(`a=${'x'.repeat(19_999)}`)).toEqual({ a: 'x'.repeat(19_999) });
    expect(refusal(() => read(`a=${'x'.repeat(20_000)}`)).why).toBe('invalid_request');
    expect(refusal(() => read(`${'a=1&'.repeat(20_000)}`)).why).toBe('invalid_request');
  });
});

test('a member’s name comes back as the param, and no more than 256 characters of it', () => {
  const name = 'x'.repeat(1_000_000);
  expect(() => check(z.strictObject({}), { [name]: 1 })).toThrow(expect.objectContaining({ param: 'x'.repeat(256) }));
});
