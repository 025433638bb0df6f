import { Ajv2020 } from 'ajv/dist/2020.js';
import { z } from 'zod';
import { demoInstance } from '../../../shared/providers/demo-instance.ts';

const conforms = (schema: object, value: unknown): boolean =>
  new Ajv2020({ strict: false, validateFormats: false }).validate(schema, value);

const colours = z.object({
  colours: z.array(z.object({ name: z.string(), hex: z.string().length(7), warm: z.boolean().nullable() })).min(2),
  note: z.string().optional(),
});
const tree = {
  $ref: '#/$defs/node',
  $defs: {
    node: {
      type: 'object',
      properties: { value: { type: 'integer' }, children: { type: 'array', items: { $ref: '#/$defs/node' } } },
      required: ['value', 'children'],
    },
  },
};
const linked = {
  type: 'object',
  properties: { next: { anyOf: [{ $ref: '#' }, { type: 'null' }] } },
  required: ['next'],
};

test.each<[string, object]>([
  ['a text', { type: 'string' }],
  ['a text of a length', { type: 'string', minLength: 10, maxLength: 12 }],
  ['a short text', { type: 'string', maxLength: 2 }],
  ['a number', { type: 'number' }],
  ['a number from', { type: 'number', minimum: 5.5 }],
  ['a number above', { type: 'number', exclusiveMinimum: 5 }],
  ['a number below', { type: 'number', exclusiveMaximum: -5 }],
  ['a number between', { type: 'number', exclusiveMinimum: 0.1, exclusiveMaximum: 0.2 }],
  ['a whole number between', { type: 'integer', minimum: 2.5, maximum: 3.5 }],
  ['a multiple', { type: 'integer', minimum: 5, multipleOf: 4 }],
  ['a truth', { type: 'boolean' }],
  ['nothing', { type: 'null' }],
  ['one of some types', { type: ['string', 'null'] }],
  ['a constant', { const: { a: [1] } }],
  ['one of some values', { enum: ['red', 'green'] }],
  ['one of some schemas', { anyOf: [{ type: 'null' }, { type: 'string' }] }],
  ['exactly one of some schemas', { oneOf: [{ type: 'integer' }, { type: 'string' }] }],
  [
    'all of some schemas',
    {
      allOf: [
        { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] },
        { type: 'object', properties: { b: { type: 'integer' } }, required: ['b'] },
      ],
    },
  ],
  ['a list', { type: 'array', items: { type: 'string' }, minItems: 3 }],
  ['an empty list', { type: 'array', items: { type: 'string' }, maxItems: 0 }],
  ['a tuple', { type: 'array', prefixItems: [{ type: 'string' }, { type: 'integer' }], items: false, minItems: 2 }],
  ['an object without a type', { properties: { a: { type: 'integer' } }, required: ['a'] }],
  ['an object of anything', { type: 'object', required: ['a'] }],
  ['objects in lists in objects', z.toJSONSchema(colours)],
  ['a tree', tree],
  ['a chain', linked],
])('%s conforms to its schema', (_, schema) => {
  expect(conforms(schema, demoInstance(schema))).toBe(true);
});

test('says demo where a text may be anything, or what it is told', () => {
  expect(demoInstance({ type: 'string' })).toBe('demo');
  expect(demoInstance({ type: 'string' }, 'Paris')).toBe('Paris');
});

test('leaves out what need not be there', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' }, b: { type: 'string' } }, required: ['a'] };
  expect(demoInstance(schema)).toEqual({ a: 'demo' });
});

test.each<[string, unknown]>([
  ['refers to itself', { $ref: '#' }],
  ['refers to nothing', { $ref: '#/$defs/none' }],
  ['refers elsewhere', { $ref: 'http://169.254.169.254/schema' }],
  ['refers to what all objects inherit', { $ref: '#/constructor/name' }],
  ['contains itself', { type: 'object', properties: { a: { $ref: '#' } }, required: ['a'] }],
  [
    'contains itself many times',
    {
      type: 'object',
      properties: Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`p${index}`, { $ref: '#' }])),
    },
  ],
  ['wants a billion of them', { type: 'array', minItems: 1_000_000_000, items: { type: 'string' } }],
  ['wants a billion letters', { type: 'string', minLength: 1_000_000_000 }],
  ['is no schema', 7],
])('ends soon, and small, for a schema that %s', (_, schema) => {
  expect(JSON.stringify(demoInstance(schema)).length).toBeLessThan(100_000);
});

test('a property may be called like the prototype', () => {
  const schema = JSON.parse('{"type": "object", "properties": {"__proto__": {"type": "string"}}}');
  expect(JSON.stringify(demoInstance(schema))).toBe('{"__proto__":"demo"}');
});
