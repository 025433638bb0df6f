/**
 * Long keywords in groups. ajv nests the code of what stands side by side, one test in the other, and a hundred levels of that
 * take seconds to make.
 */
import { isObject } from './schema-keywords.ts';
import type { SchemaObject } from './schemas-in.ts';

const mostTogether = 32;

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function groupsOf<Item>(items: readonly Item[]): Item[][] {
  return Array.from({ length: Math.ceil(items.length / mostTogether) }, (_, index) =>
    items.slice(index * mostTogether, (index + 1) * mostTogether),
  );
}

/** What becomes of a group: a schema that says the same. */
type Place = (group: SchemaObject) => unknown;

/** `[a, b, c, d]` as `[{ by: [a, b] }, { by: [c, d] }]`, which for these says the same. */
function grouped(items: readonly unknown[], by: 'allOf' | 'anyOf', place: Place): readonly unknown[] {
  if (items.length <= mostTogether) return items;
  const groups = groupsOf(items).map((group) => place({ [by]: group }));
  return grouped(groups, by, place);
}

/**
 * Properties that cost little come first, by `rank`: in a choice between objects they are what these differ in, and what is
 * not chosen is left before what is below it is looked at.
 */
export function inGroups(own: SchemaObject, rank: (form: unknown) => number, place: Place): SchemaObject {
  const { properties, allOf, anyOf } = own;
  const inOrder = isObject(properties)
    ? Object.entries(properties).sort(([, one], [, other]) => rank(one) - rank(other))
    : [];
  const apart = inOrder.length > mostTogether;
  const names = apart ? inOrder.map(([name]) => [name, true] as const) : inOrder;
  const groups = apart ? groupsOf(inOrder).map((group) => place({ properties: Object.fromEntries(group) })) : [];
  const all = [...asList(allOf), ...groups];
  return {
    ...own,
    ...(isObject(properties) && { properties: Object.fromEntries(names) }),
    ...(Array.isArray(anyOf) && { anyOf: grouped(anyOf, 'anyOf', place) }),
    ...(all.length > 0 && { allOf: grouped(all, 'allOf', place) }),
  };
}
