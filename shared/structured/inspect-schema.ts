/**
 * A caller's JSON Schema, walked once: is it one, is it small enough, and can it be applied to any value in a time that
 * has a bound? What is not known here is an annotation and is not looked into, so that nothing of it can refer to anything.
 */
import { longestChain } from './schema-chains.ts';
import { applicators, assertions, isObject, knownDrafts, refusedKeywords } from './schema-keywords.ts';
import type { RefuseSchema } from './schema-refusal.ts';
import { escaped, isNames, type SchemaObject, schemasIn } from './schemas-in.ts';

/** Compiling takes 60 ms for each 1,000 of these (docs/adr/0065). */
export const maxSubschemas = 3_000;
export const maxDepth = 32;
/** Each is a function, and making them costs more than by their number. */
export const maxReferenced = 300;
/** Of these, since they cannot be put in groups (keyword-groups.ts). */
export const maxBeside = 100;
const besides = [
  'oneOf',
  'prefixItems',
  'items',
  'patternProperties',
  'dependentSchemas',
  'dependencies',
  'dependentRequired',
];
/** Names in `properties`, `required` and the like, and values in `enum`. */
export const maxEntries = 10_000;
export const maxCharacters = 256_000;
/** As a JSON pointer; each schema is known by it. */
export const maxPathLength = 4_000;
export const maxPatternLength = 1_000;
/** Schemas that are applied to one and the same value, one below the other: so deep the calls go for each level of it. */
export const maxChain = 64;

export type Subschema = {
  /** As a JSON pointer. */
  readonly path: string;
  readonly schema: SchemaObject | boolean;
  /** The paths of those that are applied to what this one is applied to. */
  readonly chained: readonly string[];
};

export type InspectedSchema = {
  readonly root: SchemaObject;
  readonly subschemas: ReadonlyMap<string, Subschema>;
  /** The path of each that a `$ref` names. */
  readonly referenced: ReadonlySet<string>;
  /** With the path of a keyword that has it. */
  readonly patterns: ReadonlyMap<string, string>;
};

export function inspectSchema(value: unknown, refuse: RefuseSchema): InspectedSchema {
  if (!isObject(value)) return refuse('', 'a schema must be an object');
  if (JSON.stringify(value).length > maxCharacters) refuse('', `a schema has at most ${maxCharacters} characters`);
  const subschemas = new Map<string, Subschema>();
  const references: { readonly path: string; readonly target: string }[] = [];
  const patterns = new Map<string, string>();
  let entries = 0;

  const pattern = (text: string, path: string): void => {
    if (text.length > maxPatternLength) refuse(path, `a pattern has at most ${maxPatternLength} characters`);
    if (!patterns.has(text)) patterns.set(text, path);
  };

  const keyword = (name: string, given: unknown, path: string): void => {
    if (refusedKeywords.has(name)) refuse(path, `${name} is not supported; refer to a place in $defs by $ref`);
    const assertion = assertions.get(name);
    if (assertion && !assertion.accepts(given)) refuse(path, assertion.must);
    if (name === 'pattern') pattern(`${given}`, path);
    const length = lengthOf(name, given);
    if (length > maxBeside && besides.includes(name)) refuse(path, `${name} has at most ${maxBeside} entries`);
    entries += length;
    if (entries > maxEntries) refuse(path, `a schema names at most ${maxEntries} properties and values`);
  };

  const visit = (schema: unknown, path: string, depth: number): void => {
    if (typeof schema !== 'boolean' && !isObject(schema)) {
      throw refuse(path, 'a schema must be an object or a boolean');
    }
    if (path.length > maxPathLength)
      refuse(path, `names on the way to a schema have at most ${maxPathLength} characters`);
    if (depth > maxDepth) refuse(path, `schemas are nested at most ${maxDepth} levels deep`);
    if (subschemas.size >= maxSubschemas) refuse(path, `there are at most ${maxSubschemas} schemas in a schema`);
    const chained: string[] = [];
    subschemas.set(path, { path, schema, chained });
    if (typeof schema === 'boolean') return;
    for (const [name, given] of Object.entries(schema)) keyword(name, given, `${path}/${escaped(name)}`);
    if (path !== '' && '$id' in schema) refuse(`${path}/$id`, 'only the whole schema may have an $id');
    if (schema['$ref'] !== undefined) {
      const target = targetOf(schema['$ref'], `${path}/$ref`, refuse);
      references.push({ path: `${path}/$ref`, target });
      chained.push(target);
    }
    const below = schemasIn(schema, path, refuse);
    for (const { at, schema: inner, applied, name, keyword: by } of below) {
      if (by === 'patternProperties') pattern(name, at);
      if (name === '__proto__') refuse(at, 'nothing may be called __proto__');
      if (!name.isWellFormed()) refuse(at, 'half of a surrogate pair is no name');
      if (applied === 'to the value') chained.push(at);
      visit(inner, at, depth + 1);
    }
  };

  visit(value, '', 1);
  draftOf(value, refuse);
  for (const { path, target } of references) {
    if (!subschemas.has(target)) refuse(path, 'there is no schema where this refers to');
  }
  const referenced = new Set(references.map(({ target }) => target));
  if (referenced.size > maxReferenced) refuse('', `at most ${maxReferenced} schemas are referred to`);
  longestChain(subschemas, maxChain, refuse);
  return { root: value, subschemas, referenced, patterns };
}

function lengthOf(name: string, given: unknown): number {
  if (Array.isArray(given)) return given.length;
  const shape = applicators.get(name)?.shape;
  const isNamed = shape === 'schemas by name' || shape === 'dependencies' || name === 'dependentRequired';
  if (!isNamed || !isObject(given)) return 0;
  const names = Object.values(given).filter(isNames).flat();
  return Object.keys(given).length + names.length;
}

/** As a JSON pointer in the way that paths are written here, whatever was escaped in it. */
function targetOf(reference: unknown, path: string, refuse: RefuseSchema): string {
  if (typeof reference !== 'string' || !/^#(?:\/|$)/.test(reference)) {
    return refuse(path, 'a reference must be to a place in the schema itself, like #/$defs/name');
  }
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    return refuse(path, 'the reference is not escaped as it should be');
  }
}

function draftOf({ $schema }: SchemaObject, refuse: RefuseSchema): void {
  if ($schema === undefined) return;
  const bare = typeof $schema === 'string' ? $schema.replace(/^https?:\/\//, '').replace(/#$/, '') : '';
  if (!knownDrafts.includes(bare)) {
    refuse('/$schema', 'only drafts 2020-12, 2019-09, 7 and 6 are known; leave it out for 2020-12');
  }
}
