/** A change of one item of counters, as data; the store makes an expression of it. */
export type Condition =
  | { readonly attribute: string; readonly is: 'absent' | 'present' }
  | { readonly attribute: string; readonly is: 'at least' | 'at most' | 'equal' | 'below'; readonly value: number }
  /** Holds for an attribute that is absent, too. */
  | { readonly attribute: string; readonly is: 'absent or at most' | 'absent or below'; readonly value: number };

export type Update = {
  readonly add: Readonly<Record<string, number>>;
  /** To a number; or to another attribute's value (0 where absent) and a number on top. */
  readonly set: Readonly<Record<string, number | { readonly from: string; readonly plus: number }>>;
  readonly remove: readonly string[];
  readonly conditions: readonly Condition[];
};

export const noChange: Update = { add: {}, set: {}, remove: [], conditions: [] };

/** Several changes as one; where two add to the same attribute, both count. */
export function merged(updates: readonly Update[]): Update {
  const add = new Map<string, number>();
  for (const update of updates) {
    for (const [name, value] of Object.entries(update.add)) add.set(name, (add.get(name) ?? 0) + value);
  }
  return {
    add: Object.fromEntries(add),
    set: Object.assign({}, ...updates.map(({ set }) => set)),
    remove: updates.flatMap(({ remove }) => remove),
    conditions: updates.flatMap(({ conditions }) => conditions),
  };
}
