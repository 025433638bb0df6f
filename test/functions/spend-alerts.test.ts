/** `client.admin.organization.spendAlerts` and `.projects.spendAlerts` of the official package. */
import { BadRequestError, ConflictError, NotFoundError } from 'openai';
import type {
  ProjectSpendAlert,
  SpendAlertCreateParams,
} from 'openai/resources/admin/organization/projects/spend-alerts';
import type { OrganizationSpendAlert } from 'openai/resources/admin/organization/spend-alerts';
import { moreOf, walk } from '../support/pages.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const organization = () => here().gateway.admin().admin.organization;
const matching = (pattern: RegExp): string => expect.stringMatching(pattern) as unknown as string;

const wish = (changes: Partial<SpendAlertCreateParams> = {}): SpendAlertCreateParams => ({
  currency: 'USD',
  interval: 'month',
  threshold_amount: 12_345,
  notification_channel: { type: 'email', recipients: ['ada@example.com', 'finance+eu@example.co.uk'] },
  ...changes,
});
const channel = (changes: object) =>
  wish({ notification_channel: { ...wish().notification_channel, ...changes } as never });

/** Both kinds do the same, below different paths. */
type Alerts = {
  create(body: SpendAlertCreateParams): Promise<ProjectSpendAlert | OrganizationSpendAlert>;
  retrieve(id: string): Promise<ProjectSpendAlert | OrganizationSpendAlert>;
  update(id: string, body: SpendAlertCreateParams): Promise<ProjectSpendAlert | OrganizationSpendAlert>;
  list(query?: object): ReturnType<ReturnType<typeof organization>['spendAlerts']['list']>;
  delete(id: string): Promise<object>;
};

const ofProject = (project_id: string): Alerts => {
  const { spendAlerts } = organization().projects;
  return {
    create: (body) => spendAlerts.create(project_id, body),
    retrieve: (id) => spendAlerts.retrieve(id, { project_id }),
    update: (id, body) => spendAlerts.update(id, { project_id, ...body }),
    list: (query = {}) => spendAlerts.list(project_id, query) as unknown as ReturnType<Alerts['list']>,
    delete: (id) => spendAlerts.delete(id, { project_id }),
  };
};
const ofOrganization = (): Alerts => organization().spendAlerts;

const newProject = async () => (await organization().projects.create({ name: 'new' })).id;

/** The organization is one, so what a test made there goes again. */
async function cleared(alerts: Alerts): Promise<Alerts> {
  for await (const { id } of alerts.list({ limit: 100 })) await alerts.delete(id);
  return alerts;
}

const kinds: [string, string, () => Promise<Alerts>][] = [
  ['a project', 'project.spend_alert', async () => ofProject(await newProject())],
  ['the organization', 'organization.spend_alert', () => cleared(ofOrganization())],
];

describe.each(kinds)('spend alerts of %s', (_name, object, ofScope) => {
  test("are created as the SDK's object, and retrieved as the same", async () => {
    const alerts = await ofScope();
    const created = await alerts.create(channel({ subject_prefix: '[Sluice]' }));
    expect(created).toEqual({
      object,
      id: matching(/^alert_[0-9A-Za-z]{20}$/),
      currency: 'USD',
      interval: 'month',
      threshold_amount: 12_345,
      notification_channel: {
        type: 'email',
        recipients: ['ada@example.com', 'finance+eu@example.co.uk'],
        subject_prefix: '[Sluice]',
      },
    });
    expect(await alerts.retrieve(created.id)).toEqual(created);
  });

  test('have a subject prefix of null where none was given', async () => {
    const alerts = await ofScope();
    expect((await alerts.create(wish())).notification_channel.subject_prefix).toBeNull();
    expect((await alerts.create(channel({ subject_prefix: null }))).notification_channel.subject_prefix).toBeNull();
  });

  test('are updated as a whole', async () => {
    const alerts = await ofScope();
    const { id } = await alerts.create(channel({ subject_prefix: 'old' }));
    const changed = wish({
      threshold_amount: 1,
      notification_channel: { type: 'email', recipients: ['b@example.com'] },
    });
    const updated = await alerts.update(id, changed);
    expect(updated).toEqual({
      ...changed,
      object,
      id,
      notification_channel: { ...changed.notification_channel, subject_prefix: null },
    });
    expect(await alerts.retrieve(id)).toEqual(updated);
  });

  test('are deleted once, and are missing then', async () => {
    const alerts = await ofScope();
    const { id } = await alerts.create(wish());
    expect(await alerts.delete(id)).toEqual({ object: `${object}.deleted`, id, deleted: true });
    await expect(alerts.delete(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(alerts.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
    await expect(alerts.update(id, wish())).rejects.toBeInstanceOf(NotFoundError);
    expect((await walk(alerts.list())).ids).toEqual([]);
  });

  test('are at most 20, and 20 again once one has gone', async () => {
    const alerts = await ofScope();
    const made = await Promise.allSettled(Array.from({ length: 30 }, () => alerts.create(wish())));
    const refused = made.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(10);
    for (const { reason } of refused as PromiseRejectedResult[]) {
      expect(reason).toBeInstanceOf(ConflictError);
      expect(reason.headers.get('x-should-retry')).toBe('false');
    }
    const { ids } = await walk(alerts.list({ limit: 100 }));
    expect(ids).toHaveLength(20);
    await alerts.delete(ids[3] ?? '');
    await alerts.create(wish());
    await expect(alerts.create(wish())).rejects.toBeInstanceOf(ConflictError);
  });

  test('are listed oldest first or newest first, in pages of any size, and backwards', async () => {
    const alerts = await ofScope();
    const ids: string[] = [];
    for (let made = 0; made < 7; made++) {
      ids.push((await alerts.create(wish())).id);
      here().gateway.clock.nowMs++;
    }
    for (const limit of [1, 3, 7, 100]) {
      expect(await walk(alerts.list({ limit }))).toEqual({ ids, more: moreOf(7, limit) });
      const newestFirst = { ids: ids.toReversed(), more: moreOf(7, limit) };
      expect(await walk(alerts.list({ limit, order: 'desc' }))).toEqual(newestFirst);
    }
    const pageOf = async (query: object) => {
      const { data, has_more } = await alerts.list(query);
      return [data.map(({ id }) => id), has_more];
    };
    expect(await pageOf({ before: ids[4], limit: 2 })).toEqual([ids.slice(2, 4), true]);
    expect(await pageOf({ before: ids[2], limit: 2 })).toEqual([ids.slice(0, 2), false]);
    expect(await pageOf({ before: ids[0] })).toEqual([[], false]);
    expect(await pageOf({ before: ids[4], order: 'desc', limit: 100 })).toEqual([[ids[6], ids[5]], false]);
    expect(await pageOf({ after: ids[1], before: ids[5], limit: 2 })).toEqual([ids.slice(2, 4), true]);
  });
});

describe('what an alert is told', () => {
  test.each<[string, () => SpendAlertCreateParams, string]>([
    ['a threshold of nothing', () => wish({ threshold_amount: 0 }), 'threshold_amount'],
    ['a negative threshold', () => wish({ threshold_amount: -5 }), 'threshold_amount'],
    ['a threshold in parts of a cent', () => wish({ threshold_amount: 0.5 }), 'threshold_amount'],
    ['a threshold past what counts exactly', () => wish({ threshold_amount: 1e12 }), 'threshold_amount'],
    ['another currency', () => wish({ currency: 'EUR' as never }), 'currency'],
    ['another interval', () => wish({ interval: 'day' as never }), 'interval'],
    ['another channel', () => channel({ type: 'sms' }), 'notification_channel.type'],
    ['nobody', () => channel({ recipients: [] }), 'notification_channel.recipients'],
    [
      'more than 20 people',
      () => channel({ recipients: Array.from({ length: 21 }, (_, index) => `a${index}@example.com`) }),
      'notification_channel.recipients',
    ],
    ['no address', () => channel({ recipients: ['a@b.example', 'ada'] }), 'notification_channel.recipients[1]'],
    [
      'an address with a header behind it',
      () => channel({ recipients: ['a@example.com\r\nBcc: b@example.com'] }),
      'notification_channel.recipients[0]',
    ],
    [
      'an address that is too long',
      () => channel({ recipients: [`${'a.'.repeat(1_000_000)}a@example.com`] }),
      'notification_channel.recipients[0]',
    ],
    [
      'a subject with a header behind it',
      () => channel({ subject_prefix: 'x\r\nBcc: b@example.com' }),
      'notification_channel.subject_prefix',
    ],
    ['a subject with a NUL', () => channel({ subject_prefix: 'x\u0000' }), 'notification_channel.subject_prefix'],
    ['a long subject', () => channel({ subject_prefix: 'x'.repeat(65) }), 'notification_channel.subject_prefix'],
    ['a member too many', () => channel({ webhook: 'https://example.com' }), 'notification_channel.webhook'],
  ])('is refused when it is %s', async (_name, body, param) => {
    const { projectId } = here().tenant;
    const refused = expect(ofProject(projectId).create(body())).rejects;
    await refused.toBeInstanceOf(BadRequestError);
    await expect(ofOrganization().create(body())).rejects.toMatchObject({ status: 400, param });
    expect((await walk(ofProject(projectId).list())).ids).toEqual([]);
  });
});

describe('whose alerts they are (I5)', () => {
  test("a project's are neither another's nor the organization's", async () => {
    const [ours, theirs] = [ofProject(await newProject()), ofProject(await newProject())];
    const organizations = await cleared(ofOrganization());
    const { id } = await ours.create(wish());
    for (const others of [theirs, organizations]) {
      await expect(others.retrieve(id)).rejects.toBeInstanceOf(NotFoundError);
      await expect(others.update(id, wish())).rejects.toBeInstanceOf(NotFoundError);
      await expect(others.delete(id)).rejects.toBeInstanceOf(NotFoundError);
      expect((await walk(others.list())).ids).toEqual([]);
    }
    expect((await walk(ours.list())).ids).toEqual([id]);
  });

  test('a missing project has none, and "organization" is no project', async () => {
    await (await cleared(ofOrganization())).create(wish());
    for (const id of ['proj_missing', 'organization']) {
      await expect(ofProject(id).list()).rejects.toBeInstanceOf(NotFoundError);
      await expect(ofProject(id).create(wish())).rejects.toBeInstanceOf(NotFoundError);
    }
  });

  test('an archived project keeps its alerts to be read, and they do not change', async () => {
    const projectId = await newProject();
    const alerts = ofProject(projectId);
    const { id } = await alerts.create(wish());
    await organization().projects.archive(projectId);
    expect((await alerts.retrieve(id)).id).toBe(id);
    expect((await walk(alerts.list())).ids).toEqual([id]);
    for (const change of [() => alerts.create(wish()), () => alerts.update(id, wish()), () => alerts.delete(id)]) {
      await expect(change()).rejects.toBeInstanceOf(ConflictError);
    }
  });
});
