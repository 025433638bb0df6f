/** What a tenant has, by the path parameters that name it. */
import { circuitId, targetCircuit } from '../../../shared/circuits/circuit-name.ts';
import type { Tenant, TestGateway } from '../../support/gateway.ts';

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
    model: 'test-model',
    rate_limit_id: 'rl-test-model',
  };
}
