/** Schemas and values of about a megabyte that checking takes long for, unless it is bounded. */
type Case = { readonly schema: object; readonly value: unknown };

const names = (count: number): string[] => Array.from({ length: count }, (_, index) => `p${index}`);
const byName = (count: number, schema: unknown) => Object.fromEntries(names(count).map((name) => [name, schema]));
const times = <Item>(count: number, item: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => item(index));

const ones = times(500_000, () => 1);
const empty = times(100_000, () => ({}));
const members = Object.fromEntries(times(100_000, (index) => [`m${index}`, 1]));
const nested = (levels: number): object => (levels === 0 ? {} : { a: nested(levels - 1) });
const nestedLists = (levels: number): unknown[] => (levels === 0 ? [] : [nestedLists(levels - 1)]);

const choices = (levels: number): object =>
  levels === 0 ? { items: { type: 'string' } } : { anyOf: [choices(levels - 1), { items: { type: 'boolean' } }] };

/** d0 -> d1 -> …, each in the way that `step` says. */
const chain = (length: number, step: (next: object) => object) => ({
  $ref: '#/$defs/d0',
  $defs: Object.fromEntries(
    times(length, (index) => [
      `d${index}`,
      index === length - 1 ? { type: 'array', items: { type: 'string' } } : step({ $ref: `#/$defs/d${index + 1}` }),
    ]),
  ),
});

const choosingBetweenItself = (more: object) => ({
  anyOf: [
    { properties: { a: { $ref: '#' } }, ...more },
    { properties: { a: { $ref: '#' } }, ...more },
  ],
});

/** Neither in a row nor repeating soon, so that no state of an automaton comes twice. */
const mixed = times(1_000_000, (index) => 'ab'[((index * 2_654_435_761) >>> 9) & 1]).join('');

export const hostileSchemas: Readonly<Record<string, Case>> = {
  'numbers that should be texts': { schema: { items: { type: 'string' } }, value: ones },
  'the same by reference': { schema: { items: { $ref: '#/$defs/a' }, $defs: { a: { type: 'string' } } }, value: ones },
  'lists to choose from': {
    schema: { anyOf: times(1_000, (index) => ({ items: { enum: [index + 2] } })) },
    value: ones,
  },
  'choices for every item': {
    schema: { items: { anyOf: times(1_000, (index) => ({ const: index + 2 })) } },
    value: ones,
  },
  'exactly one for every item': {
    schema: { items: { oneOf: times(100, (index) => ({ minimum: index })) } },
    value: ones,
  },
  'choices within choices': { schema: choices(30), value: ones },
  'twice the same, thirty times': { schema: chain(31, (next) => ({ allOf: [next, next] })), value: [] },
  'the choice between the same, thirty times': { schema: chain(31, (next) => ({ anyOf: [next, next] })), value: [1] },
  'itself twice on every level': { schema: choosingBetweenItself({ not: { required: ['b'] } }), value: nested(60) },
  'itself twice, and nothing of it': { schema: choosingBetweenItself({ required: ['b'] }), value: nested(60) },
  'itself twice, and what is left': {
    schema: { ...choosingBetweenItself({}), unevaluatedProperties: false },
    value: nested(60),
  },
  'chains on every level': {
    schema: { ...chain(31, (next) => ({ anyOf: [next, { items: { $ref: '#/$defs/d0' } }] })) },
    value: nestedLists(60),
  },
  'what no item is': { schema: { contains: { type: 'string' } }, value: ones },
  'what no item is, by reference': {
    schema: { contains: { $ref: '#/$defs/a' }, $defs: { a: { anyOf: [{ const: 2 }, { const: 3 }] } } },
    value: ones,
  },
  'what most items are': {
    schema: { contains: { const: 1 }, minContains: 499_999, maxContains: 499_999 },
    value: ones,
  },
  'different lists': { schema: { uniqueItems: true }, value: times(150_000, (index) => [index]) },
  'different objects': { schema: { uniqueItems: true }, value: times(60_000, (index) => ({ a: index, b: 1 })) },
  'structures that are none of many': {
    schema: { items: { enum: times(1_000, (index) => ({ a: index })) } },
    value: times(100_000, () => ({ a: 1_001 })),
  },
  'texts that are none of many': { schema: { items: { enum: names(9_000) } }, value: times(100_000, () => 'p9001') },
  'patterns for many members': {
    schema: {
      patternProperties: Object.fromEntries(names(50).map((name) => [`[a-z]*a[ab]{200}${name}`, true])),
      additionalProperties: false,
    },
    value: members,
  },
  'choices for many names': {
    schema: { propertyNames: { anyOf: times(500, (index) => ({ pattern: `^x${index}` })) } },
    value: members,
  },
  'what is left of many members': {
    schema: { allOf: times(100, () => ({ patternProperties: { '^m': true } })), unevaluatedProperties: false },
    value: members,
  },
  'what is left by choices': {
    schema: { anyOf: times(100, () => ({ additionalProperties: { type: 'number' } })), unevaluatedProperties: false },
    value: members,
  },
  'what is left by references': {
    schema: {
      anyOf: times(100, () => ({ $ref: '#/$defs/a' })),
      unevaluatedProperties: false,
      $defs: { a: { patternProperties: { '^m': true } } },
    },
    value: members,
  },
  'what is left of items': {
    schema: { anyOf: times(500, () => ({ prefixItems: [true] })), unevaluatedItems: { type: 'number' } },
    value: ones,
  },
  'what depends on members': {
    schema: {
      dependentSchemas: Object.fromEntries(
        times(100, (index) => [`m${index}`, { additionalProperties: { type: 'number' } }]),
      ),
    },
    value: members,
  },
  'much that is required': {
    schema: { items: { anyOf: [{ required: names(4_000) }, { required: names(4_000).reverse() }] } },
    value: empty,
  },
  'many properties for many items': {
    schema: { items: { properties: byName(2_500, { type: 'string' }) } },
    value: empty,
  },
  'members counted again and again': {
    schema: { allOf: times(2_000, () => ({ maxProperties: 1_000_000 })) },
    value: members,
  },
  'a pattern of many states': { schema: { pattern: '[ab]*a[ab]{30}[cd]' }, value: mixed },
  'a pattern of more': { schema: { pattern: '[ab]*a[ab]{500}[cd]' }, value: mixed },
  'many patterns for one text': {
    schema: { allOf: times(500, (index) => ({ pattern: `(x+x+)+y${index}` })) },
    value: 'x'.repeat(1_000_000),
  },
  'a pattern for many texts': {
    schema: { items: { pattern: '^[a-z]+(-[a-z]+)*$' } },
    value: times(150_000, () => 'ab-cd'),
  },
  'many formats for one text': {
    schema: { allOf: times(2_000, () => ({ format: 'email' })) },
    value: 'a.'.repeat(500_000),
  },
  'many lengths of one text': {
    schema: { allOf: times(2_000, (index) => ({ minLength: index })) },
    value: '😀'.repeat(250_000),
  },
};
