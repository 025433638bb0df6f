/** As much of CloudWatch Logs Insights as the saved queries use: what it does not know it refuses. */

export type Value = string | number | boolean | null;
export type Row = Readonly<Record<string, Value>>;

/** As CloudWatch discovers fields: `error.frames.0`. */
export function discovered(line: object, path = ''): Row {
  return Object.fromEntries(
    Object.entries(line).flatMap(([name, value]): [string, Value][] =>
      typeof value === 'object' && value !== null
        ? Object.entries(discovered(value, `${path}${name}.`))
        : [[`${path}${name}`, value as Value]],
    ),
  );
}

const token = /\s*("(?:[^"\\]|\\.)*"|@?[A-Za-z_][\w.]*|\d+(?:\.\d+)?|!=|>=|<=|[=<>(),*/+[\]-])/y;

function tokens(text: string): string[] {
  const found: string[] = [];
  token.lastIndex = 0;
  while (token.lastIndex < text.trimEnd().length) {
    const match = token.exec(text);
    if (!match) throw new Error(`cannot read ${text}`);
    found.push(match[1] ?? '');
  }
  return found;
}

/** Of one row, or for functions over rows of all in a group. */
type Expression = (group: readonly Row[]) => Value;

const aggregates: Readonly<Record<string, (values: readonly Value[], argument: number) => Value>> = {
  count: (values) => values.length,
  count_distinct: (values) => new Set(values).size,
  sum: (values) => numbers(values).reduce((sum, value) => sum + value, 0),
  avg: (values) =>
    values.length === 0 ? null : numbers(values).reduce((sum, value) => sum + value, 0) / values.length,
  max: (values) => (values.length === 0 ? null : Math.max(...numbers(values))),
  min: (values) => (values.length === 0 ? null : Math.min(...numbers(values))),
  pct: (values, share) =>
    numbers(values).sort((a, b) => a - b)[Math.max(0, Math.ceil((share / 100) * values.length) - 1)] ?? null,
};

const numbers = (values: readonly Value[]): number[] => values.map(Number);

class Reader {
  readonly named = new Set<string>();
  private at = 0;
  private readonly tokens: readonly string[];

  constructor(text: string) {
    this.tokens = tokens(text);
  }

  get next(): string | undefined {
    return this.tokens[this.at];
  }

  take(...wanted: string[]): string | undefined {
    const { next } = this;
    if (next === undefined || (wanted.length > 0 && !wanted.includes(next))) return undefined;
    this.at += 1;
    return next;
  }

  expect(wanted: string): void {
    if (this.take(wanted) === undefined)
      throw new Error(`${wanted} expected at ${this.tokens.slice(this.at).join(' ')}`);
  }

  done(): void {
    if (this.next !== undefined) throw new Error(`left over: ${this.tokens.slice(this.at).join(' ')}`);
  }

  list<Item>(item: () => Item): Item[] {
    const items = [item()];
    while (this.take(',')) items.push(item());
    return items;
  }

  field(): string {
    const name = this.take() ?? '';
    if (!/^@?[A-Za-z_]/.test(name)) throw new Error(`a field expected, not ${name}`);
    this.named.add(name);
    return name;
  }

  condition(): Expression {
    let left = this.conjunction();
    while (this.take('or')) left = either(left, this.conjunction());
    return left;
  }

  private conjunction(): Expression {
    let left = this.comparison();
    while (this.take('and')) left = both(left, this.comparison());
    return left;
  }

  private comparison(): Expression {
    if (this.take('not')) {
      const negated = this.comparison();
      return (group) => !negated(group);
    }
    const left = this.sum();
    const operator = this.take('=', '!=', '>', '>=', '<', '<=', 'in');
    if (operator === undefined) return left;
    if (operator === 'in') {
      this.expect('[');
      const values = this.list(() => this.primary());
      this.expect(']');
      return (group) => values.some((value) => value(group) === left(group));
    }
    return compared(left, operator, this.sum());
  }

  sum(): Expression {
    let left = this.primary();
    for (let operator = this.take('+', '-', '*', '/'); operator; operator = this.take('+', '-', '*', '/'))
      left = calculated(left, operator, this.primary());
    return left;
  }

  private primary(): Expression {
    const first = this.next ?? '';
    if (first.startsWith('"')) {
      const said: string = JSON.parse(this.take() ?? '""');
      return () => said;
    }
    if (/^\d/.test(first)) {
      const number = Number(this.take());
      return () => number;
    }
    if (this.take('(')) {
      const inner = this.condition();
      this.expect(')');
      return inner;
    }
    const name = this.field();
    if (!this.take('(')) return ([row]) => row?.[name] ?? null;
    this.named.delete(name);
    return this.call(name);
  }

  private call(name: string): Expression {
    if (name === 'count' && this.take('*')) {
      this.expect(')');
      return (group) => group.length;
    }
    const argument = this.sum();
    const share = this.take(',') ? Number(this.take()) : 0;
    this.expect(')');
    if (name === 'ispresent') return (group) => argument(group) !== null;
    const aggregate = aggregates[name];
    if (!aggregate) throw new Error(`there is no function ${name} here`);
    return (group) =>
      aggregate(
        group.map((row) => argument([row])).filter((value) => value !== null),
        share,
      );
  }
}

const both =
  (left: Expression, right: Expression): Expression =>
  (group) =>
    Boolean(left(group)) && Boolean(right(group));
const either =
  (left: Expression, right: Expression): Expression =>
  (group) =>
    Boolean(left(group)) || Boolean(right(group));

/** What is missing equals nothing, and is not more or less than anything. */
const compared =
  (left: Expression, operator: string, right: Expression): Expression =>
  (group) => {
    const [a, b] = [left(group), right(group)];
    if (operator === '!=') return a !== b;
    if (a === null || b === null) return false;
    if (operator === '=') return a === b;
    if (operator === '>') return a > b;
    if (operator === '>=') return a >= b;
    return operator === '<' ? a < b : a <= b;
  };

const calculated =
  (left: Expression, operator: string, right: Expression): Expression =>
  (group) => {
    const [a, b] = [left(group), right(group)];
    if (a === null || b === null) return null;
    const [x, y] = [Number(a), Number(b)];
    if (operator === '+') return x + y;
    if (operator === '-') return x - y;
    return operator === '*' ? x * y : x / y;
  };

export type Answered = {
  readonly rows: readonly Row[];
  /** What the query names of the lines themselves, and not of what it has made of them. */
  readonly fields: ReadonlySet<string>;
};

export function answerQuery(query: string, lines: readonly Row[]): Answered {
  const fields = new Set<string>();
  const made = new Set<string>();
  let rows = lines;
  let shown: readonly string[] | undefined;
  for (const command of query.split(/\n?\|/)) {
    const reader = new Reader(command);
    const verb = reader.take();
    switch (verb) {
      case 'fields':
        shown = reader.list(() => reader.field());
        break;
      case 'filter': {
        const condition = reader.condition();
        rows = rows.filter((row) => condition([row]));
        break;
      }
      case 'sort': {
        const by = reader.field();
        const sign = reader.take('asc', 'desc') === 'desc' ? -1 : 1;
        rows = [...rows].sort((a, b) => sign * ordered(a[by] ?? null, b[by] ?? null));
        break;
      }
      case 'limit':
        rows = rows.slice(0, Number(reader.take()));
        break;
      case 'stats': {
        const columns = reader.list(() => {
          const value = reader.sum();
          reader.expect('as');
          return [reader.take() ?? '', value] as const;
        });
        const by = reader.take('by') ? reader.list(() => reader.field()) : [];
        rows = grouped(rows, by).map((group) => ({
          ...Object.fromEntries(by.map((name) => [name, group[0]?.[name] ?? null])),
          ...Object.fromEntries(columns.map(([name, value]) => [name, value(group)])),
        }));
        for (const [name] of columns) made.add(name);
        break;
      }
      default:
        throw new Error(`there is no command ${verb} here`);
    }
    reader.done();
    for (const name of reader.named) if (!made.has(name)) fields.add(name);
  }
  const chosen = shown;
  return {
    rows: chosen ? rows.map((row) => Object.fromEntries(chosen.map((name) => [name, row[name] ?? null]))) : rows,
    fields,
  };
}

const ordered = (a: Value, b: Value): number => (a === b ? 0 : (a ?? '') < (b ?? '') ? -1 : 1);

const grouped = (rows: readonly Row[], by: readonly string[]): readonly Row[][] => [
  ...Map.groupBy(rows, (row) => JSON.stringify(by.map((name) => row[name] ?? null))).values(),
];
