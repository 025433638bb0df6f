/** GET /v1/organization/metrics, as a scraper asks. */
import type { Host } from '../../shared/observability/host.ts';
import { adminKey, baseURL } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const host: Host = {
  exposition: async () => '# TYPE x gauge\nx 1\n',
  recent: () => {
    throw new Error('nobody asks for it here');
  },
};
const onOneMachine = scene({ host });
const onAws = scene();

const scrape = (gateway: { fetch: typeof fetch }, key: string) =>
  gateway.fetch(`${baseURL}/organization/metrics`, { headers: { authorization: `Bearer ${key}` } });

test('is in the text format, for an admin key', async () => {
  const response = await scrape(onOneMachine().gateway, adminKey);
  expect([response.status, await response.text()]).toEqual([200, '# TYPE x gauge\nx 1\n']);
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(response.headers.get('cache-control')).toBe('no-store');
});

test('is for nobody else', async () => {
  const { gateway, tenant } = onOneMachine();
  expect((await scrape(gateway, tenant.key)).status).toBe(403);
  expect((await gateway.fetch(`${baseURL}/organization/metrics`)).status).toBe(401);
});

test('where no host is, says where the metrics are', async () => {
  const response = await scrape(onAws().gateway, adminKey);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    error: { code: 'not_found', message: expect.stringContaining('CloudWatch') },
  });
});
