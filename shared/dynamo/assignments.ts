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

/**
 * The same of a map whose members all have defaults: it is compared by them, since a map of
 * before one of them was lacks it, and would never equal what was read.
 */
export function unchangedMembers(map: string, read: Readonly<Record<string, unknown>>) {
  const members = Object.entries(read).map(([name, value]) => ({ name, alias: `${map}_${name}`, value }));
  return {
    condition: members
      .map(({ alias }) => `(attribute_not_exists(#${map}.#${alias}) OR #${map}.#${alias} = :${alias}Read)`)
      .join(' AND '),
    names: Object.fromEntries(members.map(({ name, alias }) => [`#${alias}`, name])),
    values: Object.fromEntries(members.map(({ alias, value }) => [`:${alias}Read`, value])),
  };
}
