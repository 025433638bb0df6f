/** The OpenAPI document, from the route table and the schemas that check requests: it cannot say anything else than what holds. */
import * as z from 'zod/mini';
import { errorTable } from '../error-table.ts';
import { isMutation, type Route } from '../http/route.ts';
import { responseHeaders } from './response-headers.ts';

export type InputSchemas = Readonly<Record<string, z.ZodMiniType | null>>;

const errorSchema = {
  type: 'object',
  required: ['error'],
  properties: {
    error: {
      type: 'object',
      required: ['message', 'type', 'param', 'code'],
      properties: {
        message: { type: 'string' },
        type: { type: 'string', enum: [...new Set(Object.values(errorTable).map(({ type }) => type))] },
        param: { type: ['string', 'null'] },
        code: { type: ['string', 'null'] },
      },
    },
  },
};

const jsonSchema = (schema: z.ZodMiniType): Record<string, unknown> => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return rest;
};

const pathParameters = (path: string) =>
  [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
    name,
    in: 'path',
    required: true,
    schema: { type: 'string' },
  }));

function queryParameters(schema: z.ZodMiniType) {
  const { properties = {}, required = [] } = jsonSchema(schema) as {
    properties?: Record<string, unknown>;
    required?: readonly string[];
  };
  return Object.entries(properties).map(([name, value]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    schema: value,
  }));
}

const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'The same request under the same key is carried out once in 24 hours, and answered alike every time.',
  schema: { type: 'string', minLength: 1, maxLength: 255 },
};

const responseCache = {
  name: 'x-sluice-cache',
  in: 'header',
  required: false,
  description:
    "May the answer come from the cache, and go into it? Absent: as the project has it. With 'on', `cache-control` is honoured.",
  schema: { type: 'string', enum: ['on', 'off'] },
};

const headers = Object.fromEntries(
  Object.entries(responseHeaders).map(([name, description]) => [name, { description, schema: { type: 'string' } }]),
);
const headersOfModelCalls = Object.fromEntries(
  Object.keys(headers).map((name) => [name, { $ref: `#/components/headers/${name}` }]),
);

const security = { anyone: [], project: [{ projectKey: [] }], admin: [{ adminKey: [] }] } as const;

/** Whose answers are events, where they are asked for. */
const generates = new Set(['createChatCompletion', 'createResponse']);

/** Whose answers are no JSON. */
const mediaTypes: Readonly<Record<string, string>> = {
  retrieveFileContent: 'application/octet-stream',
  getMetrics: 'text/plain',
};

const elsewhere = {
  description: 'What is more than one answer holds is at this address for a minute, which takes no key.',
  headers: { location: { schema: { type: 'string', format: 'uri' } } },
};

const requestContent = ({ form }: Route, schema: Record<string, unknown>) => ({
  ...(form !== 'required' && { 'application/json': { schema } }),
  ...(form && { 'multipart/form-data': { schema } }),
});

function operationObject(route: Route, schema: z.ZodMiniType | null) {
  const parameters = [
    ...pathParameters(route.path),
    ...(schema && route.method === 'GET' ? queryParameters(schema) : []),
    ...(isMutation(route) ? [idempotencyKey] : []),
    ...(route.tables.responseCache ? [responseCache] : []),
  ];
  const mediaType = mediaTypes[route.operationId];
  const content = mediaType
    ? { [mediaType]: { schema: { type: 'string' } } }
    : { 'application/json': { schema: { type: 'object' } } };
  const streams = generates.has(route.operationId) && {
    'text/event-stream': { schema: { type: 'string' } },
  };
  return {
    operationId: route.operationId,
    summary: route.summary,
    security: security[route.audience],
    ...(route.scope !== undefined && { 'x-required-scope': route.scope }),
    ...(route.alsoScope !== undefined && { 'x-also-required-scope': route.alsoScope }),
    ...(parameters.length > 0 && { parameters }),
    ...(schema &&
      route.method !== 'GET' && {
        requestBody: { required: true, content: requestContent(route, jsonSchema(schema)) },
      }),
    responses: {
      200: {
        description: 'As the openai package declares it.',
        ...(route.providers && { headers: headersOfModelCalls }),
        content: { ...content, ...streams },
      },
      ...(route.operationId === 'retrieveFileContent' && { 302: elsewhere }),
      default: { $ref: '#/components/responses/Error' },
    },
  };
}

export function openApiDocument(routes: readonly Route[], schemas: InputSchemas) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    paths[route.path] = {
      ...paths[route.path],
      [route.method.toLowerCase()]: operationObject(route, schemas[route.operationId] ?? null),
    };
  }
  const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Sluice',
      version: '1',
      description:
        "OpenAI's API, control plane included, in your own AWS account. Any official OpenAI SDK is a client: change its baseURL.",
    },
    servers: [{ url: '/v1' }],
    paths,
    components: {
      headers,
      securitySchemes: {
        projectKey: bearer("A project's API key, sk-sluice-…"),
        adminKey: bearer('An admin key.'),
      },
      responses: {
        Error: { description: 'Every error has this shape.', content: { 'application/json': { schema: errorSchema } } },
      },
    },
  };
}
