/** What is logged of JSON: nothing that redaction knows, nothing that it cannot read, and no more than a bound. */
import fc from 'fast-check';
import { redactedJson } from '../../../shared/request-log/redacted-json.ts';
import { processorMsOf } from '../../support/processor-time.ts';

const most = 10_000;
const kept = (value: unknown, characters = most): unknown => redactedJson(value, characters).value;

const email = 'ada.lovelace@example.org';
const secret = 'sk-proj-Zq8vN3xR7tLmW2yK5cPdJ9hFbG4sA1uEoX6iTnVr';
const card = '4111111111111111';

test('what says nothing that has to be hidden stays as it is', () => {
  const body = {
    model: 'gpt-5',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What is the capital of France?' }] }],
    temperature: 0.5,
    stream: true,
    metadata: { a: null },
    created: 1_795_341_600,
    id: 'chatcmpl-B9MHDbslfkBeAs8l4bebGdFOJ6PeG',
  };
  expect(redactedJson(body, most)).toEqual({ value: body, isCut: false });
});

test.each<[string, unknown]>([
  ['a text', { content: `I am ${email}.` }],
  ['a text within lists', [[{ a: [`I am ${email}.`] }]]],
  ['the name of a member', { [email]: 1 }],
  ['the arguments of a call, which are JSON', { arguments: JSON.stringify({ to: email }) }],
  ['JSON with escapes', { arguments: '{"to":"ada.lovelace\\u0040example.org"}' }],
  [
    'two parts of a message',
    {
      content: [
        { type: 'text', text: 'I am ada.love' },
        { type: 'text', text: 'lace@example.org' },
      ],
    },
  ],
  [
    'two messages',
    [
      { role: 'user', content: 'My key is sk-proj-Zq8vN3xR7tLmW2yK5c' },
      { role: 'user', content: 'PdJ9hFbG4sA1uEoX6iTnVr' },
    ],
  ],
  ['a key', { key: secret }],
  ['an id that is none', { user: secret, call_id: secret }],
  ['a model that is none', { model: email }],
  ['a number', { card: Number(card) }],
  ['a number in a text', { text: `Card ${card}` }],
])('%s keeps no e-mail address, key or card', (_, value) => {
  const text = JSON.stringify(kept(value));
  for (const word of ['lovelace', 'lace@', '@example', secret, secret.slice(0, 24), secret.slice(24), card])
    expect(text).not.toContain(word);
});

test('the same has the same placeholder throughout', () => {
  expect(kept({ a: email, b: `${email} and other.person@example.org` })).toEqual({
    a: '[EMAIL_1]',
    b: '[EMAIL_1] and [EMAIL_2]',
  });
});

test.each<[string, unknown, unknown]>([
  ['an image', { url: `data:image/png;base64,${'AAAA'.repeat(10)}` }, { url: '[left out: 62 characters of data]' }],
  ['audio', { data: 'UklG'.repeat(100) }, { data: '[left out: 400 characters of data]' }],
  ['a vector', { embedding: [0.1, 0.2, 0.3] }, { embedding: '[left out: 3 numbers]' }],
  ['a text in tokens', { input: [[9906, 1917]] }, { input: ['[left out: 2 numbers]'] }],
  [
    'the tokens of an answer',
    { message: 'a', logprobs: { content: [{ token: 'ada' }, { token: '@' }] } },
    { message: 'a' },
  ],
])('%s, which nobody could read for what it says, is left out', (_, value, expected) => {
  expect(kept(value)).toEqual(expected);
});

test('an empty list is no vector, and a list of words neither', () => {
  expect(kept({ stop: [], words: ['a', 1] })).toEqual({ stop: [], words: ['a', 1] });
});

describe('what is too long', () => {
  test('is cut in its last text, and what follows is left out', () => {
    const { value, isCut } = redactedJson({ a: 'x y '.repeat(10), b: 'x y '.repeat(100), c: 'z' }, 100);
    expect(isCut).toBe(true);
    expect(value).toEqual({ a: 'x y '.repeat(10), b: expect.stringMatching(/^(x y ){10,13}/) });
    expect(JSON.stringify(value).length).toBeLessThan(130);
  });

  test('is cut behind what was found, and never within it', () => {
    for (let at = 1; at < email.length + 10; at++) {
      const { value } = redactedJson({ a: `Write to ${email} today.` }, 1 + 4 + 4 + at);
      expect(JSON.stringify(value)).not.toMatch(/ada|lovelace|example/);
    }
  });

  test('of a private key is nothing, wherever it is cut', () => {
    const key = `-----BEGIN RSA PRIVATE KEY-----\n${`${'MIIEpAIBAAKCAQEA'.repeat(4)}\n`.repeat(400)}-----END RSA PRIVATE KEY-----`;
    for (const characters of [100, 500, 2_000])
      expect(JSON.stringify(kept({ a: key }, characters))).not.toContain('MIIE');
  });

  test('in many small members is bounded as well', () => {
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`name ${index}`, true]));
    const { value, isCut } = redactedJson(many, 1_000);
    expect(isCut).toBe(true);
    expect(Object.keys(value as object).length).toBeLessThan(200);
  });
});

test('what lies deeper than any request may is left out', () => {
  let deep: unknown = email;
  for (let level = 0; level < 20_000; level++) deep = [deep];
  expect(JSON.stringify(kept(deep))).toContain('[left out: what lies deeper]');
});

test('whatever JSON it is given, it gives JSON of the same shape that is no longer', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const { value: shown, isCut } = redactedJson(value, 1_000_000);
      expect(isCut).toBe(false);
      expect(JSON.parse(JSON.stringify(shown))).toEqual(shown);
      expect(Array.isArray(shown)).toBe(Array.isArray(value) && !isNumbers(value));
    }),
    { numRuns: 200 },
  );
});
const isNumbers = (list: readonly unknown[]) => list.length > 0 && list.every((item) => typeof item === 'number');

test('1 MB of hostile text is read within a second (I11)', async () => {
  const hostile = [
    'a@'.repeat(500_000),
    '-----BEGIN '.repeat(90_000),
    '\\u0040'.repeat(160_000),
    '1-'.repeat(500_000),
    'password = '.repeat(90_000),
  ];
  for (const text of hostile) {
    const pieces = text.match(/.{1,10}/g);
    const taken = await processorMsOf(() => {
      redactedJson({ messages: [{ content: text }] }, 256 * 1024);
      redactedJson(pieces, 256 * 1024);
    });
    expect(taken).toBeLessThan(2_000);
  }
});
