/** From a change of counters to DynamoDB's expressions. */
import type { Condition, Update } from './update.ts';

type Expressions = {
  readonly UpdateExpression: string;
  readonly ConditionExpression?: string;
  readonly ExpressionAttributeNames: Record<string, string>;
  readonly ExpressionAttributeValues?: Record<string, number | string>;
};

/** `onFirst` are attributes that are set where they are absent, and stay as they are where they are not. */
export function expressionOf(update: Update, onFirst: Readonly<Record<string, string>> = {}): Expressions {
  const names = new Map<string, string>();
  const values = new Map<number | string, string>();
  const name = (attribute: string): string => {
    const known = names.get(attribute) ?? `#${names.size.toString(36)}`;
    names.set(attribute, known);
    return known;
  };
  const value = (given: number | string): string => {
    const known = values.get(given) ?? `:${values.size.toString(36)}`;
    values.set(given, known);
    return known;
  };

  const sets = [
    ...Object.entries(update.set).map(([attribute, to]) =>
      typeof to === 'number'
        ? `${name(attribute)} = ${value(to)}`
        : `${name(attribute)} = if_not_exists(${name(to.from)}, ${value(0)}) + ${value(to.plus)}`,
    ),
    ...Object.entries(onFirst).map(
      ([attribute, to]) => `${name(attribute)} = if_not_exists(${name(attribute)}, ${value(to)})`,
    ),
  ];
  const adds = Object.entries(update.add).map(([attribute, amount]) => `${name(attribute)} ${value(amount)}`);
  const removes = update.remove.map(name);

  const condition = ({ attribute, ...rest }: Condition): string => {
    const on = name(attribute);
    switch (rest.is) {
      case 'absent':
        return `attribute_not_exists(${on})`;
      case 'present':
        return `attribute_exists(${on})`;
      case 'equal':
        return `${on} = ${value(rest.value)}`;
      case 'at least':
        return `${on} >= ${value(rest.value)}`;
      case 'at most':
        return `${on} <= ${value(rest.value)}`;
      case 'below':
        return `${on} < ${value(rest.value)}`;
      case 'absent or at most':
        // What is absent is zero, and zero may be too much already.
        return rest.value < 0
          ? `${on} <= ${value(rest.value)}`
          : `(attribute_not_exists(${on}) OR ${on} <= ${value(rest.value)})`;
      case 'absent or below':
        return `(attribute_not_exists(${on}) OR ${on} < ${value(rest.value)})`;
    }
  };
  const conditions = [...new Set(update.conditions.map(condition))];

  return {
    UpdateExpression: [
      ...(sets.length > 0 ? [`SET ${sets.join(', ')}`] : []),
      ...(adds.length > 0 ? [`ADD ${adds.join(', ')}`] : []),
      ...(removes.length > 0 ? [`REMOVE ${removes.join(', ')}`] : []),
    ].join(' '),
    ...(conditions.length > 0 && { ConditionExpression: conditions.join(' AND ') }),
    ExpressionAttributeNames: Object.fromEntries(
      [...names].map(([attribute, placeholder]) => [placeholder, attribute]),
    ),
    ...(values.size > 0 && {
      ExpressionAttributeValues: Object.fromEntries([...values].map(([given, placeholder]) => [placeholder, given])),
    }),
  };
}
