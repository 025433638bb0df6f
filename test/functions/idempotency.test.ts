/** `Idempotency-Key` on the mutations of the control plane, as the official package sends it. */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';

const here = scene();
const organization = (key?: string) => here().gateway.admin(key).admin.organization;
const under = (idempotencyKey: string) => ({ headers: { 'Idempotency-Key': idempotencyKey } });
const named = async (name: string): Promise<number> => {
  let count = 0;
  for await (const project of organization().projects.list({ limit: 100 })) if (project.name === name) count++;
  return count;
};
const rows = async () => {
  const { db, names } = here().database;
  const { Items = [] } = await db.send(new ScanCommand({ TableName: names.idempotency }));
  return Items;
};

const post = (path: string, headers: Record<string, string>, body: string) =>
  here().gateway.fetch(`http://gateway.test/v1${path}`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${adminKey}`, 'content-type': 'application/json', ...headers },
    body,
  });

describe('a mutation that is sent again under its key', () => {
  test('is made once, and answered alike', async () => {
    const first = await organization().projects.create({ name: 'once' }, under('once-1')).withResponse();
    const again = await organization().projects.create({ name: 'once' }, under('once-1')).withResponse();
    expect(again.data).toEqual(first.data);
    expect(first.response.headers.get('idempotent-replayed')).toBeNull();
    expect(again.response.headers.get('idempotent-replayed')).toBe('true');
    expect(again.response.headers.get('x-request-id')).not.toBe(first.response.headers.get('x-request-id'));
    expect(await named('once')).toBe(1);
    const entries = await organization().auditLogs.list({ resource_ids: [first.data.id] });
    expect(entries.data).toHaveLength(1);
  });

  test("gives the value of a new key again, which is nowhere in the table, and which another's token does not find", async () => {
    const create = (key?: string) => organization(key).adminAPIKeys.create({ name: 'again' }, under('key-1'));
    const first = await create();
    expect((await create()).value).toBe(first.value);
    const kept = JSON.stringify(await rows(), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    for (const secret of [first.value, first.value.slice(-38), adminKey, first.id, 'key-1', 'again']) {
      expect(kept).not.toContain(secret);
    }
    expect((await create(first.value)).id).not.toBe(first.id);
  });

  test('is made once however many come at the same time', async () => {
    const attempts = await Promise.allSettled(
      Array.from({ length: 8 }, () => organization().projects.create({ name: 'rivals' }, under('rivals-1'))),
    );
    for (const attempt of attempts) {
      if (attempt.status === 'rejected') expect(attempt.reason).toMatchObject({ status: 409, code: 'conflict' });
    }
    const ids = attempts.flatMap((attempt) => (attempt.status === 'fulfilled' ? [attempt.value.id] : []));
    expect(new Set(ids).size).toBe(1);
    expect(await named('rivals')).toBe(1);
  });

  test('is refused again where it was refused', async () => {
    const remove = () => organization().projects.archive('proj_none', under('refused-1')).asResponse();
    await expect(remove()).rejects.toMatchObject({ status: 404 });
    await expect(remove()).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('no such project'),
      headers: expect.objectContaining({}),
    });
    const again = await post('/organization/projects/proj_none/archive', { 'Idempotency-Key': 'refused-1' }, '');
    expect(again.headers.get('idempotent-replayed')).toBe('true');
  });

  test('with another body is refused, and names the header', async () => {
    await organization().projects.create({ name: 'one body' }, under('body-1'));
    await expect(organization().projects.create({ name: 'another body' }, under('body-1'))).rejects.toMatchObject({
      status: 400,
      param: 'Idempotency-Key',
    });
    expect(await named('another body')).toBe(0);
  });

  test('is made again for another key, path or caller, and after a day', async () => {
    const make = (key = 'apart-1') => organization().projects.create({ name: 'apart' }, under(key));
    const { id } = await make();
    const ids = [id, (await make('apart-2')).id];
    await organization().projects.update(id, { name: 'apart' }, under('apart-1'));
    const { value } = await organization().adminAPIKeys.create({ name: 'x' });
    ids.push((await organization(value).projects.create({ name: 'apart' }, under('apart-1'))).id);
    here().gateway.clock.nowMs += 86_399_000;
    expect((await make()).id).toBe(id);
    here().gateway.clock.nowMs += 1_000;
    ids.push((await make()).id);
    expect(new Set(ids).size).toBe(4);
  });

  test('may be tried again where the first was invalid', async () => {
    await expect(organization().projects.create({ name: '' }, under('invalid-1'))).rejects.toMatchObject({
      status: 400,
    });
    await organization().projects.create({ name: 'valid' }, under('invalid-1'));
  });
});

describe('a request that was killed', () => {
  test('leaves its key taken: for as long as it may run, and then for as long as nobody knows', async () => {
    const { gateway } = here();
    const headers = { 'Idempotency-Key': 'killed-1' };
    await post('/organization/projects', headers, '{"name":"killed"}');
    const { db, names } = here().database;
    const { UpdateCommand } = await import('@aws-sdk/lib-dynamodb');
    for (const { id, claimedAtMs } of await rows()) {
      if (claimedAtMs !== gateway.clock.nowMs) continue;
      await db.send(
        new UpdateCommand({
          TableName: names.idempotency,
          Key: { id },
          UpdateExpression: 'SET #state = :claimed REMOVE answer',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':claimed': 'claimed' },
        }),
      );
    }
    gateway.clock.nowMs += 29_999;
    const early = await post('/organization/projects', headers, '{"name":"killed"}');
    expect(early.status).toBe(409);
    expect(early.headers.get('x-should-retry')).toBe('true');
    expect(early.headers.get('retry-after')).toBe('1');
    gateway.clock.nowMs += 1;
    const late = await post('/organization/projects', headers, '{"name":"killed"}');
    expect(late.status).toBe(409);
    expect(late.headers.get('x-should-retry')).toBe('false');
    expect(await late.text()).toContain('audit logs');
    expect(await named('killed')).toBe(1);
  });
});

describe('a key', () => {
  test.each(['', 'k'.repeat(256), 'a\tb', 'é'])('that is %j is refused, and nothing is made or kept', async (key) => {
    const before = (await rows()).length;
    const answer = await post('/organization/projects', { 'Idempotency-Key': key }, '{"name":"bad key"}');
    expect(answer.status).toBe(400);
    expect(JSON.parse(await answer.text()).error.param).toBe('Idempotency-Key');
    expect((await rows()).length).toBe(before);
    expect(await named('bad key')).toBe(0);
  });

  test('of 255 characters is taken', async () => {
    const key = '~ '.repeat(127).trim().padEnd(255, 'k');
    expect((await post('/organization/projects', { 'Idempotency-Key': key }, '{"name":"long"}')).status).toBe(200);
  });

  test('means nothing to what only reads, nor to a caller that is refused', async () => {
    const before = (await rows()).length;
    const { gateway, tenant } = here();
    await tenant.client.models.list(under('read-1'));
    await organization().projects.list({}, under('read-1'));
    const projectKey = gateway.admin(tenant.key).admin.organization;
    await expect(projectKey.projects.create({ name: 'x' }, under('read-1'))).rejects.toMatchObject({ status: 403 });
    await organization().projects.create({ name: 'without' });
    expect((await rows()).length).toBe(before);
  });
});
