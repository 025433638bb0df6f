/** Once per alert and month, whoever sweeps at the same time and whoever dies on the way. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { documentClient } from '../../../shared/dynamo/client.ts';
import type { Notification } from '../../../shared/notifications/notify.ts';
import { dynamoOrganizationStore } from '../../../shared/organization/organization-store.ts';
import { projectSchema } from '../../../shared/projects/project.ts';
import { dynamoProjectStore } from '../../../shared/projects/project-store.ts';
import { type FireDeps, fireSpendAlerts } from '../../../shared/spend-alerts/fire.ts';
import { takenOverAfterMs } from '../../../shared/spend-alerts/firing.ts';
import { organizationScope, type SpendAlert } from '../../../shared/spend-alerts/spend-alert.ts';
import { dynamoSpendAlertStore, type SpendAlertStore } from '../../../shared/spend-alerts/spend-alert-store.ts';
import { type TestDatabase, testDatabase } from '../../support/database.ts';
import { alertOf } from './alerts.ts';

let database: TestDatabase;
let alerts: SpendAlertStore;
let made = 0;
let nowMs = 0;
let published: Notification[] = [];
let logged: string[] = [];

beforeAll(async () => {
  database = await testDatabase();
  alerts = dynamoSpendAlertStore(database.db, database.names.spendAlerts);
});
afterAll(() => database.stop());
beforeEach(() => {
  nowMs = Date.parse('2026-11-22T10:00:00Z');
  published = [];
  logged = [];
});

const tenDollars = 10_000_000;
const month = '2026-11';

/** A project of the test's own, and an alert of ten dollars. */
async function newAlert(changes: Partial<SpendAlert> = {}): Promise<SpendAlert> {
  made++;
  const alert = alertOf({ scope: `proj_${made}`, id: `alert_${made}`, ...changes });
  const project = { id: alert.scope, name: 'Search', createdAt: 0, archivedAt: null, spendLimitMicroUsd: 50_000_000 };
  await dynamoProjectStore(database.db, database.names.projects).create(projectSchema.parse(project));
  await alerts.create(alert);
  return alert;
}

const deps = (changes: Partial<FireDeps> = {}): FireDeps => ({
  alerts,
  projects: dynamoProjectStore(database.db, database.names.projects),
  organization: dynamoOrganizationStore(database.db, database.names.projects),
  notify: {
    publish: async (notification) => {
      published.push(notification);
    },
  },
  log: { info: (line) => logged.push(line), warn: (line) => logged.push(line), error: (line) => logged.push(line) },
  now: () => nowMs,
  newId: (prefix) => `${prefix}${made++}`,
  ...changes,
});

const sweep = ({ scope }: SpendAlert, spentMicroUsd = tenDollars, changes: Partial<FireDeps> = {}, of = month) =>
  fireSpendAlerts(deps(changes), { scope, month: of, spentMicroUsd });

const told = () => published.length;

describe('an alert', () => {
  test('is told when its threshold is reached, and then no more in that month', async () => {
    const alert = await newAlert();
    expect(await sweep(alert, tenDollars - 1)).toBe(0);
    expect(await sweep(alert)).toBe(1);
    for (const later of [1, takenOverAfterMs, 8 * 86_400_000]) {
      nowMs += later;
      expect(await sweep(alert, tenDollars * 2)).toBe(0);
    }
    expect(told()).toBe(1);
  });

  test('is told again in the next month, once its threshold is reached again', async () => {
    const alert = await newAlert();
    await sweep(alert);
    nowMs = Date.parse('2026-12-03T00:00:00Z');
    await sweep(alert, tenDollars - 1, {}, '2026-12');
    expect(told()).toBe(1);
    await sweep(alert, tenDollars, {}, '2026-12');
    await sweep(alert, tenDollars, {}, '2026-12');
    // What the last calls of November cost is known in December.
    await sweep(alert, tenDollars * 3, {}, '2026-11');
    expect(told()).toBe(2);
  });

  test('tells of the project as it is called and limited', async () => {
    await sweep(await newAlert());
    expect(published[0]?.message).toMatch(/"Search" \(proj_\d+\).*\$50\.00 a month, of which 20 % is used/s);
  });

  test('of the organization is told of the sum that it is given, with the limit of all', async () => {
    const organization = dynamoOrganizationStore(database.db, database.names.projects);
    await organization.setSpendLimit(100_000_000);
    const alert = await newAlert({ scope: organizationScope });
    expect(await sweep(alert, tenDollars - 1)).toBe(0);
    expect(await sweep(alert)).toBe(1);
    expect(published[0]?.message).toMatch(/^All projects .*\$100\.00 a month, of which 10 % is used/s);
  });

  test('whose threshold is raised is told again once that is reached, and not before', async () => {
    const alert = await newAlert();
    await sweep(alert);
    await alerts.update(alert.scope, alert.id, { ...alert, thresholdCents: 2_000 });
    await sweep(alert, tenDollars * 2 - 1);
    expect(told()).toBe(1);
    await sweep(alert, tenDollars * 2);
    await sweep(alert, tenDollars * 2);
    expect(told()).toBe(2);
  });

  test('whose threshold is lowered, or raised to where it was, is not told again', async () => {
    const alert = await newAlert();
    await sweep(alert);
    for (const thresholdCents of [1, 999, 1_000]) {
      await alerts.update(alert.scope, alert.id, { ...alert, thresholdCents });
      await sweep(alert);
    }
    expect(told()).toBe(1);
  });

  test('does not hold up another of the same scope', async () => {
    const alert = await newAlert();
    await alerts.create(alertOf({ scope: alert.scope, id: 'alert_other', thresholdCents: 500, subjectPrefix: 'two' }));
    let calls = 0;
    const publish = async (notification: Notification) => {
      calls++;
      if (calls === 1) throw new Error('the topic is away');
      published.push(notification);
    };
    expect(await sweep(alert, tenDollars, { notify: { publish } })).toBe(1);
    expect(logged).toContain('spend alert not told');
  });
});

describe('of many sweeps at once exactly one tells', () => {
  test('in one process', async () => {
    const alert = await newAlert();
    const counts = await Promise.all(Array.from({ length: 60 }, () => sweep(alert)));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(1);
    expect(told()).toBe(1);
  });

  test('in several processes', async () => {
    const alert = await newAlert();
    const rival = join(import.meta.dirname, 'rival.ts');
    const { endpoint, names } = database;
    const args = [rival, endpoint, names.spendAlerts, alert.scope, String(tenDollars), String(nowMs), '25'];
    const rivals = Array.from({ length: 4 }, () =>
      promisify(execFile)(process.execPath, args, { env: { ...process.env, NODE_OPTIONS: '' } }),
    );
    const counts = (await Promise.all(rivals)).map(({ stdout }) => Number(stdout));
    expect(counts.toSorted()).toEqual([0, 0, 0, 1]);
  });

  test('while a dead claim is taken over', async () => {
    const alert = await newAlert();
    await sweep(alert, tenDollars, { notify: { publish: () => Promise.reject(new Error('away')) } });
    nowMs += takenOverAfterMs;
    await Promise.all(Array.from({ length: 40 }, () => sweep(alert)));
    expect(told()).toBe(1);
  });

  test('while the owner changes the alert', async () => {
    const alert = await newAlert();
    const change = () => alerts.update(alert.scope, alert.id, { ...alert, subjectPrefix: `v${made++}` });
    await Promise.all(Array.from({ length: 40 }, (_, index) => (index % 2 ? sweep(alert) : change())));
    await sweep(alert);
    expect(told()).toBe(1);
    expect((await alerts.get(alert.scope, alert.id))?.firings[month]?.state).toBe('sent');
  });
});

/** Stops at one of its steps, before or after it took effect, as a function does that is killed. */
type Step = 'all' | 'spender' | 'claim' | 'publish' | 'markSent';
function killedAt(step: Step, when: 'before' | 'after'): Partial<FireDeps> {
  const dying =
    <Args extends unknown[], Result>(name: Step, work: (...args: Args) => Promise<Result>) =>
    async (...args: Args): Promise<Result> => {
      if (name === step && when === 'before') throw new Error('killed');
      const result = await work(...args);
      if (name === step) throw new Error('killed');
      return result;
    };
  const whole = deps();
  return {
    alerts: {
      ...alerts,
      all: dying('all', alerts.all),
      claim: dying('claim', alerts.claim),
      markSent: dying('markSent', alerts.markSent),
    },
    projects: { ...whole.projects, get: dying('spender', whole.projects.get) },
    notify: { publish: dying('publish', whole.notify.publish) },
  };
}

describe('a sender that is killed', () => {
  test.each<[Step, 'before' | 'after', number, number]>([
    // It had claimed nothing: the next sweep tells.
    ['all', 'before', 1, 1],
    ['all', 'after', 1, 1],
    ['spender', 'before', 1, 1],
    ['spender', 'after', 1, 1],
    ['claim', 'before', 1, 1],
    // It had claimed and not told: the claim is taken over.
    ['claim', 'after', 0, 1],
    ['publish', 'before', 0, 1],
    // It had told, and nobody can know: once more, rather than perhaps never.
    ['publish', 'after', 1, 2],
    ['markSent', 'before', 1, 2],
    ['markSent', 'after', 1, 1],
  ])('at %s, %s it: %i told by the next sweep, %i in the end', async (step, when, soon, finally_) => {
    const alert = await newAlert();
    await sweep(alert, tenDollars, killedAt(step, when));
    nowMs += takenOverAfterMs - 1;
    await sweep(alert);
    expect(told()).toBe(soon);
    nowMs += 1;
    await sweep(alert);
    nowMs += takenOverAfterMs;
    await sweep(alert);
    expect(told()).toBe(finally_);
  });

  test('long ago does not end the claim of whoever took over, should it wake up', async () => {
    const alert = await newAlert();
    let wake = () => {};
    const sleeping = new Promise<void>((resolve) => {
      wake = resolve;
    });
    const first = sweep(alert, tenDollars, { notify: { publish: () => sleeping } });
    while ((await alerts.get(alert.scope, alert.id))?.firings[month] === undefined);
    nowMs += takenOverAfterMs;
    await sweep(alert, tenDollars, { notify: { publish: () => Promise.reject(new Error('away')) } });
    wake();
    await first;
    expect((await alerts.get(alert.scope, alert.id))?.firings[month]?.state).toBe('claimed');
  });
});

describe('while a store is down the sweep goes on (I12)', () => {
  const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
  const nowhere = documentClient({ region: 'us-east-1', credentials, dynamodbEndpoint: 'http://127.0.0.1:9' });

  test('alerts', async () => {
    expect(await sweep(alertOf(), tenDollars, { alerts: dynamoSpendAlertStore(nowhere, 'spendAlerts') })).toBe(0);
    expect(logged).toEqual(['spend alerts not looked at']);
  });

  test('projects: nothing is claimed, so the next sweep tells', async () => {
    const alert = await newAlert();
    expect(await sweep(alert, tenDollars, { projects: dynamoProjectStore(nowhere, 'projects') })).toBe(0);
    expect(await sweep(alert)).toBe(1);
  });

  test('the topic: it is tried again after 15 minutes', async () => {
    const alert = await newAlert();
    expect(await sweep(alert, tenDollars, { notify: { publish: () => Promise.reject(new Error('away')) } })).toBe(0);
    nowMs += takenOverAfterMs;
    expect(await sweep(alert)).toBe(1);
  });
});
