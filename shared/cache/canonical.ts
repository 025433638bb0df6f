/** One text for all requests that have the same answer, and for no others. */

/** They say how the answer comes, and not what it is. */
const notOfTheAnswer = new Set(['stream', 'stream_options']);

/**
 * Here the order of members matters: models write what they are asked for in the order of its schema.
 * https://platform.openai.com/docs/guides/structured-outputs#key-ordering
 */
const inTheirOrder = new Set(['response_format', 'tools', 'functions']);

const byName = ([a]: [string, unknown], [b]: [string, unknown]): number => (a < b ? -1 : 1);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  // Pairs, since an object would put names that are numbers first, whatever order they are given in.
  return {
    members: Object.entries(value)
      .sort(byName)
      .map(([name, member]) => [name, sorted(member)]),
  };
}

export const canonicalBody = (body: Readonly<Record<string, unknown>>): string =>
  JSON.stringify(
    Object.entries(body)
      .filter(([name, value]) => value !== undefined && !notOfTheAnswer.has(name))
      .sort(byName)
      .map(([name, value]) => [name, inTheirOrder.has(name) ? value : sorted(value)]),
  );

/** However its members are ordered. */
export const canonicalText = (value: unknown): string => JSON.stringify(sorted(value));
