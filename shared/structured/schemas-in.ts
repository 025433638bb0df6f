/** The schemas directly below a schema, by the keywords that hold them. */

import { type Applied, applicators, isObject } from './schema-keywords.ts';
import type { RefuseSchema } from './schema-refusal.ts';

export type SchemaObject = Readonly<Record<string, unknown>>;

export type SchemaBelow = {
  readonly keyword: string;
  /** In its keyword, where that names its schemas or counts them; else empty. */
  readonly name: string;
  /** As a JSON pointer. */
  readonly at: string;
  readonly schema: unknown;
  readonly applied: Applied;
};

export const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');

export function schemasIn(schema: SchemaObject, path: string, refuse: RefuseSchema): SchemaBelow[] {
  return Object.entries(schema).flatMap(([keyword, given]) => {
    const applicator = applicators.get(keyword);
    if (!applicator) return [];
    const { shape, applied } = applicator;
    const at = `${path}/${keyword}`;
    const one = (below: unknown): SchemaBelow => ({ keyword, name: '', at, schema: below, applied });
    const each = (many: object): SchemaBelow[] =>
      Object.entries(many).map(([name, below]) => ({
        keyword,
        name,
        at: `${at}/${escaped(name)}`,
        schema: below,
        applied,
      }));
    if (shape === 'schemas' || (shape === 'schema or schemas' && Array.isArray(given))) {
      if (!Array.isArray(given) || given.length === 0) return refuse(at, 'must be a list of at least one schema');
      return each(given);
    }
    if (shape === 'schemas by name' || shape === 'dependencies') {
      if (!isObject(given)) return refuse(at, 'must be an object of schemas');
      return shape === 'dependencies' ? each(given).filter(({ schema: below }) => !isNames(below)) : each(given);
    }
    return [one(given)];
  });
}

/** Of draft 7: a dependency is a schema or a list of names. */
export const isNames = (given: unknown): given is readonly string[] =>
  Array.isArray(given) && given.every((name) => typeof name === 'string');
