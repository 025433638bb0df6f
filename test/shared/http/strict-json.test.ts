import fc from 'fast-check';
import { GatewayError } from '../../../shared/errors.ts';
import { maxDepth, maxMembers, parseStrictJson } from '../../../shared/http/strict-json.ts';

const refusal = (text: string): GatewayError | null => {
  try {
    parseStrictJson(text);
    return null;
  } catch (error) {
    if (error instanceof GatewayError) return error;
    throw error;
  }
};

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const nestedObjects = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
const members = (count: number): string => `{${Array.from({ length: count }, (_, index) => `"m${index}":0`).join()}}`;
/** As many members, a thousand to an object. */
const spread = (count: number): string => `[${Array.from({ length: count / 1_000 }, () => members(1_000)).join()}]`;

describe('what two parsers could read differently is refused (THREATS 6)', () => {
  test.each([
    ['a member given twice', '{"a":1,"a":2}'],
    ['a member given twice, once escaped', String.raw`{"a":1,"\u0061":2}`],
    ['a member given twice, escaped in two ways', String.raw`{"\/":1,"\u002f":2}`],
    ['a member given twice, deep inside', '{"x":[{"y":{"a":1,"b":2,"a":3}}]}'],
    ['a member given twice, with others and nested ones of the name between', '{"a":{"a":1},"b":{"a":2},"a":3}'],
    ['the empty name given twice', '{"":1,"":2}'],
    ['__proto__', '{"__proto__":{"admin":true}}'],
    ['__proto__, escaped', String.raw`{"\u005f\u005fproto__":{}}`],
    ['__proto__, deep inside', '[{"a":{"__proto__":1}}]'],
    ['a whole number beyond what is exact', '9007199254740993'],
    ['a whole number that has no exact double', '[12345678901234567890]'],
    ['a negative one', '{"n":-9007199254740993}'],
    ['a number without end', '1e309'],
    ['a negative one without end', '{"max_tokens":-1e309}'],
    ['a comment', '{"a":1/* two */}'],
    ['a comment at the end', '{"a":1} // two'],
    ['a comment at the start', '//\n{"a":1}'],
    ['a trailing comma in an object', '{"a":1,}'],
    ['a trailing comma in a list', '[1,]'],
    ['a leading comma', '[,1]'],
    ['two commas', '[1,,2]'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['nothing', ''],
    ['blanks', ' \n'],
    ['two values', '{} {}'],
    ['text behind the value', '{"a":1}x'],
    ['a value cut off', '{"a":'],
    ['a string cut off', '{"a":"b'],
    ['a list cut off', '[1'],
    ['single quotes', "{'a':1}"],
    ['a bare name', '{a:1}'],
    ['NaN', 'NaN'],
    ['Infinity', '[Infinity]'],
    ['undefined', 'undefined'],
    ['a leading zero', '01'],
    ['a leading plus', '+1'],
    ['a point without digits', '[1.]'],
    ['hexadecimal', '0x10'],
    ['a raw line feed in a string', '"a\nb"'],
    ['a raw tab in a string', '"a\tb"'],
    ['NUL in a string', '"a\u0000b"'],
    ['an unknown escape', String.raw`"\x41"`],
    ['half an escape', String.raw`"\u00"`],
    ['a no-break space between values', '{"a":\u00a01}'],
    ['a form feed between values', '{"a":\f1}'],
    ['a line separator between values', '{"a":\u20281}'],
    ['capitals', 'TRUE'],
  ])('%s', (_, text) => {
    const error = refusal(text);
    expect(error).toMatchObject({ why: 'invalid_request' });
    expect(error?.row.status).toBe(400);
  });

  test('the text itself is never in the answer (I6)', () => {
    const canary = 'sk-canary-0123456789';
    for (const text of [`{"${canary}":1,"${canary}":2}`, `"${canary}`, `{"a":${canary}}`, `${canary}`]) {
      const error = refusal(text);
      expect(error).not.toBeNull();
      expect(error?.message).not.toContain(canary);
    }
  });
});

describe('limits (I11)', () => {
  test.each([
    ['lists', nested(maxDepth), nested(maxDepth + 1)],
    ['objects', nestedObjects(maxDepth), nestedObjects(maxDepth + 1)],
    ['lists and objects', `${'[{"a":'.repeat(32)}1${'}]'.repeat(32)}`, `[${'[{"a":'.repeat(32)}1${'}]'.repeat(32)}]`],
  ])('%s are taken at 64 levels and refused at 65', (_, taken, refused) => {
    expect(maxDepth).toBe(64);
    expect(parseStrictJson(taken)).toEqual(JSON.parse(taken));
    expect(refusal(refused)).toMatchObject({ why: 'invalid_request' });
  });

  test('depth is counted by what is open, not by what has been', () => {
    const wide = `[${Array.from({ length: 1_000 }, () => '[{}]').join()}]`;
    expect(parseStrictJson(wide)).toEqual(JSON.parse(wide));
  });

  test.each([
    ['in one object', members(maxMembers), members(maxMembers + 1)],
    ['in many', spread(maxMembers), `[${spread(maxMembers)},{"one":1}]`],
  ])('10,000 members are taken and 10,001 refused, %s', (_, taken, refused) => {
    expect(maxMembers).toBe(10_000);
    expect(parseStrictJson(taken)).toEqual(JSON.parse(taken));
    expect(refusal(refused)).toMatchObject({ why: 'invalid_request' });
  });

  const megabyte = 1_000_000;
  test.each<[string, string]>([
    ['deep brackets', '['.repeat(megabyte)],
    ['deep braces', '{"":'.repeat(megabyte / 4)],
    ['brackets that close', nested(megabyte / 2)],
    ['quotes', '"'.repeat(megabyte)],
    ['strings', `[${'"",'.repeat(megabyte / 3)}""]`],
    ['backslashes', `"${'\\'.repeat(megabyte)}"`],
    ['escapes', `"${'\\u0041'.repeat(megabyte / 6)}"`],
    ['an open string', `"${'a'.repeat(megabyte)}`],
    ['numbers', `[${'1,'.repeat(megabyte / 2)}1]`],
    ['a number of many digits', '1'.repeat(megabyte)],
    ['a number of many decimals', `0.${'1'.repeat(megabyte)}`],
    ['a long exponent', `1e${'1'.repeat(megabyte)}`],
    ['minus signs', '-'.repeat(megabyte)],
    ['empty lists', `[${'[],'.repeat(megabyte / 3)}[]]`],
    ['empty objects', `[${'{},'.repeat(megabyte / 3)}{}]`],
    ['members of the same name', `{${'"a":1,'.repeat(megabyte / 6)}"a":1}`],
    ['colons', ':'.repeat(megabyte)],
    ['commas', `[${','.repeat(megabyte)}]`],
    ['blanks', ' '.repeat(megabyte)],
    ['line breaks', `${'\n'.repeat(megabyte)}1`],
    ['the start of a comment', `/*${'*'.repeat(megabyte)}`],
    ['slashes', '/'.repeat(megabyte)],
    [
      'names that hash alike',
      `{${Array.from({ length: 9_999 }, (_, index) => `"${'\\u0000'.repeat(12)}${index}":0`).join()}}`,
    ],
    ['text of no alphabet', '\ud800'.repeat(megabyte / 2)],
  ])('a megabyte of %s is decided within a second (THREATS 10)', (_, text) => {
    // Of this thread's processor: a busy machine is not what is asked about.
    const before = process.threadCpuUsage();
    refusal(text);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  });
});

describe('what passes is what JSON.parse makes of it', () => {
  test.each([
    'null',
    'true',
    '0',
    '-0',
    '1.5e3',
    '0.1',
    '1e-7',
    '9007199254740991',
    '-9007199254740991',
    '""',
    '{}',
    '[]',
    ' {"a" : [ 1 , 2 ] }\r\n\t',
    '{"a":1,"A":2,"a ":3}',
    '{"a":{"b":1},"c":{"b":2}}',
    '[{"a":1},{"a":2}]',
    '{"constructor":1,"toString":2,"prototype":3,"__proto":4}',
    String.raw`"\u0061\ud83d\ude00\n\"\\\/"`,
    String.raw`"\ud800"`,
    '"\ud800"',
    '"日本語 😀 \u2028 \u2029 \u007f"',
  ])('%s', (text) => {
    expect(parseStrictJson(text)).toEqual(JSON.parse(text));
    expect(Object.is(parseStrictJson(text), JSON.parse(text)) || typeof JSON.parse(text) === 'object').toBe(true);
  });

  const hasProto = (value: unknown): boolean =>
    typeof value === 'object' &&
    value !== null &&
    (Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProto));

  test('whatever it is, and however it is written', () => {
    fc.assert(
      fc.property(
        fc.jsonValue({ noUnicodeString: false, maxDepth: 5 }),
        fc.constantFrom(0, 1, '\t'),
        (value, indent) => {
          fc.pre(!hasProto(value));
          const text = JSON.stringify(value, null, indent);
          fc.pre(!/\d{16,}(?![\d.]*e)/.test(text));
          expect(parseStrictJson(text)).toEqual(JSON.parse(text));
        },
      ),
    );
  });

  test('and what JSON.parse does not take, never passes', () => {
    const mangled = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', ',', '"', '\\', '{', ']', '//', '\u0000', '\ufeff', 'x', '-', '.'),
      )
      .map(
        ([text, at, noise]) => text.slice(0, at % (text.length + 1)) + noise + text.slice((at % (text.length + 1)) + 1),
      );
    fc.assert(
      fc.property(mangled, (text) => {
        let parsed: unknown;
        try {
          parsed = parseStrictJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(GatewayError);
          return;
        }
        expect(parsed).toEqual(JSON.parse(text));
      }),
      { numRuns: 1_000 },
    );
  });
});
