/** What becomes of a schema before it is compiled changes nothing of what it says: ajv by itself says the same. */
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { createSchemaValidator } from '../../../shared/structured/schema-validator.ts';

type Schema = Readonly<Record<string, unknown>> | boolean;

const names = ['a', 'b', 'constructor', 'd/e', 'f~g'];
const name = fc.constantFrom(...names);
const scalar = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom('', 'a', 'bb', 'x1'),
  fc.boolean(),
  fc.constant(null),
);

const { value } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3 },
    { arbitrary: scalar, weight: 3 },
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(name, tie('value'), { maxKeys: 4 }),
  ),
}));

const optional = (given: Record<string, fc.Arbitrary<unknown>>) => fc.record(given, { requiredKeys: [] });

const { schema } = fc.letrec<{ schema: Schema }>((tie) => {
  const inner = tie('schema');
  const list = fc.array(inner, { minLength: 1, maxLength: 3 });
  const byName = fc.dictionary(name, inner, { maxKeys: 3 });
  const count = fc.integer({ min: 0, max: 3 });
  return {
    schema: fc.oneof(
      { maxDepth: 3 },
      fc.boolean(),
      optional({
        type: fc.constantFrom(
          'string',
          'number',
          'integer',
          'null',
          'boolean',
          ['string', 'null'],
          ['integer', 'object'],
        ),
        enum: fc.array(value, { minLength: 1, maxLength: 4 }),
        minimum: count,
        maxLength: count,
        pattern: fc.constantFrom('^a', '[0-9]$', '^(a|b)+$'),
      }),
      optional({ const: value, not: inner, required: fc.uniqueArray(name, { maxLength: 2 }) }),
      optional({
        type: fc.constant('object'),
        properties: byName,
        patternProperties: fc.dictionary(fc.constantFrom('^a', 'r$'), inner, { maxKeys: 2 }),
        additionalProperties: inner,
        propertyNames: inner,
        maxProperties: count,
        dependentRequired: fc.dictionary(name, fc.uniqueArray(name, { maxLength: 2 }), { maxKeys: 2 }),
        dependentSchemas: byName,
      }),
      optional({
        type: fc.constant('array'),
        prefixItems: list,
        items: inner,
        uniqueItems: fc.boolean(),
        minItems: count,
      }),
      // By itself: beside `prefixItems` ajv finds in an empty list what it looks for.
      optional({ type: fc.constant('array'), contains: inner, minContains: count, maxContains: count }),
      optional({ allOf: list, anyOf: list, oneOf: list }),
      // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
      optional({ if: inner, then: inner, else: inner }),
      fc.record({ properties: byName, allOf: list, unevaluatedProperties: inner }),
      fc.record({ $ref: fc.constantFrom('#/$defs/one', '#/$defs/two') }),
      fc.record({ properties: fc.record({ a: fc.constant({ $ref: '#' }) }) }),
    ),
  };
});

/** References go down only: those that go round have tests of their own. */
const withoutReferences = (given: Schema): Schema =>
  JSON.parse(JSON.stringify(given).replace(/"\$ref":"#[^"]*"/g, '"title":"x"')) as Schema;

const whole = fc.record({ root: schema, one: schema, two: schema }).map(({ root, one, two }) => ({
  ...(root === true || root === false ? { allOf: [root] } : root),
  $defs: { one: withoutReferences(one), two: withoutReferences(two) },
}));

test('every verdict is that of ajv alone', async () => {
  const validator = createSchemaValidator();
  let conforming = 0;
  let different = 0;
  await fc.assert(
    fc.asyncProperty(whole, fc.array(value, { minLength: 5, maxLength: 10 }), async (given, values) => {
      const schema = JSON.parse(JSON.stringify(given)) as object;
      const ajv = new Ajv2020({ strict: false, ownProperties: true, multipleOfPrecision: 8, logger: false });
      const plain = ajv.compile(schema);
      const checked = await validator.check(schema, 'schema');
      for (const one of JSON.parse(JSON.stringify(values)) as unknown[]) {
        const problems = await validator.problems(checked, one);
        expect(problems === null).toBe(plain(one));
        if (problems === null) conforming += 1;
        else different += 1;
      }
    }),
    { numRuns: 400 },
  );
  // Neither is all that there was.
  expect(Math.min(conforming, different)).toBeGreaterThan(200);
}, 60_000);
