/** A small input that a route's schema accepts, made from the schema, so that new routes need none written. */
import * as z from 'zod/mini';
import type { Route } from '../../../shared/http/route.ts';
import { inputSchemas } from '../../../shared/openapi/input-schemas.ts';
import type { Question } from './send.ts';

type JsonSchema = {
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
  readonly minimum?: number;
  readonly minItems?: number;
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: unknown;
};

export const schemaOf = ({ operationId }: Route): z.ZodMiniType | null =>
  (inputSchemas as Readonly<Record<string, z.ZodMiniType | null>>)[operationId] ?? null;

export const jsonSchemaOf = (route: Route): JsonSchema => {
  const schema = schemaOf(route);
  return schema ? (z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema) : {};
};

function sampleOf(schema: JsonSchema): unknown {
  if (schema.enum) return schema.enum[0];
  if (schema.anyOf) return sampleOf(schema.anyOf[0] ?? {});
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((name) => [name, sampleOf(schema.properties?.[name] ?? {})]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(schema.items ?? {}));
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    case 'null':
      return null;
    default:
      if (schema.format === 'email') return 'somebody@example.com';
      return new RegExp(schema.pattern ?? '').test('sample') ? 'sample' : '1';
  }
}

/** What is required and, where that is nothing, the first thing that is not; with `model` as the model, where there is one. */
export function sampleBody(route: Route, model = 'test-model'): Record<string, unknown> {
  const schema = jsonSchemaOf(route);
  const { properties = {}, required = [] } = schema;
  if (!schemaOf(route)) return {};
  const [first] = Object.keys(properties);
  const names = required.length > 0 ? required : first === undefined ? [] : [first];
  const body = sampleOf({ ...schema, required: names }) as Record<string, unknown>;
  return {
    ...body,
    ...('model' in properties && { model }),
    // A conversation may stand in its place, and something has to.
    ...('conversation' in properties && 'input' in properties && { input: 'sample' }),
    ...(route.operationId === 'createTool' && sampleTool()),
    // Ten thousand dollars: a limit that the one test sets in passing must not shut out the next.
    ...(required.includes('threshold_amount') && { threshold_amount: 1_000_000 }),
  };
}

/** Another name every time, since there can be one of a name, and a place that the gateway would call. */
const sampleTool = () => ({
  name: `sample-${crypto.randomUUID()}`,
  target: { type: 'webhook', url: 'https://tools.example.com' },
});

const boundary = 'between-the-parts-of-a-sample';

/** With a file where one is asked for. */
function sampleForm(sample: Readonly<Record<string, unknown>>): Pick<Question, 'body' | 'contentType'> {
  const parts = Object.entries(sample).map(([name, value]) => {
    const filename = name === 'file' ? '; filename="sample"' : '';
    return `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${filename}\r\n\r\n${value}\r\n`;
  });
  return { body: `${parts.join('')}--${boundary}--\r\n`, contentType: `multipart/form-data; boundary=${boundary}` };
}

/** The body of a POST, the query of a GET. */
export function sampleInput(route: Route): Pick<Question, 'body' | 'contentType' | 'query'> {
  if (!schemaOf(route)) return {};
  const sample = sampleBody(route);
  if (route.form === 'required') return sampleForm(sample);
  if (route.method === 'POST') return { body: JSON.stringify(sample) };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(sample)) query.set(name, String(value));
  return { query: query.toString() };
}
