/** The limits of a project, of its keys and of the organization, set, read and taken away under the functions' own roles. */
import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import type { Health } from '../../shared/health/health-object.ts';
import type { Tenant } from './control-plane.ts';
import type { Report } from './report.ts';

const monthly = (threshold_amount: number) => ({ currency: 'USD', interval: 'month', threshold_amount }) as const;

export async function limit(report: Report, admin: OpenAI, { projectId, accountId }: Tenant): Promise<void> {
  const { organization } = admin.admin;
  const { projects } = organization;
  const inProject = { project_id: projectId };

  await report.check('rate limits: list, update', async () => {
    await projects.rateLimits.updateRateLimit('rl_project', { ...inProject, max_requests_per_1_minute: 6_000 });
    const [whole, ...models] = (await projects.rateLimits.listRateLimits(projectId)).data;
    assert.equal(whole?.max_requests_per_1_minute, 6_000);
    assert.ok(models.length > 0, 'no model has a rate limit');
  });
  await report.check('spend limit of the project: update, retrieve, delete', async () => {
    await projects.spendLimit.update(projectId, monthly(100_000));
    const { threshold_amount, enforcement } = await projects.spendLimit.retrieve(projectId);
    assert.deepEqual({ threshold_amount, ...enforcement }, { threshold_amount: 100_000, status: 'inactive' });
    assert.equal((await projects.spendLimit.delete(projectId)).deleted, true);
  });
  await report.check('spend limit of the organization: update, retrieve, delete', async () => {
    await organization.spendLimit.update(monthly(100_000));
    const { threshold_amount, enforcement } = await organization.spendLimit.retrieve();
    assert.deepEqual({ threshold_amount, ...enforcement }, { threshold_amount: 100_000, status: 'inactive' });
    assert.equal((await organization.spendLimit.delete()).deleted, true);
  });
  await report.check('model permissions: update, retrieve, delete', async () => {
    await projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: ['none-*'] });
    assert.deepEqual((await projects.modelPermissions.retrieve(projectId)).model_ids, ['none-*']);
    assert.equal((await projects.modelPermissions.delete(projectId)).deleted, true);
  });
  await report.check('resilience policy: update, retrieve', async () => {
    const path = `/organization/projects/${projectId}/resilience_policy`;
    const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
    const updated = await admin.post<object>(path, { body: { on_disconnect: 'cancel' }, headers });
    assert.deepEqual(await admin.get(path, { headers }), updated);
    assert.ok('on_disconnect' in updated && updated.on_disconnect === 'cancel');
    await admin.post(path, { body: { on_disconnect: 'drain' }, headers });
  });
  await report.check('safety policy: update, retrieve; violations: list, report', async () => {
    const path = `/organization/projects/${projectId}`;
    const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
    const body = { injection: { threshold: 0.9 } };
    const updated = await admin.post<object>(`${path}/safety_policy`, { body, headers });
    assert.deepEqual(await admin.get(`${path}/safety_policy`, { headers }), updated);
    assert.ok('overrides' in updated && 'version' in updated);
    assert.deepEqual(updated.overrides, body);
    await admin.post(`${path}/safety_policy`, { body: { injection: null }, headers });
    const { data } = await admin.get<{ data: object[] }>(`${path}/violations`, { headers });
    assert.ok(Array.isArray(data));
    const found = await admin.get<{ trend: object[] }>(`${path}/violations/report?days=7`, { headers });
    assert.equal(found.trend.length, 7);
  });
  await report.check('health: every store, queue and secret answers', async () => {
    const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
    const health = await admin.get<Health>('/organization/health', { headers });
    const looked = [...health.stores, ...health.queues, ...health.secrets];
    assert.deepEqual(
      looked.filter(({ status }) => status === 'unavailable'),
      [],
    );
    assert.ok(health.metrics && health.alerts, 'CloudWatch was not asked');
  });
  await report.check('circuits: list, reset', async () => {
    const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
    const path = '/organization/circuits';
    const { data } = await admin.get<{ data: { id: string; state: string }[] }>(path, { headers });
    const [circuit] = data;
    assert.ok(circuit, 'no circuit is listed');
    const reset = await admin.post<object>(`${path}/${circuit.id}/reset`, { headers });
    assert.deepEqual({ ...circuit, ...reset }, { ...circuit, state: 'closed' });
  });
  await report.check('limits of a key: create, update, delete', async () => {
    const wishes = { ...inProject, spend_limit: monthly(1_000) };
    const { id } = await projects.serviceAccounts.apiKeys.create(accountId, wishes);
    const rates = { ...inProject, rate_limit: { max_requests_per_1_minute: 60 } };
    const updated: object = await projects.apiKeys.update(id, rates);
    assert.ok('spend_limit' in updated && 'rate_limit' in updated && updated.spend_limit && updated.rate_limit);
    await projects.apiKeys.delete(id, inProject);
  });
}
