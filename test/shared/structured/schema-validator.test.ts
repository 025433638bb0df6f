/** Callers' JSON Schemas: which are taken, and what is found wrong with values. */
import { GatewayError } from '../../../shared/errors.ts';
import { createSchemaValidator } from '../../../shared/structured/schema-validator.ts';

const validator = createSchemaValidator();

const problemsOf = async (schema: unknown, value: unknown) =>
  validator.problems(await validator.check(schema, 'response_format'), value);

const refusal = async (schema: unknown): Promise<string> => {
  const thrown: unknown = await validator.check(schema, 'response_format').then(
    () => 'it was taken',
    (error: unknown) => error,
  );
  if (!(thrown instanceof GatewayError)) throw new Error(`Not refused: ${thrown}`);
  expect(thrown).toMatchObject({ why: 'invalid_request', param: 'response_format' });
  return thrown.message;
};

const nested = (levels: number, schema: object = { type: 'string' }): object =>
  levels === 0 ? schema : { properties: { a: nested(levels - 1, schema) } };

describe('what is wrong with a value', () => {
  const colours = {
    type: 'object',
    properties: { colours: { type: 'array', items: { type: 'string' } }, count: { type: 'integer' } },
    required: ['colours', 'count'],
    additionalProperties: false,
  };

  test('nothing, where it conforms', async () => {
    expect(await problemsOf(colours, { colours: ['red'], count: 1 })).toBeNull();
  });

  test('is told all at once, by its place', async () => {
    expect(await problemsOf(colours, { colours: ['red', 1, 2], size: 3 })).toEqual([
      "/: must have required property 'count'",
      '/: must not have the property "size"',
      '/colours/1: must be string',
      '/colours/2: must be string',
    ]);
  });

  test('is told in eight short lines at most, with nothing of the value but names', async () => {
    const secret = 'a secret of the model';
    const long = 'n'.repeat(10_000);
    const value = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`${long}${index}`, secret]));
    const problems = (await problemsOf({ additionalProperties: { type: 'number' } }, value)) ?? [];
    expect(problems.length).toBeGreaterThan(0);
    expect(problems.length).toBeLessThanOrEqual(8);
    for (const line of problems) expect(line.length).toBeLessThan(310);
    expect(problems.join()).not.toContain(secret);
  });

  test.each<[string, unknown, unknown, string]>([
    ['what may be chosen from', { enum: ['red', 'green'] }, 'blue', '/: must be one of "red", "green"'],
    ['the one value that there is', { const: 'red' }, 'blue', '/: must be "red"'],
    ['that nothing may be there', { properties: { a: false } }, { a: 1 }, '/a: must not be there'],
    ['a name', { propertyNames: { maxLength: 2 } }, { long: 1 }, '/: must not have a property called "long"'],
    [
      'what nothing has looked at',
      { allOf: [{ properties: { a: true } }], unevaluatedProperties: false },
      { a: 1, b: 2 },
      '/: must not have the property "b"',
    ],
    [
      'that two are the same',
      { uniqueItems: true },
      [
        { a: 1, b: [0] },
        { b: [-0], a: 1 },
      ],
      '/: must NOT have duplicate items',
    ],
    ['of structures', { enum: [{ a: 1 }, 'x'] }, { a: 2 }, '/: must be equal to one of the allowed values'],
  ])('names %s', async (_, schema, value, problem) => {
    expect(await problemsOf(schema, value)).toContain(problem);
  });
});

describe('what schemas say', () => {
  test.each<[string, unknown, unknown, unknown]>([
    [
      'definitions of draft 7',
      { definitions: { n: { type: 'number' } }, items: { $ref: '#/definitions/n' } },
      [1],
      ['1'],
    ],
    ['lists of draft 7', { items: [{ type: 'number' }], additionalItems: false }, [1], [1, 2]],
    ['dependencies of draft 7', { dependencies: { a: ['b'], c: { required: ['d'] } } }, { a: 1, b: 1 }, { c: 1 }],
    [
      'itself again',
      { properties: { a: { $ref: '#' } }, additionalProperties: false },
      { a: { a: {} } },
      { a: { a: { b: 1 } } },
    ],
    ['a place by its escaped name', { $defs: { 'a/b~ c': { type: 'null' } }, $ref: '#/$defs/a~1b~0%20c' }, null, 1],
    [
      'a place that is no definition',
      { properties: { a: { type: 'null' }, b: { $ref: '#/properties/a' } } },
      { b: null },
      { b: 1 },
    ],
    [
      'two patterns',
      { properties: { a: { pattern: '^x' }, b: { pattern: '^y' } } },
      { a: 'x', b: 'y' },
      { a: 'x', b: 'x' },
    ],
    [
      'patterns of names',
      { patternProperties: { '^n_': { type: 'number' } }, additionalProperties: false },
      { n_1: 1 },
      { m_1: 1 },
    ],
    ['what a list contains', { prefixItems: [true], contains: { const: 1 } }, [1], []],
    [
      'how often',
      { contains: { $ref: '#/$defs/one' }, minContains: 0, maxContains: 1, $defs: { one: { const: 1 } } },
      [2, 1],
      [1, 1],
    ],
    ['sums of money', { multipleOf: 0.01 }, 19.99, 19.999],
    [
      'an $id of the whole',
      { $id: 'https://example.com/a', $ref: '#/$defs/a', $defs: { a: { type: 'null' } } },
      null,
      1,
    ],
    [
      'what it may say besides',
      { title: 1, 'x-note': { $ref: 'https://example.com' }, format: 'colour', type: 'string' },
      'a',
      1,
    ],
  ])('knows %s', async (_, schema, good, bad) => {
    expect(await problemsOf(schema, good)).toBeNull();
    expect(await problemsOf(schema, bad)).not.toBeNull();
  });

  test('names are names, whatever they would mean in code', async () => {
    // biome-ignore format: a list
    const names = [
      "a'b", 'a"b', 'a\\', 'a\nb', 'a\u2028b', '`' + '$' + '{throw 1}`', '*/ throw 1 /*', '</script>', 'constructor',
      'toString', 'hasOwnProperty', 'valueOf', 'this', '', '\0', 'data', 'errors', 'ключ',
    ];
    for (const name of names) {
      const schema = { properties: { [name]: { type: 'number' } }, required: [name], additionalProperties: false };
      expect([name, await problemsOf(schema, { [name]: 1 })]).toEqual([name, null]);
      expect([name, await problemsOf(schema, {})]).toEqual([name, [expect.stringContaining('required')]]);
      expect([name, (await problemsOf(schema, { [name]: 'x' }))?.length]).toEqual([name, 1]);
      const among = { enum: [name], pattern: '^[^]*$', $defs: { [name]: { type: 'null' } } };
      expect([name, await problemsOf(among, name)]).toEqual([name, null]);
    }
  });

  test('there may be hundreds of properties', async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
    const properties = Object.fromEntries(names.map((name) => [name, { type: 'string' }]));
    const schema = { type: 'object', properties, required: names, additionalProperties: false };
    const value = Object.fromEntries(names.map((name) => [name, 'x']));
    expect(await problemsOf(schema, value)).toBeNull();
    expect(await problemsOf(schema, { ...value, p999: 1 })).toEqual(['/p999: must be string']);
    expect(await problemsOf(schema, { ...value, q: 1 })).toEqual(['/: must not have the property "q"']);
    expect(await problemsOf({ items: { anyOf: [schema, { type: 'null' }] } }, [value, null])).toBeNull();
  });
});

describe('a schema is refused', () => {
  const chain = (length: number) => ({
    $ref: '#/$defs/d0',
    $defs: Object.fromEntries(
      Array.from({ length }, (_, index) => [
        `d${index}`,
        index === length - 1 ? true : { $ref: `#/$defs/d${index + 1}` },
      ]),
    ),
  });

  test.each<[string, unknown, string | RegExp]>([
    ['that is none', 'a string', 'a schema must be an object'],
    ['that is a list', [], 'a schema must be an object'],
    ['that is true', true, 'a schema must be an object'],
    ['with a type that there is not', { type: 'text' }, 'At /type: must be one or several of array, boolean'],
    [
      'with something else in the place of a schema',
      { properties: { a: 'string' } },
      'At /properties/a: a schema must be',
    ],
    ['with something else in the place of schemas', { anyOf: {} }, 'At /anyOf: must be a list'],
    ['with a choice of nothing', { anyOf: [] }, 'At /anyOf: must be a list of at least one schema'],
    ['with properties in a list', { properties: [] }, 'At /properties: must be an object of schemas'],
    ['with a bound of draft 4', { exclusiveMinimum: true }, 'At /exclusiveMinimum: must be a number'],
    ['with a count below zero', { minLength: -1 }, 'At /minLength: must be a whole number'],
    ['that requires a name twice', { required: ['a', 'a'] }, 'At /required: must be a list of different strings'],
    ['of another draft', { $schema: 'http://json-schema.org/draft-04/schema#' }, 'At /$schema: only drafts 2020-12'],
    ['that refers to elsewhere', { $ref: 'https://example.com/schema' }, 'At /$ref: a reference must be to a place'],
    ['that refers to a file', { $ref: 'file:///etc/passwd' }, 'At /$ref: a reference must be to a place'],
    ['that refers to a name', { $ref: '#name' }, 'At /$ref: a reference must be to a place'],
    ['that refers to nothing', { $ref: '#/$defs/a' }, 'At /$ref: there is no schema where this refers to'],
    ['that refers to what it may say besides', { $ref: '#/x', x: {} }, 'At /$ref: there is no schema'],
    ['that refers to what any object has', { $ref: '#/constructor' }, 'At /$ref: there is no schema'],
    ['with a reference that cannot be read', { $ref: '#/%E0%A4%A' }, 'At /$ref: the reference is not escaped'],
    ['with an anchor', { $defs: { a: { $anchor: 'a' } } }, 'At /$defs/a/$anchor: $anchor is not supported'],
    ['with a dynamic reference', { $dynamicRef: '#a' }, 'At /$dynamicRef: $dynamicRef is not supported'],
    ['with another $id within', { properties: { a: { $id: 'b' } } }, 'At /properties/a/$id: only the whole schema'],
    [
      'that looks ahead',
      { properties: { a: { pattern: '(?=a)' } } },
      'At /properties/a/pattern: look-ahead and look-behind',
    ],
    ['that looks behind', { pattern: '(?<!a)b' }, 'look-ahead and look-behind are not supported'],
    ['that refers back', { pattern: '(a)\\1' }, 'back references are not supported'],
    ['that refers back by name', { pattern: '(?<x>a)\\k<x>' }, 'back references are not supported'],
    [
      'with no regular expression',
      { patternProperties: { '(': true } },
      /At \/patternProperties\/\(: this is not a regular/,
    ],
    [
      'with patterns that repeat too much',
      { pattern: '(?:a{1,900}|b{1,900}){1}'.repeat(20) },
      'the patterns repeat too much',
    ],
    ['with a very long pattern', { pattern: 'a'.repeat(1_001) }, 'a pattern has at most 1000 characters'],
    ['that is applied to a value because it is applied to it', { $ref: '#' }, 'which never ends'],
    ['that asks itself', { allOf: [{ not: { if: { $ref: '#' } } }] }, 'which never ends'],
    [
      'that goes round',
      { $ref: '#/$defs/a', $defs: { a: { anyOf: [{ $ref: '#/$defs/b' }] }, b: { $ref: '#/$defs/a' } } },
      'which never ends',
    ],
    ['that goes round where it depends', { dependentSchemas: { a: { $ref: '#' } } }, 'which never ends'],
    ['of a long chain', chain(66), 'at most 64 schemas are applied one because of the other'],
    ['that is deep', nested(32), 'schemas are nested at most 32 levels deep'],
    ['that is wide', { anyOf: Array.from({ length: 3_001 }, () => ({})) }, 'there are at most 3000 schemas'],
    ['that is long', { description: 'a'.repeat(256_001) }, 'a schema has at most 256000 characters'],
    [
      'of very many values',
      { enum: Array.from({ length: 10_001 }, (_, index) => index) },
      'a schema names at most 10000',
    ],
    [
      'with a name that sets what objects come from',
      JSON.parse('{"properties":{"__proto__":{}}}'),
      'nothing may be called __proto__',
    ],
  ])('%s', async (_, schema, message) => {
    expect(await refusal(schema)).toMatch(message);
  });

  test('by a path that is not longer than it can be read', async () => {
    expect((await refusal({ properties: { ['a'.repeat(100_000)]: 1 } })).length).toBeLessThan(400);
  });

  test('and what is just within the bounds is not', async () => {
    expect(await problemsOf(nested(31), {})).toBeNull();
    expect(await problemsOf(chain(63), {})).toBeNull();
  });
});
