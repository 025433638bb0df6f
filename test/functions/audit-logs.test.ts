/** `client.admin.organization.auditLogs` of the official package, against the real functions. */
import type { AuditLogListParams } from 'openai/resources/admin/organization/audit-logs';
import { auditFailure, auditIntent } from '../../shared/audit-logs/audit-entry.ts';
import { dynamoAuditLogStore } from '../../shared/audit-logs/audit-log-store.ts';
import { sortableId } from '../../shared/ids.ts';
import { moreOf, walk } from '../support/pages.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const organization = () => here().gateway.admin().admin.organization;
const seconds = () => Math.floor(here().gateway.clock.nowMs / 1000);
const list = async (query: AuditLogListParams = {}) => (await organization().auditLogs.list(query)).data;
const ids = async (query: AuditLogListParams = {}) => (await walk(organization().auditLogs.list(query))).ids;

/** Projects, each created a second after the last; the entries of just these are those of `actor`. */
async function changes(count: number) {
  const { gateway } = here();
  const { id: actor, value } = await organization().adminAPIKeys.create({ name: 'actor' });
  const { projects } = gateway.admin(value).admin.organization;
  const made: { project: string; at: number }[] = [];
  for (let index = 0; index < count; index++) {
    gateway.clock.nowMs += 1_000;
    made.push({ project: (await projects.create({ name: `p${index}` })).id, at: seconds() });
  }
  const newestFirst = await ids({ actor_ids: [actor], limit: 100 });
  expect(newestFirst).toHaveLength(count);
  return { actor, made, entries: [...newestFirst].reverse() };
}

describe('an entry', () => {
  test("is the SDK's object, with what was before and after", async () => {
    const { actor, made } = await changes(1);
    const [{ project: id } = { project: '' }] = made;
    const [entry] = await list({ actor_ids: [actor] });
    const after = await organization().projects.retrieve(id);
    expect(entry).toEqual({
      id: expect.stringMatching(/^audit_log-[0-9A-Za-z]{20}$/),
      type: 'project.created',
      effective_at: seconds(),
      project: { id },
      actor: {
        type: 'api_key',
        api_key: { id: actor },
        session: { ip_address: '127.0.0.1', user_agent: expect.stringMatching(/OpenAI\/JS/) },
      },
      'project.created': { id, data: { name: 'p0', title: 'p0' } },
      before: null,
      after,
      outcome: 'succeeded',
      status: 200,
      error_code: null,
      resource_ids: [id],
      request_id: expect.any(String),
      route: 'POST /organization/projects',
    });
  });

  test('of a change tells the one from the other', async () => {
    const { id } = await organization().projects.create({ name: 'old' });
    here().gateway.clock.nowMs += 1;
    await organization().projects.update(id, { name: 'new' });
    here().gateway.clock.nowMs += 1;
    await organization().projects.archive(id);
    const [archived, updated] = await list({ resource_ids: [id] });
    expect(updated).toMatchObject({
      type: 'project.updated',
      'project.updated': { id, changes_requested: { title: 'new' } },
      before: { name: 'old' },
      after: { name: 'new' },
    });
    expect(archived).toMatchObject({
      type: 'project.archived',
      'project.archived': { id },
      before: { status: 'active' },
      after: { status: 'archived' },
    });
  });

  test('of a service account tells of the keys that came and went with it', async () => {
    const { projectId: project_id, accountId } = await here().gateway.tenant();
    const [first] = (await organization().projects.apiKeys.list(project_id)).data;
    here().gateway.clock.nowMs += 1;
    const second = await organization().projects.serviceAccounts.apiKeys.create(accountId, { project_id });
    here().gateway.clock.nowMs += 1;
    await organization().projects.serviceAccounts.delete(accountId, { project_id });
    const types = async (id = '') => (await list({ resource_ids: [id] })).map(({ type }) => type);
    expect(await types(first?.id)).toEqual(['service_account.deleted', 'service_account.created']);
    expect(await types(second.id)).toEqual(['service_account.deleted', 'api_key.created']);
  });

  test('that is begun and never ended says so', async () => {
    const { gateway, database } = here();
    const store = dynamoAuditLogStore(database.db, database.names.auditLogs);
    const intent = auditIntent({
      id: sortableId('audit_log-', gateway.clock.nowMs),
      type: 'api_key.deleted',
      route: 'DELETE /somewhere',
      requestId: 'r',
      apiKeyId: 'key_killed',
      address: '192.0.2.1',
      userAgent: undefined,
      params: { project_id: 'proj_killed', api_key_id: 'key_x' },
    });
    await store.begin(intent);
    const [entry] = await list({ actor_ids: ['key_killed'] });
    expect(entry).toMatchObject({
      id: intent.id,
      outcome: 'unfinished',
      status: null,
      resource_ids: ['proj_killed', 'key_x'],
    });
    expect(entry).not.toHaveProperty('before');
    await expect(store.begin(intent)).rejects.toMatchObject({ why: 'overloaded' });
    await store.complete(auditFailure(intent, { finishedAt: seconds(), status: 404, code: 'not_found' }));
    expect(await list({ actor_ids: ['key_killed'] })).toMatchObject([{ outcome: 'failed', error_code: 'not_found' }]);
  });
});

describe('listing', () => {
  test.each([
    [1, 3],
    [2, 4],
    [3, 4],
    [20, 4],
  ])('in pages of %i walks over all %i, newest first', async (limit, count) => {
    const { actor, entries } = await changes(count);
    const walked = await walk(organization().auditLogs.list({ actor_ids: [actor], limit }));
    expect(walked).toEqual({ ids: [...entries].reverse(), more: moreOf(count, limit) });
  });

  test('before an entry is the page that is nearest to it, newest first as well', async () => {
    const { actor, entries } = await changes(5);
    const [first = '', second, third, fourth, fifth = ''] = entries;
    const preceding = async (id: string, limit: number) => {
      const page = await organization().auditLogs.list({ actor_ids: [actor], before: id, limit });
      return { ids: page.data.map((entry) => entry.id), more: page.has_more };
    };
    expect(await preceding(first, 3)).toEqual({ ids: [fourth, third, second], more: true });
    expect(await preceding(first, 4)).toEqual({ ids: [fifth, fourth, third, second], more: false });
    expect(await preceding(fifth, 4)).toEqual({ ids: [], more: false });
  });

  test('walks over months, and over those without entries', async () => {
    const { clock } = here().gateway;
    const dayMs = 86_400_000;
    const { actor, entries } = await changes(2);
    const store = dynamoAuditLogStore(here().database.db, here().database.names.auditLogs);
    const old: string[] = [];
    for (const ageMs of [230 * dayMs, 40 * dayMs]) {
      const id = sortableId('audit_log-', clock.nowMs - ageMs);
      const params = {};
      await store.begin(
        auditIntent({
          id,
          type: 't.t',
          route: 'r',
          requestId: 'r',
          apiKeyId: actor,
          address: 'a',
          userAgent: 'u',
          params,
        }),
      );
      old.push(id);
    }
    const all = [...old, ...entries];
    expect(await ids({ actor_ids: [actor], limit: 1 })).toEqual([...all].reverse());
    const page = await organization().auditLogs.list({ actor_ids: [actor], before: old[0] ?? '', limit: 2 });
    expect(page.data.map(({ id }) => id)).toEqual([all[2], all[1]]);
    expect(await ids({ actor_ids: [actor], effective_at: { lt: seconds() - 30 * 86_400 } })).toEqual(
      [...old].reverse(),
    );
  });

  test.each([
    ['gt', 2, [3, 4]],
    ['gte', 2, [2, 3, 4]],
    ['lt', 2, [0, 1]],
    ['lte', 2, [0, 1, 2]],
  ] as const)('with effective_at[%s] holds what is in that range', async (bound, at, expected) => {
    const { actor, made, entries } = await changes(5);
    const found = await ids({ actor_ids: [actor], effective_at: { [bound]: made[at]?.at } });
    expect(found).toEqual(expected.map((index) => entries[index]).reverse());
  });

  test('with two bounds holds what is within both', async () => {
    const { actor, made, entries } = await changes(4);
    const effective_at = { gt: made[0]?.at ?? 0, lte: made[2]?.at ?? 0 };
    expect(await ids({ actor_ids: [actor], effective_at })).toEqual([entries[2], entries[1]]);
    expect(await ids({ actor_ids: [actor], effective_at: { gt: seconds(), lt: seconds() - 9 } })).toEqual([]);
  });

  test('with filters holds what passes all of them', async () => {
    const { actor, made, entries } = await changes(3);
    const [{ project } = { project: '' }] = made;
    const one = [entries[0]];
    expect(await ids({ project_ids: [project] })).toEqual(one);
    expect(await ids({ resource_ids: [project, 'else'] })).toEqual(one);
    expect(await ids({ actor_ids: [actor], event_types: ['project.created'], project_ids: [project] })).toEqual(one);
    expect(await ids({ actor_ids: [actor], event_types: ['project.updated', 'user.added'] })).toEqual([]);
    expect(await ids({ actor_ids: [actor], actor_emails: ['a@example.org'] })).toEqual([]);
    expect(await ids({ actor_ids: [actor], tenant_only: true })).toEqual([]);
    expect((await list({ resource_ids: [actor], tenant_only: true })).map(({ type }) => type)).toEqual([
      'tenant.admin_api_key.created',
    ]);
  });

  test.each([
    [{ limit: 0 }, 'limit'],
    [{ limit: 101 }, 'limit'],
    [{ after: 'audit_log-x' }, 'after'],
    [{ before: '../..' }, 'before'],
    [{ effective_at: { gt: -1 } }, 'effective_at[gt]'],
    [{ effective_at: { eq: 1 } as object }, 'effective_at[eq]'],
    [{ after: `audit_log-${'0'.repeat(20)}`, before: `audit_log-${'0'.repeat(20)}` }, 'before'],
  ])('refuses %j and names what is wrong', async (query, param) => {
    await expect(list(query)).rejects.toMatchObject({ status: 400, param });
  });

  test.each([`audit_log-${'0'.repeat(20)}`, `audit_log-${'z'.repeat(20)}`])(
    'from the cursor %s fails at nothing',
    async (cursor) => {
      await list({ after: cursor });
      await list({ before: cursor });
    },
  );
});
