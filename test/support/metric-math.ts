/**
 * As much of CloudWatch's metric math as the stack's alarms use: numbers, names of metrics, comparison, the four
 * operations, IF and FILL. Where a metric has no data in a period, what is made of it has none either.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
 */

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'metric'; readonly name: string }
  | { readonly kind: 'operation'; readonly operator: string; readonly sides: readonly [Expression, Expression] }
  | { readonly kind: 'call'; readonly name: string; readonly of: readonly Expression[] };

/** From the loosest to the tightest. */
const precedence = [
  ['>=', '<=', '==', '!=', '>', '<'],
  ['+', '-'],
  ['*', '/'],
] as const;

export function expressionOf(text: string): Expression {
  const tokens = text.match(/\d+(?:\.\d+)?|\w+|[<>=!]=|[-+*/<>(),]|\S/g) ?? [];
  let at = 0;
  const take = (): string => tokens[at++] ?? '';
  const expect = (token: string): void => {
    const found = take();
    if (found !== token) throw new Error(`"${token}" is expected instead of "${found}" in ${text}`);
  };

  function level(depth: number): Expression {
    const operators: readonly string[] | undefined = precedence[depth];
    if (!operators) return term();
    let left = level(depth + 1);
    while (operators.includes(tokens[at] ?? '')) {
      const operator = take();
      left = { kind: 'operation', operator, sides: [left, level(depth + 1)] };
    }
    return left;
  }

  function term(): Expression {
    const token = take();
    if (token === '(') {
      const inner = level(0);
      expect(')');
      return inner;
    }
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (!/^\w+$/.test(token)) throw new Error(`"${token}" is not known here in ${text}`);
    if (tokens[at] !== '(') return { kind: 'metric', name: token };
    expect('(');
    const of = [level(0)];
    while (tokens[at] === ',') {
      take();
      of.push(level(0));
    }
    expect(')');
    return { kind: 'call', name: token, of };
  }

  const whole = level(0);
  if (at !== tokens.length) throw new Error(`"${tokens[at]}" is too much in ${text}`);
  return whole;
}

type Value = number | undefined;

/** Of one period. A comparison is 1 or 0. */
export function evaluated(expression: Expression, metric: (name: string) => Value): Value {
  if (expression.kind === 'number') return expression.value;
  if (expression.kind === 'metric') return metric(expression.name);
  if (expression.kind === 'operation') {
    const [left, right] = expression.sides.map((side) => evaluated(side, metric));
    return left === undefined || right === undefined ? undefined : operated(expression.operator, left, right);
  }
  return called(
    expression.name,
    expression.of.map((part) => evaluated(part, metric)),
  );
}

/** A division by 0 has no data. */
function operated(operator: string, left: number, right: number): Value {
  switch (operator) {
    case '+':
      return left + right;
    case '-':
      return left - right;
    case '*':
      return left * right;
    case '/':
      return right === 0 ? undefined : left / right;
    case '>=':
      return Number(left >= right);
    case '<=':
      return Number(left <= right);
    case '>':
      return Number(left > right);
    case '<':
      return Number(left < right);
    case '==':
      return Number(left === right);
    default:
      return Number(left !== right);
  }
}

function called(name: string, [first, second, third]: readonly Value[]): Value {
  if (name === 'FILL') return first ?? second;
  if (first === undefined) return undefined;
  if (name === 'IF') return first === 0 ? third : second;
  throw new Error(`The function ${name} is not known here`);
}
