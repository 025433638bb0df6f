/** What the deployed gateway holds a project to, what it tells of it, and who has changed what. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { moderated } from '../support/safety-scene.ts';
import { answer, completion, type ScriptedProvider, usage, wellBehaved } from '../support/scripted-provider.ts';
import type { Clients } from './clients.ts';
import type { Tenant } from './control-plane.ts';
import { chat as question } from './model-plane.ts';
import type { Report } from './report.ts';
import type { Scheduled } from './scheduled.ts';

type Notification = { readonly type: 'email'; readonly recipients: string[] };
const notification_channel: Notification = { type: 'email', recipients: ['finance@example.com'] };
const alertAt = (threshold_amount: number) =>
  ({ currency: 'USD', interval: 'month', notification_channel, threshold_amount }) as const;

const refusal = async (work: PromiseLike<unknown>) => {
  try {
    await work;
  } catch (error) {
    if (error instanceof OpenAI.APIError) return error;
    throw error;
  }
  throw new Error('it was not refused');
};

/** A project of its own, held to little. */
export async function holdToLimits(report: Report, clients: Clients, admin: OpenAI): Promise<void> {
  const { projects } = admin.admin.organization;
  const project = await projects.create({ name: 'limited' });
  const { api_key } = await projects.serviceAccounts.create(project.id, { name: 'app' });
  await projects.rateLimits.updateRateLimit('rl_project', {
    project_id: project.id,
    max_requests_per_1_minute: 6,
    max_tokens_per_1_minute: 100_000,
  });
  const app = clients.with({ apiKey: api_key?.value ?? '' });

  await report.check('a limit of 6 a minute lets one call in, and tells the next when it may come', async () => {
    const { response } = await app.chat.completions.create(question).withResponse();
    assert.equal(response.headers.get('x-ratelimit-limit-requests'), '6');
    assert.equal(response.headers.get('x-ratelimit-remaining-requests'), '0');
    const { status, code, headers } = await refusal(app.chat.completions.create(question));
    assert.deepEqual({ status, code }, { status: 429, code: 'rate_limit_exceeded' });
    const waitMs = Number(headers?.get('retry-after-ms'));
    assert.ok(waitMs > 0 && waitMs <= 11_000, `retry-after-ms is ${waitMs}`);
  });
  await report.check('GET /key tells what is left and what was spent', async () => {
    const told = (await app.get('/key')) as { remaining: { requests: object }; spend: { project: { spent: number } } };
    assert.equal((told.remaining.requests as { limit: number }).limit, 6);
    assert.ok(told.spend.project.spent > 0, 'nothing was spent');
  });
  await report.check('a project whose money is spent is refused for good', async () => {
    const poor = await projects.create({ name: 'poor' });
    await projects.spendLimit.update(poor.id, { currency: 'USD', interval: 'month', threshold_amount: 0 });
    const account = await projects.serviceAccounts.create(poor.id, { name: 'app' });
    const client = clients.with({ apiKey: account.api_key?.value ?? '' });
    const { status, code, headers } = await refusal(client.chat.completions.create(question));
    assert.deepEqual({ status, code }, { status: 429, code: 'insufficient_quota' });
    assert.equal(headers?.get('x-should-retry'), 'false');
  });
  await report.check('a model that is not permitted is refused by name', async () => {
    await projects.modelPermissions.update(project.id, { mode: 'deny_list', model_ids: [question.model] });
    const account = await projects.serviceAccounts.create(project.id, { name: 'after the change' });
    const client = clients.with({ apiKey: account.api_key?.value ?? '' });
    const { status, code } = await refusal(client.chat.completions.create(question));
    assert.deepEqual({ status, code }, { status: 403, code: 'model_not_allowed' });
  });
}

export async function administerAdministrators(report: Report, clients: Clients, admin: OpenAI): Promise<void> {
  const { organization } = admin.admin;
  await report.check('admin API keys: create, use, retrieve, list, delete', async () => {
    const key = await organization.adminAPIKeys.create({ name: 'of the end-to-end test' });
    const second = clients.with({ adminAPIKey: key.value });
    assert.ok((await second.admin.organization.projects.list()).data.length > 0);
    assert.equal((await organization.adminAPIKeys.retrieve(key.id)).name, 'of the end-to-end test');
    assert.deepEqual(
      (await organization.adminAPIKeys.list()).data.map(({ id }) => id),
      [key.id],
    );
    assert.equal((await organization.adminAPIKeys.delete(key.id)).deleted, true);
  });
  await report.check('a mutation repeated under its Idempotency-Key happens once', async () => {
    const again = { headers: { 'Idempotency-Key': 'end-to-end-1' } };
    const first = await organization.projects.create({ name: 'once' }, again);
    const second = await organization.projects.create({ name: 'once' }, again);
    assert.equal(second.id, first.id);
  });
  await report.check('audit logs tell of every change, newest first', async () => {
    const { data } = await organization.auditLogs.list({ limit: 100 });
    const types = new Set(data.map(({ type }) => String(type)));
    for (const type of ['project.created', 'service_account.created', 'rate_limit.updated', 'spend_limit.updated']) {
      assert.ok(types.has(type), `no entry of ${type}`);
    }
    const times = data.map(({ effective_at }) => effective_at);
    assert.deepEqual(
      times,
      [...times].sort((a, b) => b - a),
    );
  });
}

export async function keepAccounts(report: Report, admin: OpenAI, { projectId }: Tenant): Promise<void> {
  const { organization } = admin.admin;
  const { spendAlerts } = organization.projects;
  const inProject = { project_id: projectId };
  const now = Math.floor(Date.now() / 1000);

  await report.check('spend alerts of the project: create, retrieve, update, list, delete', async () => {
    const { id } = await spendAlerts.create(projectId, alertAt(500));
    assert.equal((await spendAlerts.retrieve(id, inProject)).threshold_amount, 500);
    await spendAlerts.update(id, { ...inProject, ...alertAt(600) });
    assert.deepEqual(
      (await spendAlerts.list(projectId)).data.map((alert) => alert.threshold_amount),
      [600],
    );
    assert.equal((await spendAlerts.delete(id, inProject)).deleted, true);
  });
  await report.check('spend alerts of the organization: create, retrieve, update, list, delete', async () => {
    const { id } = await organization.spendAlerts.create(alertAt(500));
    assert.equal((await organization.spendAlerts.retrieve(id)).threshold_amount, 500);
    await organization.spendAlerts.update(id, alertAt(600));
    assert.deepEqual(
      (await organization.spendAlerts.list()).data.map((alert) => alert.threshold_amount),
      [600],
    );
    assert.equal((await organization.spendAlerts.delete(id)).deleted, true);
  });
  await report.check('costs are what the calls cost', async () => {
    const { data } = await organization.usage.costs({ start_time: now - 3_600, project_ids: [projectId] });
    const dollars = data
      .flatMap(({ results }) => results)
      .map((result) => ('amount' in result ? result.amount?.value : 0));
    assert.ok(
      dollars.some((value) => (value ?? 0) > 0),
      'nothing was spent',
    );
  });
  await report.check('a period is rated anew, as a dry run', async () => {
    const body = { start_time: now - 14_400, end_time: now - 7_200, dry_run: true };
    // The SDK knows no such route, and would send the other key.
    const headers = { Authorization: `Bearer ${admin.adminAPIKey}` };
    assert.ok(await admin.post('/organization/usage/rerate', { body, headers }));
  });
}

/** The functions that the clock calls, called as it would. `invoke` fails when the function does. */
export async function runSchedules(
  report: Report,
  admin: OpenAI,
  { projectId }: Tenant,
  { app, provider }: { readonly app: OpenAI; readonly provider: ScriptedProvider },
  aws: Scheduled,
): Promise<void> {
  await admin.admin.organization.projects.spendAlerts.create(projectId, alertAt(1));
  // Two long answers come to more than a cent.
  provider.script = moderated(answer(completion('A long story.', usage(10, 16_000))));
  for (let call = 0; call < 2; call += 1) await app.chat.completions.create(question);
  provider.script = wellBehaved;
  await report.check('the sweep runs under its own role, and tells of spend once', async () => {
    await aws.invoke('sweep');
    await aws.invoke('sweep');
    await sleep(500);
    const told = (await aws.messages()).filter((message) => message.includes(projectId));
    assert.equal(told.length, 1);
  });
  await report.check('the usage report is written into the bucket, and told', async () => {
    await aws.invoke('usage-report', 'usage-report-daily');
    await aws.invoke('usage-report', 'usage-report-monthly');
    await sleep(500);
    const files = await aws.files();
    for (const ending of ['.html', '.csv', '.json']) {
      assert.equal(files.filter((file) => file.endsWith(ending)).length, 2, `${ending} among ${files.join(', ')}`);
    }
    assert.ok(
      (await aws.messages()).some((message) => /usage/i.test(message)),
      'nobody was told',
    );
  });
}
