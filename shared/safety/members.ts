/** Members of what may be anything, and the refusal of what nobody can look into (I8). */
import { GatewayError } from '../errors.ts';
import { paramOf } from '../http/param.ts';
import type { Body, Path } from './request-text.ts';

export const isObject = (value: unknown): value is Body =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const member = (value: unknown, name: string): unknown => (isObject(value) ? value[name] : undefined);

/** With their paths. */
export const itemsOf = (path: Path, value: unknown): readonly (readonly [Path, unknown])[] =>
  Array.isArray(value) ? value.map((item, index) => [[...path, index], item] as const) : [];

export function asObject(path: Path, value: unknown): Body {
  if (isObject(value)) return value;
  throw new GatewayError('invalid_request', { message: 'An object is expected here.', param: paramOf(path) });
}

/** Its value is not repeated: it may be anything. */
export function knownOrRefused(path: Path, value: unknown, what: string, known: ReadonlySet<string>): string {
  if (typeof value === 'string' && known.has(value)) return value;
  throw new GatewayError('invalid_request', {
    message: `Guardrails cannot look into ${what} of this kind, so it is not let through. They know ${[...known].join(', ')}.`,
    param: paramOf(path),
  });
}
