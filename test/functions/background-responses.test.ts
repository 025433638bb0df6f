/** Responses in the background: POST /v1/responses with `background: true`, polled, cancelled and deleted through the official SDK. */
import { ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import OpenAI from 'openai';
import { dynamoBackgroundResponseStore } from '../../shared/background-responses/background-response-store.ts';
import { folderBodies } from '../../shared/bodies/folder-bodies.ts';
import { dynamoQueueStore } from '../../shared/queues/queue-store.ts';
import type { Tenant } from '../support/gateway.ts';
import { oneProvider, testGateway } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';
import { answer, refusal, type Script } from '../support/scripted-provider.ts';
import { respondedWith, response, responseUsage } from '../support/scripted-responses.ts';

const on = scene();
const question = { model: 'test-model', input: 'Say hello', background: true };

const errorOf = async (work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error(`no error of the API, but ${error}`);
  return error;
};

/** Answers when it is told to. */
function gate(): { readonly script: Script; readonly asked: Promise<void>; readonly open: () => void } {
  let open = () => {};
  let reached = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  const asked = new Promise<void>((resolve) => {
    reached = resolve;
  });
  const script: Script = async (http, question) => {
    reached();
    await opened;
    await answer(respondedWith('At last'))(http, question);
  };
  return { script, asked, open };
}

const messages = async () => {
  const { database } = on();
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.queueTable }));
  return Items;
};
const rowsOf = async (table: 'backgroundResponses' | 'responses', projectId: string): Promise<unknown[]> => {
  const { database } = on();
  const { Items = [] } = await database.db.send(new ScanCommand({ TableName: database.names[table] }));
  return Items.filter(({ id, projectId: owner }) => owner === projectId || String(id).startsWith(`${projectId}#`));
};

beforeEach(async () => {
  const { gateway, database } = on();
  // What another test has left.
  const store = dynamoQueueStore(database.db, database.queueTable);
  const nowMs = gateway.clock.nowMs + 1e9;
  for (const one of await store.receive('responses', {
    nowMs,
    visibleAgainAtMs: nowMs,
    most: 1_000,
    maxReceives: 1_000,
  }))
    await store.delete(one);
});

describe('a response in the background', () => {
  test('is queued at once, and completed by a worker, under the id that its caller has', async () => {
    const { gateway, provider, ledger } = on();
    const { client, projectId } = await gateway.tenant();
    provider.script = answer(respondedWith('Grüße 🌍', responseUsage(100, 20, 40)));
    const queued = await client.responses.create({ ...question, metadata: { topic: 'greetings' } });
    expect(queued).toMatchObject({
      object: 'response',
      status: 'queued',
      background: true,
      store: true,
      model: 'test-model',
      output: [],
      metadata: { topic: 'greetings' },
    });
    expect(queued.id).toMatch(/^resp_\w{20}$/);
    expect(provider.asked).toEqual([]);
    expect(await client.responses.retrieve(queued.id)).toEqual(await client.responses.retrieve(queued.id));
    expect(await client.responses.retrieve(queued.id)).toMatchObject({ id: queued.id, status: 'queued' });

    expect(await gateway.runQueue('responses')).toBe(1);
    const done = await client.responses.retrieve(queued.id);
    expect(done).toMatchObject({
      id: queued.id,
      created_at: queued.created_at,
      status: 'completed',
      background: true,
      output_text: 'Grüße 🌍',
      usage: { input_tokens: 100, output_tokens: 20 },
    });
    expect(provider.asked.map(({ body }) => [body['input'], 'background' in body, body['store']])).toEqual([
      ['Say hello', false, false],
    ]);
    expect(await ledger(projectId)).toMatchObject([
      { requestId: queued.id, outcome: 'succeeded', inputTokens: 100, outputTokens: 20, costMicroUsd: 150 },
    ]);
    expect(await rowsOf('backgroundResponses', projectId)).toEqual([]);
  });

  test('is in progress while its worker waits for the model', async () => {
    const { gateway, provider } = on();
    const { client } = await gateway.tenant();
    const { script, asked, open } = gate();
    provider.script = script;
    const { id } = await client.responses.create(question);
    const running = gateway.runQueue('responses');
    await asked;
    expect((await client.responses.retrieve(id)).status).toBe('in_progress');
    open();
    await running;
    expect(await client.responses.retrieve(id)).toMatchObject({ status: 'completed', output_text: 'At last' });
  });

  test('may be incomplete', async () => {
    const { gateway, provider, tenant } = on();
    provider.script = answer(response('incomplete', [], { incomplete_details: { reason: 'max_output_tokens' } }));
    const { id } = await tenant.client.responses.create(question);
    await gateway.runQueue('responses');
    expect(await tenant.client.responses.retrieve(id)).toMatchObject({
      id,
      status: 'incomplete',
      incomplete_details: { reason: 'max_output_tokens' },
    });
  });

  test('with a large request is made as any other, and its request is gone then', async () => {
    const { gateway, provider, tenant } = on();
    const input = 'Grüße '.repeat(20_000);
    const { id } = await tenant.client.responses.create({ ...question, input });
    await gateway.runQueue('responses');
    expect((await tenant.client.responses.retrieve(id)).status).toBe('completed');
    expect(provider.asked.map(({ body }) => body['input'])).toEqual([input]);
    const bodies = folderBodies(gateway.live.env.bodies.folder ?? '');
    expect(await bodies.get(`responses/${tenant.projectId}/${id}/request`)).toBeUndefined();
  });

  test('has its ids in the queue, and nothing else (I6)', async () => {
    const { tenant } = on();
    const { id } = await tenant.client.responses.create({ ...question, input: 'a secret of the caller' });
    expect(await messages()).toMatchObject([{ message: { projectId: tenant.projectId, responseId: id } }]);
    expect(JSON.stringify(await messages())).not.toContain('secret');
  });

  test('under an Idempotency-Key is made once, however often it is asked for', async () => {
    const { gateway, provider, tenant } = on();
    const options = { headers: { 'Idempotency-Key': 'background-once' } };
    const first = await tenant.client.responses.create(question, options);
    await gateway.idle();
    const second = await tenant.client.responses.create(question, options);
    expect(second.id).toBe(first.id);
    expect(await messages()).toHaveLength(1);
    await gateway.runQueue('responses');
    expect(provider.asked).toHaveLength(1);
  });
});

describe('what is not taken in', () => {
  test.each<[string, object, number, string | null]>([
    ['is not to be stored', { store: false }, 400, 'store'],
    ['is to be streamed', { stream: true }, 400, 'background'],
    ['asks for a model that there is not', { model: 'no-such-model' }, 404, 'model'],
    ['asks for a model without a price', { model: 'unpriced' }, 400, 'model'],
    ['is no request', { input: [] }, 400, 'input'],
  ])('one that %s is refused at once', async (_, changes, status, param) => {
    const { client, projectId } = await on().gateway.tenant();
    const error = await errorOf(Promise.resolve(client.responses.create({ ...question, ...changes } as never)));
    expect([error.status, error.param]).toEqual([status, param]);
    expect(await messages()).toEqual([]);
    expect(await rowsOf('responses', projectId)).toEqual([]);
    expect(await rowsOf('backgroundResponses', projectId)).toEqual([]);
  });

  test('nor one for a model that its project may not use', async () => {
    const { gateway, database } = on();
    const { client, projectId } = await gateway.tenant();
    await holdTo(database, projectId, { modelPermissions: { mode: 'allow_list', modelIds: ['other'] } } as never);
    expect(await errorOf(client.responses.create(question))).toMatchObject({ status: 403, code: 'model_not_allowed' });
    expect(await messages()).toEqual([]);
  });

  test('where the queue is down its caller is told so, and there is no such response (I12)', async () => {
    const { database, provider } = on();
    const gateway = await testGateway(database, oneProvider(provider.baseURL), {
      environment: { QUEUE_TABLE: 'missing' },
    });
    const { client, projectId } = await gateway.tenant();
    expect(await errorOf(client.responses.create(question))).toMatchObject({ status: 503, code: 'overloaded' });
    expect(await rowsOf('responses', projectId)).toEqual([]);
    expect(await rowsOf('backgroundResponses', projectId)).toEqual([]);
  });
});

describe('what goes wrong', () => {
  const failed = async (tenant: Tenant, id: string) => {
    const { status, error, output } = await tenant.client.responses.retrieve(id);
    expect([status, output]).toEqual(['failed', []]);
    return error;
  };

  test("a provider's failure is the response's", async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = refusal(500, { message: 'boom' });
    const { id } = await tenant.client.responses.create(question);
    await gateway.runQueue('responses');
    expect(await failed(tenant, id)).toEqual({
      code: 'upstream_error',
      message: 'The model provider failed to answer.',
    });
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'failed', costMicroUsd: 0 }]);
    expect(await messages()).toEqual([]);
  });

  test('a key that is revoked meanwhile asks for nothing any more', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    const { id } = await tenant.client.responses.create(question);
    const { projects } = gateway.admin().admin.organization;
    const other = await projects.serviceAccounts.create(tenant.projectId, { name: 'other' });
    await projects.serviceAccounts.delete(tenant.accountId, { project_id: tenant.projectId });
    await gateway.runQueue('responses');
    expect(await failed({ ...tenant, client: gateway.withKey(other.api_key?.value ?? '') }, id)).toEqual({
      code: 'invalid_api_key',
      message: 'The API key that asked for this response is no longer valid.',
    });
    expect(provider.asked).toEqual([]);
  });

  test('a project that is archived meanwhile asks for nothing any more', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    await tenant.client.responses.create(question);
    await gateway.admin().admin.organization.projects.archive(tenant.projectId);
    await gateway.runQueue('responses');
    expect(provider.asked).toEqual([]);
    expect(await messages()).toEqual([]);
  });

  test('its limits are those of the time when it is made: it waits for them', async () => {
    const { gateway, provider, database } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { limits: { requestsPerMinute: 1, burst: 1 } } as never);
    const first = await tenant.client.responses.create(question);
    // In the order in which they were sent.
    gateway.clock.nowMs += 1;
    const second = await tenant.client.responses.create(question);
    expect(await gateway.runQueue('responses')).toBe(2);
    expect((await tenant.client.responses.retrieve(first.id)).status).toBe('completed');
    expect((await tenant.client.responses.retrieve(second.id)).status).toBe('queued');
    expect(provider.asked).toHaveLength(1);
    expect(await gateway.runQueue('responses')).toBe(0);
    gateway.clock.nowMs += 65_000;
    expect(await gateway.runQueue('responses')).toBe(1);
    expect((await tenant.client.responses.retrieve(second.id)).status).toBe('completed');
  });

  test('a budget that is used up is no reason to wait', async () => {
    const { gateway, provider, database } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { spendLimitMicroUsd: 1 });
    const { id } = await tenant.client.responses.create(question);
    await gateway.runQueue('responses');
    expect(await failed(tenant, id)).toMatchObject({ code: 'insufficient_quota' });
    expect(provider.asked).toEqual([]);
    expect(await messages()).toEqual([]);
  });

  test('what has waited for an hour fails with what it has waited for', async () => {
    const { gateway, database } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { limits: { requestsPerDay: 1 } } as never);
    await tenant.client.responses.create(question);
    await gateway.runQueue('responses');
    const { id } = await tenant.client.responses.create(question);
    let deliveries = 0;
    for (let minute = 0; minute < 62; minute += 1) {
      deliveries += await gateway.runQueue('responses');
      gateway.clock.nowMs += 60_000;
    }
    expect(await failed(tenant, id)).toMatchObject({ code: 'rate_limit_exceeded' });
    expect(deliveries).toBeLessThan(60);
    expect(await messages()).toEqual([]);
  });

  test('a message that is delivered twice is worked on once', async () => {
    const { gateway, provider, database, tenant, ledger } = on();
    const { script, asked, open } = gate();
    provider.script = script;
    const rows = (await ledger()).length;
    const { id } = await tenant.client.responses.create(question);
    const store = dynamoQueueStore(database.db, database.queueTable);
    await store.send('responses', 'msg_again', { projectId: tenant.projectId, responseId: id }, 0);
    const running = gateway.runQueue('responses');
    await asked;
    // It comes back when it is known whether the first has lived.
    expect(await gateway.runQueue('responses')).toBe(1);
    open();
    await running;
    gateway.clock.nowMs += 61_000;
    await gateway.runQueue('responses');
    expect(provider.asked).toHaveLength(1);
    expect((await tenant.client.responses.retrieve(id)).status).toBe('completed');
    expect(await ledger()).toHaveLength(rows + 1);
    expect(await messages()).toEqual([]);
  });

  test('what a dead worker has left is made by another, when its lease is over', async () => {
    const { gateway, database, tenant, provider } = on();
    const { id } = await tenant.client.responses.create(question);
    const { bodies } = gateway.live.env;
    const background = dynamoBackgroundResponseStore(
      database.db,
      database.names.backgroundResponses,
      folderBodies(bodies.folder ?? ''),
    );
    const { nowMs } = gateway.clock;
    await background.claim({ projectId: tenant.projectId, id }, { workerId: 'dead', untilMs: nowMs + 60_000 }, nowMs);
    await gateway.runQueue('responses');
    expect(provider.asked).toEqual([]);
    gateway.clock.nowMs += 60_000;
    await gateway.runQueue('responses');
    expect((await tenant.client.responses.retrieve(id)).status).toBe('completed');
  });

  test.each([
    ['the fourth delivery makes nothing: it says that the response has failed', 3],
    ['and where it was cut off before it had said so, the next one says so', 4],
  ])('%s', async (_, deliveriesBefore) => {
    const { gateway, database, tenant, provider } = on();
    const { id } = await tenant.client.responses.create(question);
    const [message] = await messages();
    await database.db.send(
      new UpdateCommand({
        TableName: database.queueTable,
        Key: { queue: 'responses', id: message?.['id'] },
        UpdateExpression: 'SET receives = :receives',
        ExpressionAttributeValues: { ':receives': deliveriesBefore },
      }),
    );
    await gateway.runQueue('responses');
    expect(await failed(tenant, id)).toMatchObject({ code: 'server_error' });
    expect(provider.asked).toEqual([]);
    expect(await messages()).toEqual([]);
  });
});

describe('cancelling', () => {
  test('one that is queued is never begun', async () => {
    const { gateway, provider, tenant } = on();
    const { id } = await tenant.client.responses.create(question);
    expect(await tenant.client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled', background: true });
    await gateway.runQueue('responses');
    expect(provider.asked).toEqual([]);
    expect((await tenant.client.responses.retrieve(id)).status).toBe('cancelled');
    // Once more changes nothing.
    expect(await tenant.client.responses.cancel(id)).toMatchObject({ id, status: 'cancelled' });
    expect(await messages()).toEqual([]);
  });

  test.each(['cancel', 'delete'] as const)(
    'one that is in progress is stopped (%s), and metered as cancelled (I3)',
    async (how) => {
      const { gateway, provider, ledger } = on();
      const tenant = await gateway.tenant();
      const { script, asked, open } = gate();
      provider.script = script;
      const { id } = await tenant.client.responses.create(question);
      const running = gateway.runQueue('responses');
      await asked;
      await tenant.client.responses[how](id);
      // Nobody answers: it ends because it is stopped.
      await running;
      open();
      if (how === 'cancel') expect((await tenant.client.responses.retrieve(id)).status).toBe('cancelled');
      else expect(await errorOf(tenant.client.responses.retrieve(id))).toMatchObject({ status: 404 });
      const [row, ...others] = await ledger(tenant.projectId);
      expect(others).toEqual([]);
      expect(row).toMatchObject({ outcome: 'cancelled', estimated: true, outputTokens: 0 });
      expect(row?.state === 'settled' && row.inputTokens).toBeGreaterThan(0);
      expect(await messages()).toEqual([]);
    },
  );

  test('one that has ended stays as it is', async () => {
    const { gateway, tenant } = on();
    const { id } = await tenant.client.responses.create(question);
    await gateway.runQueue('responses');
    expect(await tenant.client.responses.cancel(id)).toMatchObject({ id, status: 'completed' });
  });
});
