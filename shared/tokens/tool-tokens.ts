/** Tools, as models are shown them: a line for each function and each of its parameters (shared/tokens/framing.ts). */
import { encodingOf } from './encoding.ts';
import { toolFraming } from './framing.ts';
import { type JsonObject, jsonTokens, listOf, objectOf, type Scale, sum, textOf } from './scale.ts';

const { perFunction, perProperties, perProperty, perEnum, perEnumItem, perTools } = toolFraming;

const withoutFullStop = (text: string): string => (text.endsWith('.') ? text.slice(0, -1) : text);

/** What a property's own line and its enum say. Whatever else a schema has is counted as it is written. */
const published: ReadonlySet<string> = new Set([
  'type',
  'description',
  'enum',
  'properties',
  'required',
  'additionalProperties',
]);

function restTokens(scale: Scale, schema: JsonObject): number {
  const rest = Object.entries(schema).filter(([name]) => !published.has(name));
  return rest.length === 0 ? 0 : jsonTokens(scale, Object.fromEntries(rest));
}

const typeOf = ({ type }: JsonObject): string => (Array.isArray(type) ? type.join('|') : textOf(type));

function enumTokens({ text }: Scale, { enum: values }: JsonObject): number {
  if (!Array.isArray(values)) return 0;
  return (
    perEnum + sum(values.map((value) => perEnumItem + text(typeof value === 'string' ? value : JSON.stringify(value))))
  );
}

function propertyTokens(scale: Scale, name: string, schema: JsonObject): number {
  const line = `${name}:${typeOf(schema)}:${withoutFullStop(textOf(schema['description']))}`;
  return (
    perProperty +
    scale.text(line) +
    enumTokens(scale, schema) +
    propertiesTokens(scale, schema) +
    restTokens(scale, schema)
  );
}

function propertiesTokens(scale: Scale, schema: JsonObject): number {
  const properties = Object.entries(objectOf(schema['properties']));
  if (properties.length === 0) return 0;
  return perProperties + sum(properties.map(([name, property]) => propertyTokens(scale, name, objectOf(property))));
}

function functionTokens(scale: Scale, { name, description, parameters }: JsonObject): number {
  const schema = objectOf(parameters);
  const line = `${textOf(name)}:${withoutFullStop(textOf(description))}`;
  return (
    perFunction[encodingOf(scale.model).name] +
    scale.text(line) +
    propertiesTokens(scale, schema) +
    restTokens(scale, schema)
  );
}

/** `tools` of chat, which hold their function, and of responses, which are it; the older `functions` are it as well. */
export function toolTokens(scale: Scale, tools: unknown): number {
  const all = listOf(tools).map(objectOf);
  if (all.length === 0) return 0;
  return (
    perTools +
    sum(
      all.map((tool) => {
        const { type, function: nested } = tool;
        if (type !== undefined && type !== 'function') return jsonTokens(scale, tool);
        return functionTokens(scale, nested === undefined ? tool : objectOf(nested));
      }),
    )
  );
}
