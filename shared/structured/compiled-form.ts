/**
 * A schema as it is compiled: without annotations, in the words of draft 2020-12, with references by names of our own, so
 * that nothing of a stranger's is resolved as an address; and each schema in a keyword that counts what it costs.
 */
import { isKnownFormat } from './formats.ts';
import type { InspectedSchema } from './inspect-schema.ts';
import { applicators, assertions, isObject } from './schema-keywords.ts';
import { escaped, isNames, type SchemaObject } from './schemas-in.ts';

/** Of our own: what is in it is applied to the value, and paid for. */
export const counted = 'sluice:counted';
/** In the place of `uniqueItems`, which compares each with each. */
export const distinctItems = 'sluice:distinctItems';
/** In the place of an `enum` or `const` of objects and lists, which would be compared with each. */
export const sameAsOne = 'sluice:sameAsOne';

/** Tests of properties are nested in the code, one in the other; so many at most. */
const propertiesTogether = 32;

type Form = SchemaObject | boolean;

export function compiledForm({ root, subschemas, referenced }: InspectedSchema): SchemaObject {
  const names = new Map([...referenced].map((path, index) => [path, `d${index}`]));

  const form = (schema: unknown, path: string): Form => {
    const name = names.get(path);
    return name === undefined ? inline(schema, path) : { $ref: `#/$defs/${name}` };
  };

  const inline = (schema: unknown, path: string): Form => {
    if (!isObject(schema)) return schema === true;
    const own: Record<string, unknown> = {};
    for (const [keyword, given] of Object.entries(schema)) {
      if (assertions.has(keyword)) own[keyword] = given;
      else if (applicators.get(keyword)?.applied !== 'by reference') {
        const below = formsIn(keyword, given, `${path}/${keyword}`);
        if (below !== undefined) own[keyword] = below;
      }
    }
    const reference = names.get(referenceOf(schema));
    if (reference !== undefined) own['$ref'] = `#/$defs/${reference}`;
    const plain = withPropertiesApart(inCurrentWords(withoutComparing(own)));
    return Object.keys(plain).length === 0 ? true : { [counted]: plain };
  };

  const formsIn = (keyword: string, given: unknown, path: string): unknown => {
    const applicator = applicators.get(keyword);
    if (!applicator) return undefined;
    if (Array.isArray(given)) return given.map((schema, index) => form(schema, `${path}/${index}`));
    if (applicator.shape === 'schema' || applicator.shape === 'schema or schemas') return form(given, path);
    return Object.fromEntries(
      Object.entries(given as object).map(([name, schema]) => [
        name,
        isNames(schema) ? schema : form(schema, `${path}/${escaped(name)}`),
      ]),
    );
  };

  const definitions = [...names].map(([path, name]) => [name, inline(subschemas.get(path)?.schema, path)]);
  const whole = form(root, '');
  return { ...(isObject(whole) ? whole : {}), $defs: Object.fromEntries(definitions) };
}

/** It has been found to lead somewhere. */
const referenceOf = ({ $ref }: SchemaObject): string =>
  typeof $ref === 'string' ? decodeURIComponent($ref.slice(1)) : '-';

const isStructure = (value: unknown): boolean => typeof value === 'object' && value !== null;

function withoutComparing({ uniqueItems, format, ...own }: Record<string, unknown>): Record<string, unknown> {
  const { enum: values, const: value, ...rest } = own;
  const lists = [...(Array.isArray(values) ? [values] : []), ...('const' in own ? [[value]] : [])];
  const structured = lists.filter((list) => list.some(isStructure));
  return {
    ...(structured.length === 0 ? own : rest),
    ...(structured.length > 0 && { [sameAsOne]: lists }),
    ...(uniqueItems === true && { [distinctItems]: true }),
    ...(isKnownFormat(format) && { format }),
  };
}

/** Draft 7 has other names for two things. */
function inCurrentWords({ dependencies, additionalItems, ...own }: Record<string, unknown>): Record<string, unknown> {
  const current = { ...own };
  if (Array.isArray(own['items'])) {
    current['prefixItems'] = own['items'];
    delete current['items'];
    if (additionalItems !== undefined) current['items'] = additionalItems;
  }
  if (!isObject(dependencies)) return current;
  const entries = Object.entries(dependencies);
  const dependentRequired = Object.fromEntries(entries.filter(([, given]) => isNames(given)));
  const dependentSchemas = Object.fromEntries(entries.filter(([, given]) => !isNames(given)));
  return { ...current, allOf: [...asList(current['allOf']), { [counted]: { dependentRequired, dependentSchemas } }] };
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/**
 * What costs little first: in a choice between objects, that is what they differ in, and what is not chosen is left
 * before what is below it is looked at.
 */
function withPropertiesApart(own: Record<string, unknown>): Record<string, unknown> {
  const { properties } = own;
  if (!isObject(properties)) return own;
  const entries = Object.entries(properties).sort(([, one], [, other]) => rank(one) - rank(other));
  if (entries.length <= propertiesTogether) return { ...own, properties: Object.fromEntries(entries) };
  const groups = Array.from({ length: Math.ceil(entries.length / propertiesTogether) }, (_, index) =>
    entries.slice(index * propertiesTogether, (index + 1) * propertiesTogether),
  );
  const known = Object.fromEntries(entries.map(([name]) => [name, true]));
  const apart = groups.map((group) => ({ properties: Object.fromEntries(group) }));
  return { ...own, properties: known, allOf: [...asList(own['allOf']), ...apart] };
}

function rank(form: unknown): number {
  const own = isObject(form) ? form[counted] : undefined;
  if (!isObject(own)) return typeof form === 'boolean' ? 0 : 2;
  if ('const' in own || 'enum' in own) return 0;
  return Object.keys(own).some((keyword) => applicators.has(keyword) || keyword === '$ref') ? 2 : 1;
}
