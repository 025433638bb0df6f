/** The scheduled sweep, as EventBridge calls it: what it tells of spend, and what it leaves alone. */
import { readFileSync } from 'node:fs';
import { question, scene } from '../support/scene.ts';
import { answer, completion, usage } from '../support/scripted-provider.ts';

const on = scene();

const minutes = (count: number) => {
  on().gateway.clock.nowMs += count * 60_000;
};

type Told = { readonly message: string; readonly attributes: { readonly alert_id: string } };

/** What these alerts have told, in order. */
const told = (...alertIds: string[]): Told[] =>
  everythingTold().filter(({ attributes }) => alertIds.includes(attributes.alert_id));

const everythingTold = (): Told[] => {
  const file = on().gateway.live.env.notifications.file ?? '';
  try {
    return readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
};

const alertAt = (cents: number) => ({
  currency: 'USD' as const,
  interval: 'month' as const,
  notification_channel: { type: 'email' as const, recipients: ['finance@example.com'] },
  threshold_amount: cents,
});

test('a project’s spend that reaches a threshold is told at the next sweep, once', async () => {
  const { gateway, provider } = on();
  const { organization } = gateway.admin().admin;
  const tenant = await gateway.tenant('search');
  const ofProject = await organization.projects.spendAlerts.create(tenant.projectId, alertAt(100));
  provider.script = answer(completion('ok', usage(500_000, 0)));
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  await gateway.runSchedule('sweep');
  expect(told(ofProject.id)).toEqual([]);

  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  await gateway.runSchedule('sweep');
  await gateway.runSchedule('sweep');
  minutes(40);
  await gateway.runSchedule('sweep');
  expect(told(ofProject.id).map(({ message }) => message.includes('search'))).toEqual([true]);
});

test('the organization’s spend is that of all projects together', async () => {
  const { gateway, provider } = on();
  const [first, second] = [await gateway.tenant(), await gateway.tenant()];
  const { id } = await gateway.admin().admin.organization.spendAlerts.create(alertAt(100_000));
  provider.script = answer(completion('ok', usage(600_000_000, 0)));
  await first.client.chat.completions.create(question);
  await gateway.idle();
  await gateway.runSchedule('sweep');
  expect(told(id)).toEqual([]);
  await second.client.chat.completions.create(question);
  await gateway.idle();
  await gateway.runSchedule('sweep');
  await gateway.runSchedule('sweep');
  expect(told(id)).toHaveLength(1);
});

test('a call under way is left alone, and its reservation with it', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  let during: unknown;
  provider.script = async (response, asked) => {
    minutes(10);
    await gateway.runSchedule('sweep');
    during = await tenant.client.get('/key');
    await answer(completion('ok', usage(10, 1)))(response, asked);
  };
  await tenant.client.chat.completions.create({ ...question, max_tokens: 100 });
  await gateway.idle();
  expect(during).toMatchObject({ spend: { project: { spent: 0 } } });
  const [row] = await on().ledger(tenant.projectId);
  expect(row).toMatchObject({ state: 'settled', settledBy: 'gateway', outcome: 'succeeded' });
});

test('sweeping where nothing has happened does nothing', async () => {
  const { gateway } = on();
  minutes(60);
  await gateway.runSchedule('sweep');
  gateway.logs.length = 0;
  await gateway.runSchedule('sweep');
  expect(gateway.logs.filter(({ message }) => message === 'swept').map(({ facts }) => facts)).toEqual([
    {
      epochs: 0,
      abandoned: 0,
      chargedMicroUsd: 0,
      activeProjects: 0,
      alertsTold: 0,
      conversationsErased: 0,
      filesErased: 0,
      lanesCalled: 0,
    },
  ]);
});

test('what a month’s last call spends is told in the next month, as the old one’s', async () => {
  const { gateway, provider } = on();
  const { spendAlerts } = gateway.admin().admin.organization.projects;
  gateway.clock.nowMs = Date.parse('2026-12-31T23:59:59Z');
  const tenant = await gateway.tenant('late');
  const { id } = await spendAlerts.create(tenant.projectId, alertAt(100));
  provider.script = answer(completion('ok', usage(1_000_000, 0)));
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  gateway.clock.nowMs = Date.parse('2027-01-01T00:04:00Z');
  await gateway.runSchedule('sweep');
  const messages = told(id);
  expect(messages).toHaveLength(1);
  expect(messages[0]?.message).toMatch(/2026-12|December 2026/);
});
