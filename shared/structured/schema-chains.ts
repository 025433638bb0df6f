/**
 * Schemas that are applied to the same value, one because of the other. A circle of them would never end; a long chain
 * goes as many calls deep for every level of the value.
 */
import type { Subschema } from './inspect-schema.ts';
import type { RefuseSchema } from './schema-refusal.ts';

/** Refuses circles, and chains longer than `most`. */
export function longestChain(subschemas: ReadonlyMap<string, Subschema>, most: number, refuse: RefuseSchema): void {
  const lengths = new Map<string, number | 'being measured'>();
  const measured = (path: string, above: number): number => {
    const known = lengths.get(path);
    if (known === 'being measured') {
      return refuse(path, 'it is applied to a value because it is applied to that value, which never ends');
    }
    const length = known ?? lengthFrom(path, above);
    if (above + length > most) refuse(path, `at most ${most} schemas are applied one because of the other to a value`);
    return length;
  };
  const lengthFrom = (path: string, above: number): number => {
    // Before it is gone into any deeper.
    if (above > most) refuse(path, `at most ${most} schemas are applied one because of the other to a value`);
    lengths.set(path, 'being measured');
    const below = (subschemas.get(path)?.chained ?? []).map((next) => measured(next, above + 1));
    const length = 1 + Math.max(0, ...below);
    lengths.set(path, length);
    return length;
  };
  for (const path of subschemas.keys()) measured(path, 0);
}
