/** `SET #a = :a, #b = :b` for all that is defined; with names, since many an attribute's is a reserved word. */
export function assignments(changes: Readonly<Record<string, unknown>>) {
  const changed = Object.entries(changes).filter(([, value]) => value !== undefined);
  return {
    UpdateExpression: `SET ${changed.map(([name]) => `#${name} = :${name}`).join(', ')}`,
    ExpressionAttributeNames: Object.fromEntries(changed.map(([name]) => [`#${name}`, name])),
    ExpressionAttributeValues: Object.fromEntries(changed.map(([name, value]) => [`:${name}`, value])),
  };
}

/**
 * That the attributes which are about to be assigned to are still as they were read. One that
 * is missing was read as its default: the item is of before the attribute was.
 */
export function unchanged(read: Readonly<Record<string, unknown>>) {
  const names = Object.keys(read);
  return {
    condition: names.map((name) => `(attribute_not_exists(#${name}) OR #${name} = :${name}Read)`).join(' AND '),
    values: Object.fromEntries(names.map((name) => [`:${name}Read`, read[name]])),
  };
}
