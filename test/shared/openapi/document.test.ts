import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { routes } from '../../../infra/routes.ts';
import { errorTable } from '../../../shared/error-table.ts';
import { openApiDocument } from '../../../shared/openapi/document.ts';
import { inputSchemas } from '../../../shared/openapi/input-schemas.ts';
import { responseHeaders } from '../../../shared/openapi/response-headers.ts';

const document = openApiDocument(routes, inputSchemas);
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ path, method, operation: operation as Operation })),
);
type Operation = {
  operationId: string;
  security: object[];
  parameters?: { name: string; in: string; required: boolean }[];
  requestBody?: { content: { 'application/json': { schema: { properties: object; required?: string[] } } } };
  responses: Record<string, unknown>;
};

const operationOf = (operationId: string): Operation => {
  const found = operations.find(({ operation }) => operation.operationId === operationId);
  if (!found) throw new Error(`no ${operationId}`);
  return found.operation;
};

describe('the OpenAPI document', () => {
  test('has every route of the table once, and no other', () => {
    const listed = operations.map(({ path, method, operation }) => `${operation.operationId} ${method} ${path}`);
    const expected = routes.map(({ operationId, method, path }) => `${operationId} ${method.toLowerCase()} ${path}`);
    expect(listed.toSorted()).toEqual(expected.toSorted());
  });

  test('says of each which key it needs', () => {
    const schemes = { anyone: [], project: [{ projectKey: [] }], admin: [{ adminKey: [] }] };
    for (const { operationId, audience } of routes) {
      expect(operationOf(operationId).security).toEqual(schemes[audience]);
    }
  });

  test('has a parameter for each in the path, and for each of a query', () => {
    for (const { operationId, path } of routes) {
      const inPath = (operationOf(operationId).parameters ?? []).filter((parameter) => parameter.in === 'path');
      expect(inPath.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    }
    expect(operationOf('listCompletionsUsage').parameters).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: 'start_time', in: 'query', required: true }),
        expect.objectContaining({ name: 'limit', in: 'query', required: false }),
      ]),
    );
  });

  test('has the header that asks for the cache where there is one', () => {
    const asking = operations.filter(({ operation }) =>
      operation.parameters?.some(({ name, in: where }) => name === 'x-sluice-cache' && where === 'header'),
    );
    expect(asking.map(({ operation }) => operation.operationId)).toEqual(['createChatCompletion', 'createEmbedding']);
  });

  test('has the headers of model calls, all that the source writes of, as has the README', () => {
    const root = join(import.meta.dirname, '../../..');
    const sources = readdirSync(join(root, 'shared'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts') && !file.startsWith('openapi/'))
      .map((file) => readFileSync(join(root, 'shared', file), 'utf8'));
    const namesIn = (text: string) => [...new Set(text.match(/x-sluice(-[a-z]+)+/g))].sort();
    expect(namesIn(sources.join())).toEqual(Object.keys(responseHeaders).sort());
    expect(namesIn(readFileSync(join(root, 'README.md'), 'utf8'))).toEqual(Object.keys(responseHeaders).sort());
    const telling = operations.filter(({ operation }) => 'headers' in (operation.responses['200'] as object));
    expect(telling.map(({ operation }) => operation.operationId)).toEqual([
      'createChatCompletion',
      'createResponse',
      'createEmbedding',
      'createModeration',
    ]);
    expect(Object.keys(document.components.headers)).toEqual(Object.keys(responseHeaders));
  });

  test('has the body of a POST that reads one, and of no other', () => {
    const { schema } = operationOf('createChatCompletion').requestBody?.content['application/json'] ?? {};
    expect(schema?.required?.toSorted()).toEqual(['messages', 'model']);
    expect(operationOf('archiveProject').requestBody).toBeUndefined();
    expect(operationOf('listProjects').requestBody).toBeUndefined();
  });

  test('says what answers are that are no JSON, and where a large file is', () => {
    const typesOf = (operationId: string) => {
      const { 200: answered } = operationOf(operationId).responses as Record<200, { content: object }>;
      return Object.keys(answered.content);
    };
    expect(typesOf('retrieveFileContent')).toEqual(['application/octet-stream']);
    expect(typesOf('getMetrics')).toEqual(['text/plain']);
    expect(typesOf('retrieveFile')).toEqual(['application/json']);
    const redirecting = operations.filter(({ operation }) => operation.responses['302'] !== undefined);
    expect(redirecting.map(({ operation }) => operation.operationId)).toEqual(['retrieveFileContent']);
  });

  test('promises the one shape of errors, with the types of the table', () => {
    const { schema } = document.components.responses.Error.content['application/json'];
    expect(schema.properties.error.required).toEqual(['message', 'type', 'param', 'code']);
    expect(schema.properties.error.properties.type.enum).toEqual([
      ...new Set(Object.values(errorTable).map(({ type }) => type)),
    ]);
    for (const { operation } of operations) {
      expect(operation.responses['default']).toEqual({ $ref: '#/components/responses/Error' });
    }
  });

  test('is JSON', () => {
    expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  });
});
