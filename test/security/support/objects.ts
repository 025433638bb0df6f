/** What a tenant has, by the path parameters that name it. */
import { Readable } from 'node:stream';
import { circuitId, targetCircuit } from '../../../shared/circuits/circuit-name.ts';
import { runsDeps } from '../../../shared/control-plane-deps.ts';
import { uploadsDeps } from '../../../shared/file-deps.ts';
import { objectKeyOf } from '../../../shared/files/file.ts';
import { keepFile } from '../../../shared/files/keep-file.ts';
import type { Route } from '../../../shared/http/route.ts';
import { sortableId } from '../../../shared/ids.ts';
import { uploadLifetimeSeconds } from '../../../shared/uploads/upload.ts';
import { adminKey, type Tenant, type TestGateway } from '../../support/gateway.ts';

export type Objects = Readonly<Record<string, string>>;

export async function objectsOf(gateway: TestGateway, { projectId, accountId }: Tenant): Promise<Objects> {
  const { projects, adminAPIKeys } = gateway.admin().admin.organization;
  const { data } = await projects.apiKeys.list(projectId);
  const alert = await projects.spendAlerts.create(projectId, {
    currency: 'USD',
    interval: 'month',
    threshold_amount: 1_000,
    notification_channel: { type: 'email', recipients: ['finance@example.com'] },
  });
  return {
    project_id: projectId,
    service_account_id: accountId,
    api_key_id: data[0]?.id ?? '',
    admin_api_key_id: (await adminAPIKeys.create({ name: 'ops' })).id,
    alert_id: alert.id,
    circuit_id: circuitId(targetCircuit({ provider: 'scripted', model: 'upstream-model' })),
    run_id: await runOf(gateway, projectId),
    model: 'test-model',
    rate_limit_id: 'rl-test-model',
    tool_id: await newTool(gateway),
    ...(await fileOf(gateway, projectId)),
  };
}

/** One that is under way. */
async function runOf({ live }: TestGateway, projectId: string): Promise<string> {
  const id = sortableId('run_', live.now());
  await runsDeps(live).runs.begin({
    id,
    projectId,
    apiKeyId: 'key_1',
    requestId: 'request',
    model: 'test-model',
    status: 'in_progress',
    createdAt: Math.floor(live.now() / 1000),
    endedAt: null,
    cancelRequestedAt: null,
    steps: [],
    failure: null,
  });
  return id;
}

/** A file, and an upload of another. */
async function fileOf({ live }: TestGateway, projectId: string): Promise<Objects> {
  const deps = uploadsDeps(live);
  const createdAt = Math.floor(live.now() / 1000);
  const named = { projectId, filename: 'requests.jsonl', createdAt };
  const id = deps.newId('file-');
  const objectKey = objectKeyOf(projectId, id);
  await keepFile(
    deps,
    { ...named, id, purpose: 'batch', expiresAt: null, objectKey },
    Readable.from([Buffer.from('{}')]),
  );
  const uploadId = deps.newId('upload_');
  const expiresAt = createdAt + uploadLifetimeSeconds;
  await deps.uploads.create({ ...named, id: uploadId, bytes: 2, fileSeconds: null, expiresAt, state: 'pending' });
  return { file_id: id, upload_id: uploadId };
}

const newTool = async (gateway: TestGateway): Promise<string> => {
  const body = {
    name: `tool-${crypto.randomUUID()}`,
    description: 'Tells something.',
    parameters: { type: 'object' },
    target: { type: 'webhook', url: 'https://tools.example.com' },
  };
  return (await gateway.withKey(adminKey).post<{ id: string }>('/organization/tools', { body })).id;
};

const limit = { currency: 'USD', interval: 'month', threshold_amount: 1_000 } as const;

/** Everything that a mutation could change or take away is there. */
export async function everythingOf(gateway: TestGateway, route: Route, tenant: Tenant): Promise<Objects> {
  const { projects, spendLimit, spendAlerts } = gateway.admin().admin.organization;
  const { projectId } = tenant;
  await spendLimit.update(limit);
  await projects.spendLimit.update(projectId, limit);
  await projects.modelPermissions.update(projectId, { mode: 'deny_list', model_ids: ['test-model'] });
  const objects = await objectsOf(gateway, tenant);
  if (route.path.includes('{project_id}')) return objects;
  const notification_channel = { type: 'email' as const, recipients: ['finance@example.com'] };
  return { ...objects, alert_id: (await spendAlerts.create({ ...limit, notification_channel })).id };
}
