/** What guardrails found, as the control plane lists, opens and counts it. */
import { APIError, NotFoundError } from 'openai';
import { sortableId } from '../../shared/ids.ts';
import type { SafetyFinding } from '../../shared/safety/finding.ts';
import type { AboutCall, Violation } from '../../shared/violations/violation.ts';
import { mostRead, violationPage, violationQuerySchema } from '../../shared/violations/violation-query.ts';
import { mostCounted, violationReport } from '../../shared/violations/violation-report.ts';
import { dynamoViolationStore } from '../../shared/violations/violation-store.ts';
import { newAdminKey } from '../security/support/keys.ts';
import { adminKey, type Tenant } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';
import { violationAt } from '../support/violations.ts';

const here = scene();
const secret = 'the secret of this tenant';
const now = () => here().gateway.clock.nowMs;
const dayMs = 86_400_000;

type Shown = Readonly<Record<string, unknown>> & { readonly id: string };
type List = {
  readonly data: readonly Shown[];
  readonly has_more: boolean;
  readonly first_id: string | null;
  readonly last_id: string | null;
};
type Query = Readonly<Record<string, string | number | readonly string[]>>;

const get = <Answer>(path: string, query: Query = {}, key = adminKey): Promise<Answer> =>
  here()
    .gateway.withKey(key)
    .get(`/organization/projects/${path}`, { query: { ...query } });
const list = (projectId: string, query: Query = {}, key = adminKey) => get<List>(`${projectId}/violations`, query, key);
const report = (projectId: string, query: Query = {}) =>
  get<Record<string, unknown>>(`${projectId}/violations/report`, query);
const ids = ({ data }: List) => data.map(({ id }) => id);

let tenant: Tenant;
beforeEach(async () => {
  tenant = await here().gateway.tenant('watched');
  await holdTo(here().database, tenant.projectId, { contentSecret: secret });
});

async function happened(
  agoMs: number,
  found: Partial<SafetyFinding> = {},
  about: Partial<AboutCall> = {},
): Promise<Violation> {
  const { db, names } = here().database;
  const call = { projectId: tenant.projectId, contentSecret: secret, ...about };
  const violation = violationAt(now() - agoMs, found, call);
  await dynamoViolationStore(db, names.violations).append(violation);
  return violation;
}

describe('the list of violations', () => {
  test('shows what was found, in whose call, with scores and without content', async () => {
    const { id, createdAt, digest } = await happened(1_000, {}, { streamed: true, logContent: true });
    expect(await list(tenant.projectId)).toEqual({
      object: 'list',
      data: [
        {
          object: 'project.violation',
          id,
          created_at: createdAt,
          stage: 'input',
          guardrail: 'moderation',
          action: 'blocked',
          categories: ['violence'],
          scores: { violence: 0.91, hate: 0.02 },
          digest,
          policy_version: 3,
          model: 'test-model',
          streamed: true,
          api_key_id: 'key_a',
          service_account_id: 'svc_a',
          request_id: 'request',
          content_kept: true,
        },
      ],
      first_id: id,
      last_id: id,
      has_more: false,
    });
  });

  test('goes in pages, newest first or oldest first', async () => {
    const made: string[] = [];
    for (let index = 0; index < 5; index++) made.push((await happened(5_000 - index * 1_000)).id);
    for (const order of ['asc', 'desc']) {
      const seen: string[] = [];
      const more: boolean[] = [];
      for (let after: string | null = '', pages = 0; after !== null && pages < 9; pages++) {
        const page: List = await list(tenant.projectId, { limit: 2, order, ...(after && { after }) });
        seen.push(...ids(page));
        more.push(page.has_more);
        after = page.has_more ? page.last_id : null;
      }
      expect(seen).toEqual(order === 'asc' ? made : made.toReversed());
      expect(more).toEqual([true, true, false]);
    }
    expect(await list(tenant.projectId, { after: made[0] ?? '' })).toMatchObject({ data: [], last_id: null });
  });

  test('has those that are asked for', async () => {
    const input = await happened(3_000, { categories: ['hate', 'violence'] });
    const output = await happened(
      2_000,
      { stage: 'output', action: 'flagged', categories: ['hate'] },
      { apiKeyId: 'key_b' },
    );
    const injection = await happened(1_000, { guardrail: 'injection', categories: ['prompt_injection'] });
    const asked = async (query: Query) => ids(await list(tenant.projectId, query));
    expect(await asked({ stage: 'output' })).toEqual([output.id]);
    expect(await asked({ action: 'blocked' })).toEqual([injection.id, input.id]);
    expect(await asked({ guardrail: 'injection' })).toEqual([injection.id]);
    expect(await asked({ category: 'hate' })).toEqual([output.id, input.id]);
    expect(await asked({ api_key_id: 'key_b' })).toEqual([output.id]);
    expect(await asked({ category: 'hate', stage: 'input' })).toEqual([input.id]);
    expect(await asked({ category: 'harassment/threatening' })).toEqual([]);
    expect(await list(tenant.projectId, { action: 'blocked', limit: 1 })).toMatchObject({ has_more: true });
  });

  test("has nothing of another project's, whose cursor is but a place in time (I5)", async () => {
    const other = await here().gateway.tenant('other');
    const theirs = await happened(2_000, {}, { projectId: other.projectId });
    const older = await happened(3_000);
    const newer = await happened(1_000);
    expect(ids(await list(tenant.projectId))).toEqual([newer.id, older.id]);
    expect(ids(await list(tenant.projectId, { after: theirs.id }))).toEqual([older.id]);
    expect(ids(await list(other.projectId))).toEqual([theirs.id]);
    expect(await report(tenant.projectId)).toMatchObject({ total_violations: 2 });
    expect(await report(other.projectId)).toMatchObject({ total_violations: 1 });
  });

  test('ends where violations expire, whether or not DynamoDB has deleted them yet', async () => {
    await happened(90 * dayMs + 1_000);
    const kept = await happened(90 * dayMs - 1_000);
    expect(ids(await list(tenant.projectId))).toEqual([kept.id]);
    expect(ids(await list(tenant.projectId, { order: 'asc' }))).toEqual([kept.id]);
  });

  test.each<[string, Query]>([
    ['stage', { stage: 'middle' }],
    ['guardrail', { guardrail: 'firewall' }],
    ['action', { action: 'allowed' }],
    ['category', { category: 'HATE' }],
    ['category', { category: 'x'.repeat(65) }],
    ['api_key_id', { api_key_id: 'a b' }],
    ['include[0]', { include: 'scores' }],
    ['limit', { limit: 0 }],
    ['limit', { limit: 101 }],
    ['after', { after: 'viol_' }],
    ['after', { after: 'proj_00000000000000000000' }],
    ['order', { order: 'up' }],
    ['days', { days: 3 }],
  ])('names the parameter %s where it is wrong: %j', async (param, query) => {
    await expect(list(tenant.projectId, query)).rejects.toMatchObject({ status: 400, param });
  });

  test('of a missing project is a 404, and so is the report', async () => {
    await expect(list('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
    await expect(report('proj_missing')).rejects.toBeInstanceOf(NotFoundError);
  });
});

describe('the content of a violation', () => {
  const text = 'canary-content-5a1d';
  const content = async (query: Query = { include: ['content'] }) => (await list(tenant.projectId, query)).data;

  test('is shown where it was kept and is asked for', async () => {
    await happened(2_000, { text }, { logContent: true });
    await happened(1_000, { text });
    expect(await content()).toMatchObject([
      { content: null, content_kept: false, content_truncated: false },
      { content: text, content_kept: true, content_truncated: false },
    ]);
    expect(JSON.stringify(await content({}))).not.toContain(text);
    expect(JSON.stringify(await report(tenant.projectId))).not.toContain(text);
  });

  test('is for keys that may read violations, as the list is', async () => {
    await happened(1_000, { text }, { logContent: true });
    const { gateway } = here();
    const reader = await newAdminKey(gateway, ['api.violations.read']);
    expect(await list(tenant.projectId, { include: 'content' }, reader.value)).toMatchObject({
      data: [{ content: text }],
    });
    for (const scope of ['api.management.read', 'api.management.write', 'api.audit_logs.read', 'api.usage.read']) {
      const { value } = await newAdminKey(gateway, [scope]);
      const refused = list(tenant.projectId, { include: 'content' }, value);
      await expect(refused).rejects.toMatchObject({ status: 403, code: 'insufficient_permissions' });
      await expect(refused.catch((error: unknown) => String(error))).resolves.not.toContain(text);
    }
  });

  test('that was sealed for another project cannot be opened, and the rest of the list is there (I5)', async () => {
    await happened(2_000, { text }, { logContent: true, contentSecret: 'the secret of somebody else' });
    await happened(1_000, { text: 'mine' }, { logContent: true });
    expect(await content()).toMatchObject([{ content: 'mine' }, { content: null, content_kept: true }]);
    const warnings = here().gateway.logs.filter(({ level }) => level === 'warn');
    expect(warnings.map(({ message }) => message)).toEqual(['content of a violation cannot be opened']);
    await holdTo(here().database, tenant.projectId, { contentSecret: null });
    expect((await content()).map(({ content }) => content)).toEqual([null, null]);
  });

  test('is in no log and no metric, however it is read (I6)', async () => {
    await happened(1_000, { text }, { logContent: true });
    await content();
    await report(tenant.projectId);
    const { logs, metrics, events } = here().gateway;
    expect(JSON.stringify([logs, metrics, events])).not.toContain(text);
  });
});

describe('the report', () => {
  test('counts what was found, to the last one', async () => {
    here().gateway.clock.nowMs = Date.parse('2026-11-22T10:00:00Z');
    const hour = 3_600_000;
    const found: [agoMs: number, finding: Partial<SafetyFinding>, about?: Partial<AboutCall>][] = [
      // 22 November.
      [1 * hour, { categories: ['hate', 'violence'] }],
      [10 * hour, { categories: ['hate'], stage: 'output', action: 'flagged' }, { apiKeyId: 'key_b' }],
      // 21 November, its last millisecond and its first.
      [10 * hour + 1, { categories: ['prompt_injection'], guardrail: 'injection' }],
      [34 * hour, { categories: ['email'], guardrail: 'redaction', action: 'redacted' }],
      // 20 November.
      [34 * hour + 1, { categories: ['unavailable'] }],
    ];
    const made: Violation[] = [];
    for (const one of found) made.push(await happened(...one));
    expect(await report(tenant.projectId, { days: 2 })).toEqual({
      object: 'project.violation_report',
      days: 2,
      start_time: Date.parse('2026-11-21T00:00:00Z') / 1000,
      end_time: now() / 1000,
      total_violations: 4,
      category_counts: { hate: 2, email: 1, prompt_injection: 1, violence: 1 },
      stage_counts: { input: 3, output: 1 },
      guardrail_counts: { moderation: 2, injection: 1, redaction: 1 },
      action_counts: { blocked: 2, flagged: 1, redacted: 1 },
      api_key_counts: { key_a: 3, key_b: 1 },
      trend: [
        { date: '2026-11-21', total_violations: 2 },
        { date: '2026-11-22', total_violations: 2 },
      ],
      recent_violations: [3, 2, 1, 0].map((index) => expect.objectContaining({ id: made[index]?.id })),
      truncated: false,
      counted_since: Date.parse('2026-11-21T00:00:00Z') / 1000,
    });
    expect(await report(tenant.projectId)).toMatchObject({ days: 30, total_violations: 5 });
  });

  test('has every day of the period, and the last ten violations in order of time', async () => {
    const made: string[] = [];
    for (let index = 11; index >= 0; index--) made.push((await happened(index * 1_000)).id);
    const { trend, recent_violations } = await report(tenant.projectId, { days: 90 });
    const days = (trend as { date: string; total_violations: number }[]).map(({ date }) => date);
    expect(days).toHaveLength(90);
    expect(new Set(days).size).toBe(90);
    expect(days.at(-1)).toBe(new Date(now()).toISOString().slice(0, 10));
    expect((recent_violations as Shown[]).map(({ id }) => id)).toEqual(made.slice(2));
  });

  test('of nothing is nothing, for every day', async () => {
    const { trend, ...rest } = await report(tenant.projectId, { days: 7 });
    expect(trend).toHaveLength(7);
    expect(rest).toMatchObject({ total_violations: 0, category_counts: {}, recent_violations: [], truncated: false });
  });

  test.each(['0', '91', '-1', '1.5', 'all', ''])('of %j days is refused by the name of days', async (days) => {
    await expect(report(tenant.projectId, { days })).rejects.toMatchObject({ status: 400, param: 'days' });
  });
});

describe('where there is more than can be read at once', () => {
  const nowMs = Date.parse('2026-11-22T10:00:00Z');
  /** A second apart, the newest first. */
  const many = (count: number) => ({
    async *within() {
      const one = violationAt(nowMs);
      for (let index = 0; index < count; index++) {
        const atMs = nowMs - index * 1_000;
        yield { ...one, id: sortableId('viol_', atMs), createdAt: atMs / 1000 };
      }
    },
  });
  const deps = (count: number) => ({ violations: many(count), now: () => nowMs });
  const nobody = violationQuerySchema.parse({ api_key_id: 'key_nobody' });

  test('a page that few pass is short, and says where to go on', async () => {
    const page = await violationPage(deps(mostRead + 1), 'proj', nobody);
    expect(page).toMatchObject({ items: [], hasMore: true, readUpTo: expect.stringMatching(/^viol_/) });
    expect(await violationPage(deps(mostRead - 1), 'proj', nobody)).toEqual({
      items: [],
      hasMore: false,
      readUpTo: null,
    });
  });

  test('a report counts the newest, and says since when', async () => {
    const found = await violationReport(deps(mostCounted + 1), 'proj', 30);
    expect(found).toMatchObject({
      total_violations: mostCounted,
      truncated: true,
      counted_since: nowMs / 1000 - mostCounted + 1,
    });
    expect(await violationReport(deps(mostCounted), 'proj', 30)).toMatchObject({
      total_violations: mostCounted,
      truncated: false,
    });
  });
});

describe('while the table of violations is down', () => {
  const without = scene({
    override: ({ db }) => ({
      db: new Proxy(db, {
        get(target, property, receiver) {
          if (property !== 'send') return Reflect.get(target, property, receiver);
          return async (command: { readonly input: { readonly TableName?: string } }) => {
            if (command.input.TableName?.endsWith('violations')) throw new Error('connect ECONNREFUSED');
            return target.send(command as never);
          };
        },
      }),
    }),
  });

  test.each(['violations', 'violations/report'])('%s is a 503, and not an empty answer (I12)', async (path) => {
    const { gateway, tenant: theirs } = without();
    const asked = gateway.withKey(adminKey).get(`/organization/projects/${theirs.projectId}/${path}`);
    await expect(asked).rejects.toMatchObject({ status: 503, code: 'overloaded' });
    await expect(asked).rejects.toBeInstanceOf(APIError);
  });
});
