/** Every mutation of the route table, sent twice under one Idempotency-Key: answered alike, and nothing done twice. */
import { createHash } from 'node:crypto';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { isMutation } from '../../shared/http/route.ts';
import { type TableName, tableNames } from '../../shared/tables.ts';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { everythingOf } from './support/objects.ts';
import { sampleInput } from './support/sample-input.ts';
import { bearer, everyRoute, named, send } from './support/send.ts';

const here = scene();

/** Items come with their members in any order, and a set's in any. */
const canonical = (value: unknown): unknown => {
  if (value instanceof Set) return [...value].sort();
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  if (Array.isArray(value)) return value.map(canonical);
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, member]) => [name, canonical(member)] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );
};

/** A digest: of what differs the table's name says enough. */
const contentOf = async (table: TableName): Promise<string> => {
  const { db, names } = here().database;
  const { Items = [] } = await db.send(new ScanCommand({ TableName: names[table] }));
  const items = Items.map((item) => JSON.stringify(canonical(item))).sort();
  return `${items.length} items: ${createHash('sha256').update(items.join()).digest('hex')}`;
};
const everything = async () =>
  Object.fromEntries(await Promise.all(tableNames.map(async (name) => [name, await contentOf(name)] as const)));

test.each(named(everyRoute.filter(isMutation)))('%s', async (_, route) => {
  const { gateway } = here();
  const tenant = await gateway.tenant('once');
  const question = {
    headers: { ...bearer(adminKey), 'Idempotency-Key': crypto.randomUUID() },
    parameters: await everythingOf(gateway, route, tenant),
    ...sampleInput(route),
  };
  const first = await send(gateway, route, question);
  expect({ status: first.status, replayed: first.headers['idempotent-replayed'] }).toEqual({ status: 200 });
  const before = await everything();
  const again = await send(gateway, route, question);
  expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([200, first.text, 'true']);
  expect(await everything()).toEqual(before);
});
