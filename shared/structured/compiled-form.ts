/**
 * A schema as it is compiled: without annotations, in the words of draft 2020-12, with references by names of our own, so
 * that nothing of a stranger's is resolved as an address; and each schema in a keyword that counts what it costs.
 */
import { isKnownFormat } from './formats.ts';
import type { InspectedSchema } from './inspect-schema.ts';
import { inGroups } from './keyword-groups.ts';
import { applicators, assertions, isObject } from './schema-keywords.ts';
import { escaped, isNames, type SchemaObject } from './schemas-in.ts';

/** Of our own: what is in it is applied to the value, and paid for. */
export const counted = 'sluice:counted';
/** In the place of `uniqueItems`, which compares each with each. */
export const distinctItems = 'sluice:distinctItems';
/** In the place of an `enum` or `const` of objects and lists, which would be compared with each. */
export const sameAsOne = 'sluice:sameAsOne';

/** What consists of more schemas becomes a function of its own: the longer one is, the more each line of it costs to make. */
const mostInOneFunction = 64;

type Form = SchemaObject | boolean;
type Built = { readonly form: Form; readonly schemas: number };

export function compiledForm({ root, subschemas, referenced }: InspectedSchema): SchemaObject {
  const names = new Map([...referenced].map((path, index) => [path, `r${index}`]));
  const definitions: Record<string, Form> = {};

  const placed = (schema: unknown, path: string): Built => {
    const name = names.get(path);
    if (name !== undefined) return referenceTo(name);
    const built = inline(schema, path);
    return path === '' || built.schemas <= mostInOneFunction ? built : apart(built.form);
  };

  const apart = (form: Form): Built => {
    const name = `a${Object.keys(definitions).length}`;
    definitions[name] = form;
    return referenceTo(name);
  };

  const inline = (schema: unknown, path: string): Built => {
    if (!isObject(schema)) return { form: schema === true, schemas: 0 };
    const own: Record<string, unknown> = {};
    let schemas = 1;
    const below = (inner: unknown, at: string): Form => {
      const built = placed(inner, at);
      schemas += built.schemas;
      return built.form;
    };
    for (const [keyword, given] of Object.entries(schema)) {
      if (assertions.has(keyword)) own[keyword] = given;
      else if (applicators.has(keyword)) {
        const forms = formsIn(keyword, given, `${path}/${keyword}`, below);
        if (forms !== undefined) own[keyword] = forms;
      }
    }
    const name = names.get(referenceOf(schema));
    if (name !== undefined) own['$ref'] = `#/$defs/${name}`;
    const place = (group: SchemaObject): Form =>
      schemas > mostInOneFunction ? apart({ [counted]: group }).form : { [counted]: group };
    const plain = inGroups(inCurrentWords(withoutComparing(own)), rank, place);
    return Object.keys(plain).length === 0 ? { form: true, schemas } : { form: { [counted]: plain }, schemas };
  };

  for (const [path, name] of names) definitions[name] = inline(subschemas.get(path)?.schema, path).form;
  const { form } = placed(root, '');
  return { ...(isObject(form) ? form : {}), $defs: definitions };
}

/** Counted here too, so that it is seen between two of them when there are errors enough. */
const referenceTo = (name: string): Built => ({ form: { [counted]: { $ref: `#/$defs/${name}` } }, schemas: 1 });

function formsIn(
  keyword: string,
  given: unknown,
  path: string,
  form: (schema: unknown, path: string) => Form,
): unknown {
  const { shape, applied } = applicators.get(keyword) ?? { shape: 'schema', applied: 'by reference' };
  if (applied === 'by reference') return undefined;
  if (Array.isArray(given)) return given.map((schema, index) => form(schema, `${path}/${index}`));
  if (shape === 'schema' || shape === 'schema or schemas') return form(given, path);
  return Object.fromEntries(
    Object.entries(given as object).map(([name, schema]) => [
      name,
      shape === 'dependencies' && isNames(schema) ? schema : form(schema, `${path}/${escaped(name)}`),
    ]),
  );
}

/** It has been found to lead somewhere. */
const referenceOf = ({ $ref }: SchemaObject): string =>
  typeof $ref === 'string' ? decodeURIComponent($ref.slice(1)) : 'none';

const isStructure = (value: unknown): boolean => typeof value === 'object' && value !== null;

function withoutComparing({ uniqueItems, format, ...own }: Record<string, unknown>): Record<string, unknown> {
  const { enum: values, const: value, ...rest } = own;
  const lists = [...(Array.isArray(values) ? [values] : []), ...('const' in own ? [[value]] : [])];
  const structured = lists.some((list) => list.some(isStructure));
  return {
    ...(structured ? rest : own),
    ...(structured && { [sameAsOne]: lists }),
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
  const all = Array.isArray(current['allOf']) ? current['allOf'] : [];
  return { ...current, allOf: [...all, { [counted]: { dependentRequired, dependentSchemas } }] };
}

/** By what it costs to evaluate. */
function rank(form: unknown): number {
  if (typeof form === 'boolean') return 0;
  const own = isObject(form) ? form[counted] : undefined;
  if (!isObject(own)) return 2;
  if ('const' in own || 'enum' in own) return 0;
  return Object.keys(own).some((keyword) => applicators.has(keyword) || keyword === '$ref') ? 2 : 1;
}
