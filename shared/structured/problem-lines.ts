/** What is wrong with a value, for the model that wrote it and for the caller: nothing of the value but the names of members. */
import type { ErrorObject } from 'ajv/dist/core.js';

const maxLines = 8;
const maxPath = 120;
const maxLine = 300;

const cut = (text: string, most: number): string =>
  (text.length > most ? `${text.slice(0, most)}…` : text).toWellFormed();

export function problemLines(errors: readonly ErrorObject[]): readonly string[] {
  const lines = errors.map(({ instancePath, keyword, params, message = 'is not as the schema says' }) =>
    cut(`${cut(instancePath, maxPath) || '/'}: ${messages[keyword]?.(params) ?? message}`, maxLine),
  );
  return [...new Set(lines)].slice(0, maxLines);
}

/** Where ajv's own message is not enough to put it right. */
const messages: Readonly<Record<string, (params: ErrorObject['params']) => string>> = {
  additionalProperties: ({ additionalProperty }) => `must not have the property ${quoted(additionalProperty)}`,
  unevaluatedProperties: ({ unevaluatedProperty }) => `must not have the property ${quoted(unevaluatedProperty)}`,
  propertyNames: ({ propertyName }) => `must not have a property called ${quoted(propertyName)}`,
  enum: ({ allowedValues }) => `must be one of ${list(allowedValues)}`,
  const: ({ allowedValue }) => `must be ${quoted(allowedValue)}`,
  'false schema': () => 'must not be there',
};

const quoted = (value: unknown): string => cut(JSON.stringify(value) ?? '', 60);

const list = (values: unknown): string =>
  Array.isArray(values) ? values.slice(0, 12).map(quoted).join(', ') + (values.length > 12 ? ', …' : '') : '';
