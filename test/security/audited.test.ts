/** Every mutation of the route table is in the audit log, with what it changed, and with nobody's key (THREATS 11). */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { AuditLogListResponse } from 'openai/resources/admin/organization/audit-logs';
import { isMutation } from '../../shared/http/route.ts';
import { adminKey, type Tenant } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { newAdminKey } from './support/keys.ts';
import { everythingOf, objectsOf } from './support/objects.ts';
import { jsonSchemaOf, sampleBody, sampleInput } from './support/sample-input.ts';
import { bearer, everyRoute, named, send } from './support/send.ts';

const here = scene();
const mutations = everyRoute.filter(isMutation);

/** What the package's type lacks. */
type Entry = AuditLogListResponse & {
  readonly outcome: string;
  readonly status: number | null;
  readonly resource_ids: readonly string[];
  readonly before: object | null;
  readonly after: object | null;
};

async function entryOf(requestId: string | undefined): Promise<Entry | undefined> {
  const { auditLogs } = here().gateway.admin().admin.organization;
  for await (const entry of auditLogs.list({ limit: 100 })) {
    if ('request_id' in entry && entry.request_id === requestId) return entry as unknown as Entry;
  }
  return undefined;
}

const stored = async (table: 'auditLogs' | 'idempotency' = 'auditLogs') => {
  const { db, names } = here().database;
  const { Items = [] } = await db.send(new ScanCommand({ TableName: names[table] }));
  return JSON.stringify(Items, (_, value) => (value instanceof Uint8Array ? Buffer.from(value).toString() : value));
};

describe.each(named(mutations))('%s', (_name, route) => {
  let tenant: Tenant;
  beforeEach(async () => {
    tenant = await here().gateway.tenant('audited');
  });

  test('that succeeds says what it changed, where and by whom', async () => {
    const { gateway } = here();
    const parameters = await everythingOf(gateway, route, tenant);
    const { id, value } = await newAdminKey(gateway);
    const answer = await send(gateway, route, {
      headers: { ...bearer(value), 'User-Agent': 'auditor/1' },
      parameters,
      ...sampleInput(route),
    });
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: expect.any(String) });
    const entry = await entryOf(answer.headers['x-request-id']);
    expect(entry).toMatchObject({
      type: route.audit,
      outcome: 'succeeded',
      status: 200,
      actor: { type: 'api_key', api_key: { id }, session: { user_agent: 'auditor/1' } },
      route: `${route.method} ${route.path}`,
    });
    const details = entry?.[route.audit as 'project.created'];
    expect(details?.id).toMatch(/./);
    expect(entry?.resource_ids).toContain(details?.id);
    for (const name of route.path.matchAll(/\{(\w+)\}/g)) {
      expect(entry?.resource_ids).toContain(parameters[name[1] ?? '']);
    }
    if (route.path.includes('{project_id}')) expect(entry?.project).toEqual({ id: tenant.projectId });
    expect(entry?.before ?? entry?.after).not.toBeNull();
    expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('that fails says so, and with what', async () => {
    const { gateway } = here();
    const answer = await send(gateway, route, {
      headers: bearer(adminKey),
      parameters: {
        ...(await objectsOf(gateway, tenant)),
        project_id: 'proj_none',
        admin_api_key_id: 'key_none',
        alert_id: 'alert_none',
        tool_id: 'tool_none',
      },
      ...sampleInput(route),
    });
    if (answer.status < 400) return;
    expect(await entryOf(answer.headers['x-request-id'])).toMatchObject({
      type: route.audit,
      outcome: 'failed',
      status: answer.status,
      error_code: 'not_found',
    });
  });

  test('keeps no key, wherever its caller puts one', async () => {
    const { gateway } = here();
    const { value } = await newAdminKey(gateway);
    const properties = jsonSchemaOf(route).properties ?? {};
    // A name that is part of an id could hold no key.
    const free = 'description' in properties ? 'description' : 'name';
    const answer = await send(gateway, route, {
      headers: { ...bearer(value), 'User-Agent': `curl ${value} ${tenant.key}`, 'Idempotency-Key': tenant.key },
      parameters: { ...(await objectsOf(gateway, tenant)), api_key_id: tenant.key, admin_api_key_id: value },
      body: JSON.stringify({ ...sampleBody(route), ...(free in properties && { [free]: `named ${value}` }) }),
    });
    expect(await stored('idempotency')).toContain('bodyDigest');
    const kept = (await stored()) + (await stored('idempotency')).replaceAll('bodyDigest', '');
    const given = JSON.parse(answer.text);
    const made = [given.value, given.api_key?.value, given.secret].filter(
      (made): made is string => typeof made === 'string',
    );
    for (const key of [value, tenant.key, ...made]) {
      expect(kept).not.toContain(key);
      expect(kept).not.toContain(key.slice(-38, -6));
    }
    expect(kept).not.toMatch(/digest|pepper/);
  });
});

test('a call that changes nothing, or is refused at the door, leaves no entry', async () => {
  const { gateway, tenant } = here();
  const before = await stored();
  for (const route of everyRoute) {
    const question = { ...sampleInput(route) };
    if (!isMutation(route)) await send(gateway, route, { headers: bearer(adminKey), ...question });
    else await send(gateway, route, { headers: bearer(tenant.key), ...question });
    await send(gateway, route, question);
    if (isMutation(route) && 'body' in question) {
      await send(gateway, route, { headers: bearer(adminKey), ...question, body: '{"unknown":1}' });
    }
  }
  const after = await stored();
  expect(after.length - before.length).toBe(0);
});
