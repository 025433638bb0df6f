/** Sums of anything by the fields that were asked for. */
export type GroupValue = string | boolean | null;
export type Group<Field extends string> = Readonly<Partial<Record<Field, GroupValue>>>;
export type Grouped<Field extends string, Sums> = { readonly group: Group<Field>; readonly sums: Sums };

export class Groups<Field extends string, Sums> {
  readonly #groups = new Map<string, Grouped<Field, Sums>>();
  readonly #fields: readonly Field[];
  readonly #fresh: () => Sums;

  constructor(fields: readonly Field[], fresh: () => Sums) {
    this.#fields = fields;
    this.#fresh = fresh;
  }

  /** The sums of the group with these values, to be added to. */
  find(value: (field: Field) => GroupValue): Sums {
    const values = this.#fields.map(value);
    const key = JSON.stringify(values);
    const existing = this.#groups.get(key);
    if (existing) return existing.sums;
    const group = Object.fromEntries(this.#fields.map((field, index) => [field, values[index]])) as Group<Field>;
    const made: Grouped<Field, Sums> = { group, sums: this.#fresh() };
    this.#groups.set(key, made);
    return made.sums;
  }

  /** In a stable order. */
  results(): readonly Grouped<Field, Sums>[] {
    return [...this.#groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, grouped]) => grouped);
  }
}
