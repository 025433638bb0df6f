/** A small value that conforms to a JSON Schema, as far as that can be said without a model: for the demo provider. */
type Schema = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A schema may refer to itself: deeper than this, lists are empty and what may be null is. */
const roomyDepth = 4;
const deepest = 12;
/** Two references in each of its levels make a schema's instances grow by powers of two. */
const mostValues = 1_000;

const numberIn = (schema: Schema, name: string, otherwise: number): number => {
  const value = schema[name];
  return typeof value === 'number' ? value : otherwise;
};

const formats = new Map<unknown, string>([
  ['date-time', '2026-01-01T00:00:00Z'],
  ['date', '2026-01-01'],
  ['time', '00:00:00Z'],
  ['email', 'demo@example.com'],
  ['uri', 'https://example.com/demo'],
  ['uuid', '00000000-0000-4000-8000-000000000000'],
]);

const longestText = 1_000;

function textFor(schema: Schema, text: string): string {
  const least = Math.min(numberIn(schema, 'minLength', 0), longestText);
  const most = numberIn(schema, 'maxLength', longestText);
  return (formats.get(schema['format']) ?? text).padEnd(least, '.').slice(0, Math.max(0, most));
}

function numberFor(schema: Schema): number {
  const isWhole = schema['type'] === 'integer';
  const step = numberIn(schema, 'multipleOf', isWhole ? 1 : 0);
  const above = numberIn(schema, 'exclusiveMinimum', Number.NEGATIVE_INFINITY);
  const least = Math.max(numberIn(schema, 'minimum', Number.NEGATIVE_INFINITY), above);
  const below = numberIn(schema, 'exclusiveMaximum', Number.POSITIVE_INFINITY);
  const most = Math.min(numberIn(schema, 'maximum', Number.POSITIVE_INFINITY), below);
  const fits = (value: number) => value >= least && value <= most && value !== above && value !== below;
  const upwards = step > 0 ? Math.ceil(least / step) * step : least;
  const downwards = step > 0 ? Math.floor(most / step) * step : most;
  const candidates = [0, upwards, upwards + (step || 1), (least + most) / 2, downwards, downwards - (step || 1)];
  return candidates.find((value) => Number.isFinite(value) && fits(value)) ?? 0;
}

/** What `#/$defs/x` refers to; nothing where it is elsewhere. */
function referred(root: unknown, reference: string): unknown {
  const [start, ...names] = reference.split('/');
  if (start !== '#') return undefined;
  let found = root;
  for (const name of names) {
    const member = name.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, member)) return undefined;
    found = (found as Schema)[member];
  }
  return found;
}

const isNull = (schema: unknown): boolean => isObject(schema) && schema['type'] === 'null';

const typeOf = ({ type, properties, items }: Schema): unknown => {
  if (Array.isArray(type)) return type[0];
  return type ?? (properties ? 'object' : items ? 'array' : 'string');
};

/** `text`: what its strings are. */
export function demoInstance(root: unknown, text = 'demo'): unknown {
  let values = 0;

  const object = (schema: Schema, depth: number): Schema => {
    const { properties, required } = schema;
    const members = isObject(properties) ? properties : {};
    const names: unknown[] = Array.isArray(required) ? required : Object.keys(members);
    const wanted = names.filter((name) => typeof name === 'string');
    return Object.fromEntries(
      wanted.map((name) => [name, instance(Object.hasOwn(members, name) ? members[name] : {}, depth + 1)]),
    );
  };

  const list = (schema: Schema, depth: number): unknown[] => {
    const { prefixItems, items } = schema;
    const first = Array.isArray(prefixItems) ? prefixItems : [];
    const usual = Math.max(first.length, depth < roomyDepth && isObject(items) ? 1 : 0);
    const most = Math.min(numberIn(schema, 'maxItems', mostValues), mostValues - values);
    const count = Math.min(Math.max(numberIn(schema, 'minItems', 0), usual), most);
    return Array.from({ length: Math.max(0, count) }, (_, index) => instance(first[index] ?? items, depth + 1));
  };

  const oneOf = (alternatives: readonly unknown[], depth: number): unknown => {
    const empty = depth < roomyDepth ? undefined : alternatives.find(isNull);
    return instance(empty ?? alternatives.find((one) => !isNull(one)) ?? alternatives[0], depth + 1);
  };

  const allOf = (schemas: readonly unknown[], own: Schema, depth: number): unknown => {
    const parts = schemas.map((one) => instance(one, depth + 1));
    return parts.every(isObject) ? Object.assign({}, ...parts, object(own, depth)) : parts[0];
  };

  function instance(schema: unknown, depth: number): unknown {
    values += 1;
    if (!isObject(schema) || depth > deepest || values > mostValues) return null;
    const { $ref, const: only, enum: several, anyOf, oneOf: exactlyOne, allOf: together } = schema;
    if (typeof $ref === 'string') return instance(referred(root, $ref), depth + 1);
    if (only !== undefined) return only;
    if (Array.isArray(several)) return several[0] ?? null;
    const alternatives = anyOf ?? exactlyOne;
    if (Array.isArray(alternatives)) return oneOf(alternatives, depth);
    if (Array.isArray(together)) return allOf(together, schema, depth);
    const type = typeOf(schema);
    switch (type) {
      case 'object':
        return object(schema, depth);
      case 'array':
        return list(schema, depth);
      case 'string':
        return textFor(schema, text);
      case 'number':
      case 'integer':
        return numberFor({ ...schema, type });
      case 'boolean':
        return false;
      default:
        return null;
    }
  }

  return instance(root, 0);
}
