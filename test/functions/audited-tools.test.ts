/** The audit log has what was asked of tools, whatever their schemas are like. */
import { scene } from '../support/scene.ts';

const on = scene();

const nested = (levels: number): object =>
  levels === 0 ? { type: 'string' } : { type: 'object', properties: { inner: nested(levels - 1) } };

test.each([
  ['has a property called constructor', { constructor: { type: 'string' } }],
  ['is nested deeper than DynamoDB nests', { deep: nested(20) }],
])('of a tool whose schema %s', async (_, properties) => {
  const { clock } = on().gateway;
  clock.nowMs += 1_000;
  const admin = on().gateway.admin();
  const name = `tool_${Object.keys(properties)[0]}`;
  const parameters = { type: 'object', properties };
  await admin.post('/organization/tools', {
    body: { name, description: 'd', parameters, target: { type: 'webhook', url: 'https://tools.example.com' } },
    __security: { adminAPIKeyAuth: true },
  });
  const { data } = await admin.admin.organization.auditLogs.list({ limit: 1 });
  expect(data).toMatchObject([{ type: 'tool.created', outcome: 'succeeded', after: { name, parameters } }]);
});

test("half of an emoji in a description is the caller's mistake, and not an outage", async () => {
  const body = {
    ...{ name: 'halved', description: 'cut \ud83d', parameters: { type: 'object' } },
    target: { type: 'webhook', url: 'https://tools.example.com' },
  };
  const created = on()
    .gateway.admin()
    .post('/organization/tools', { body, __security: { adminAPIKeyAuth: true } });
  await expect(created).rejects.toMatchObject({ status: 400, param: 'description' });
});
