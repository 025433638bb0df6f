/** The control plane, operation by operation, so that every function proves that its role suffices. */
import assert from 'node:assert/strict';
import type OpenAI from 'openai';
import type { Report } from './report.ts';

export type Tenant = { readonly projectId: string; readonly accountId: string; readonly key: string };

export async function newTenant(admin: OpenAI): Promise<Tenant> {
  const { projects } = admin.admin.organization;
  const project = await projects.create({ name: 'end to end' });
  const { id, api_key } = await projects.serviceAccounts.create(project.id, { name: 'app' });
  if (!api_key) throw new Error('The service account came without a key.');
  return { projectId: project.id, accountId: id, key: api_key.value };
}

export async function administer(report: Report, admin: OpenAI, { projectId, accountId, key }: Tenant): Promise<void> {
  const { projects } = admin.admin.organization;
  const inProject = { project_id: projectId };

  await report.check('projects: list, retrieve, update', async () => {
    await projects.update(projectId, { name: 'renamed' });
    const { name } = await projects.retrieve(projectId);
    const ids = (await projects.list()).data.map(({ id }) => id);
    assert.deepEqual({ name, ids }, { name: 'renamed', ids: [projectId] });
  });
  await report.check('service accounts: list, retrieve, update', async () => {
    await projects.serviceAccounts.update(accountId, { ...inProject, name: 'renamed' });
    const { name } = await projects.serviceAccounts.retrieve(accountId, inProject);
    const ids = (await projects.serviceAccounts.list(projectId)).data.map(({ id }) => id);
    assert.deepEqual({ name, ids }, { name: 'renamed', ids: [accountId] });
  });
  await report.check('API keys: create, list, retrieve, update, delete', async () => {
    const { apiKeys } = projects;
    const { id } = await projects.serviceAccounts.apiKeys.create(accountId, inProject);
    assert.equal((await apiKeys.retrieve(id, inProject)).id, id);
    await apiKeys.update(id, { ...inProject, scopes: ['api.model.read'] });
    const listed = (await apiKeys.list(projectId)).data;
    assert.equal(listed.length, 2);
    assert.ok(!JSON.stringify(listed).includes(key), 'a listing shows a whole key');
    assert.equal((await apiKeys.delete(id, inProject)).deleted, true);
    assert.equal((await apiKeys.list(projectId)).data.length, 1);
  });
}

/** `num_model_requests` and the tokens, summed over the rows of a usage page. */
const sums = (data: readonly { readonly results: readonly object[] }[], fields: readonly string[]): number[] => {
  const rows = data.flatMap(({ results }) => results);
  return fields.map((field) =>
    rows.reduce((total, row) => total + Number((row as Record<string, unknown>)[field] ?? 0), 0),
  );
};

/** After one whole and one streamed completion, one that was sent twice under its key, one without any tokens for want of a provider's key, one embedding and one moderation. */
export async function readUsage(report: Report, admin: OpenAI, { projectId }: Tenant): Promise<void> {
  const { usage } = admin.admin.organization;
  const anHourAgo = Math.floor(Date.now() / 1000) - 3_600;
  const query = { start_time: anHourAgo, bucket_width: '1d' as const, project_ids: [projectId] };

  await report.check('usage of completions is what the provider reported', async () => {
    const { data } = await usage.completions(query);
    assert.deepEqual(sums(data, ['input_tokens', 'output_tokens']), [30, 12]);
  });
  await report.check('usage of embeddings is what the provider reported', async () => {
    const { data } = await usage.embeddings(query);
    assert.deepEqual(sums(data, ['num_model_requests', 'input_tokens']), [1, 7]);
  });
  await report.check('usage of moderations counts the request', async () => {
    const { data } = await usage.moderations(query);
    assert.deepEqual(sums(data, ['num_model_requests']), [1]);
  });
}

export async function takeDown(report: Report, admin: OpenAI, { projectId, accountId }: Tenant): Promise<void> {
  const { projects } = admin.admin.organization;
  await report.check('a service account is deleted with its keys', async () => {
    await projects.serviceAccounts.delete(accountId, { project_id: projectId });
    assert.deepEqual((await projects.apiKeys.list(projectId)).data, []);
  });
  await report.check('the project is archived', async () => {
    const { status } = await projects.archive(projectId);
    assert.equal(status, 'archived');
  });
}
