/**
 * Names, user agents and paths are the caller's, who may put a key there by
 * mistake. A redacted key, which ends in an ellipsis, stays as it is.
 */
const keyLike = /sk-[\w-]{20,}(?![\w-]|…)/g;

export function withoutKeys<Value>(value: Value): Value;
export function withoutKeys(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(keyLike, 'sk-…');
  if (Array.isArray(value)) return value.map((item) => withoutKeys(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, withoutKeys(member)]));
}
