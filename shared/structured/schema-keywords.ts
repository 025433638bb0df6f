/**
 * The keywords of JSON Schema that say something of a value, and what each may be given: what the metaschemas of draft
 * 2020-12 and draft 7 say, of both. All others are annotations, which are left alone.
 * https://json-schema.org/draft/2020-12/json-schema-validation
 */

/** Is a schema below it applied to the value that its own schema is applied to, or to a part of that, or only by reference? */
export type Applied = 'to the value' | 'to a part' | 'by reference';

export type ApplicatorShape = 'schema' | 'schemas' | 'schema or schemas' | 'schemas by name' | 'dependencies';

export const applicators: ReadonlyMap<string, { readonly shape: ApplicatorShape; readonly applied: Applied }> = new Map(
  Object.entries({
    $defs: { shape: 'schemas by name', applied: 'by reference' },
    definitions: { shape: 'schemas by name', applied: 'by reference' },
    allOf: { shape: 'schemas', applied: 'to the value' },
    anyOf: { shape: 'schemas', applied: 'to the value' },
    oneOf: { shape: 'schemas', applied: 'to the value' },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: { shape: 'schema', applied: 'to the value' },
    not: { shape: 'schema', applied: 'to the value' },
    if: { shape: 'schema', applied: 'to the value' },
    else: { shape: 'schema', applied: 'to the value' },
    dependentSchemas: { shape: 'schemas by name', applied: 'to the value' },
    dependencies: { shape: 'dependencies', applied: 'to the value' },
    properties: { shape: 'schemas by name', applied: 'to a part' },
    patternProperties: { shape: 'schemas by name', applied: 'to a part' },
    additionalProperties: { shape: 'schema', applied: 'to a part' },
    unevaluatedProperties: { shape: 'schema', applied: 'to a part' },
    propertyNames: { shape: 'schema', applied: 'to a part' },
    prefixItems: { shape: 'schemas', applied: 'to a part' },
    items: { shape: 'schema or schemas', applied: 'to a part' },
    additionalItems: { shape: 'schema', applied: 'to a part' },
    unevaluatedItems: { shape: 'schema', applied: 'to a part' },
    contains: { shape: 'schema', applied: 'to a part' },
  } as const),
);

type Assertion = { readonly accepts: (given: unknown) => boolean; readonly must: string };

const types = ['array', 'boolean', 'integer', 'null', 'number', 'object', 'string'];

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isName = (value: unknown): value is string => typeof value === 'string';
const isDistinct = (values: readonly unknown[]): boolean => new Set(values).size === values.length;
const isType = (value: unknown): boolean => isName(value) && types.includes(value);

const number: Assertion = { accepts: Number.isFinite, must: 'must be a number' };
const count: Assertion = {
  accepts: (given) => typeof given === 'number' && Number.isSafeInteger(given) && given >= 0,
  must: 'must be a whole number that is not negative',
};
const text: Assertion = { accepts: isName, must: 'must be a string' };
const names: Assertion = {
  accepts: (given) => Array.isArray(given) && given.every(isName) && isDistinct(given),
  must: 'must be a list of different strings',
};

export const assertions: ReadonlyMap<string, Assertion> = new Map<string, Assertion>(
  Object.entries({
    type: {
      accepts: (given) =>
        isType(given) || (Array.isArray(given) && given.length > 0 && given.every(isType) && isDistinct(given)),
      must: `must be one or several of ${types.join(', ')}`,
    },
    enum: {
      accepts: (given) => Array.isArray(given) && given.length > 0,
      must: 'must be a list of at least one value',
    },
    const: { accepts: () => true, must: 'may be anything' },
    multipleOf: {
      accepts: (given) => typeof given === 'number' && Number.isFinite(given) && given > 0,
      must: 'must be a number above 0',
    },
    maximum: number,
    exclusiveMaximum: number,
    minimum: number,
    exclusiveMinimum: number,
    maxLength: count,
    minLength: count,
    pattern: text,
    format: text,
    maxItems: count,
    minItems: count,
    uniqueItems: { accepts: (given) => typeof given === 'boolean', must: 'must be true or false' },
    maxContains: count,
    minContains: count,
    maxProperties: count,
    minProperties: count,
    required: names,
    dependentRequired: {
      accepts: (given) => isObject(given) && Object.values(given).every(names.accepts),
      must: 'must be an object of lists of different strings',
    },
  } satisfies Record<string, Assertion>),
);

/** What another document, or a name of it, is meant by. A reference is to a place in the schema itself. */
export const refusedKeywords: ReadonlySet<string> = new Set([
  '$anchor',
  '$dynamicAnchor',
  '$dynamicRef',
  '$recursiveAnchor',
  '$recursiveRef',
]);

/** By how they begin: with http or https, with an empty fragment or without. */
export const knownDrafts: readonly string[] = [
  'json-schema.org/draft/2020-12/schema',
  'json-schema.org/draft/2019-09/schema',
  'json-schema.org/draft-07/schema',
  'json-schema.org/draft-06/schema',
];
