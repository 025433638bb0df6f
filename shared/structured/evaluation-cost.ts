/**
 * What it costs to apply one schema to one value, without the schemas below it, which are counted for themselves: in
 * units of about 13 ns, the time that re2js needs at worst for one character and one instruction of a pattern.
 */
import { sameAsOne } from './compiled-form.ts';
import { isObject } from './schema-keywords.ts';
import type { SchemaObject } from './schemas-in.ts';

export type EvaluationCost = {
  readonly always: number;
  readonly perCharacter: number;
  readonly perMember: number;
  /** Of the names of members. */
  readonly perNameCharacter: number;
};

/** All of what one value may cost: about 0.5 s. */
export const maxUnits = 40_000_000;

const each = 4;
const perCall = 40;
/** Objects of very many members are gone through by a list of their names, which is sorted first. */
const perNamedMember = 40;
const perTest = 30;
/** What has been looked at is noted, again and again, for what is left. */
const perNotedMember = 60;

const size = (value: unknown): number => (isObject(value) || Array.isArray(value) ? Object.keys(value).length : 0);

/** `sizeOf` a pattern: of how many instructions it consists. */
export function costOf(schema: SchemaObject, sizeOf: (pattern: string) => number, notes: boolean): EvaluationCost {
  const { pattern, patternProperties, properties, dependentRequired } = schema;
  const patterns = isObject(patternProperties) ? Object.keys(patternProperties) : [];
  const sum = (sizes: readonly number[]): number => sizes.reduce((total, one) => total + one, 0);
  const required = sum(Object.values(isObject(dependentRequired) ? dependentRequired : {}).map(size));
  const goesThroughMembers = ['additionalProperties', 'propertyNames', 'minProperties', 'maxProperties'];
  return {
    always:
      each * (1 + size(schema) + size(schema['enum']) + size(schema['required']) + required) +
      (notes ? perNotedMember : each) * size(properties) +
      (pattern === undefined ? 0 : perTest) +
      (schema['$ref'] === undefined ? 0 : perCall) +
      (schema[sameAsOne] === undefined ? 0 : perTest),
    perCharacter:
      ('minLength' in schema || 'maxLength' in schema ? 1 : 0) +
      ('format' in schema ? 2 : 0) +
      (typeof pattern === 'string' ? sizeOf(pattern) : 0),
    perMember:
      (goesThroughMembers.some((keyword) => keyword in schema) ? perNamedMember : 0) +
      // Tested for each of the patterns, and again for what none of them names.
      2 * perTest * patterns.length +
      (notes ? perNotedMember : 0),
    perNameCharacter: 2 * sum(patterns.map(sizeOf)),
  };
}
