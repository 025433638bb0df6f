/** Batches: made, polled, listed and cancelled through the official SDK, and worked on as the queue has them. */
import OpenAI from 'openai';
import { filesOf, objectsOf } from '../../shared/file-deps.ts';
import { chatLine, ended, filesOfBatch, inputFile, jsonl, newBatch } from '../support/batch-scene.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, refusal, type Script, usage, wellBehaved } from '../support/scripted-provider.ts';

const on = scene({}, (baseURL) => ({
  providers: { scripted: { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'native' } },
  models: {
    'test-model': { targets: ['scripted/upstream-model'], price: { input: 1, cachedInput: 0.25, output: 4 } },
    'other-model': { targets: ['scripted/other'], price: { input: 1, output: 4 } },
    vectors: { targets: ['scripted/text-embedding-3-small'], price: { input: 1 } },
  },
  resilience: { attempts: 1, circuit: { failures: 1_000_000 } },
  batches: { lanes: 2, linesAtOnce: 4, maxUnfinished: 5 },
}));

const chats = (count: number, content?: string) => Array.from({ length: count }, (_, i) => chatLine(`c${i}`, content));
const errorOf = async (work: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof OpenAI.APIError)) throw new Error(`no error of the API, but ${error}`);
  return error;
};
const contentOf = (body: Record<string, unknown>): string =>
  String((body['messages'] as { content: string }[])[0]?.content);

/** By what each line asks. */
const byContent =
  (scripts: Readonly<Record<string, Script>>): Script =>
  (response, asked) =>
    (scripts[contentOf(asked.body)] ?? wellBehaved)(response, asked);

/** Leaves no message of another test behind. */
afterEach(async () => {
  const { gateway } = on();
  for (let times = 0; times < 50; times += 1) {
    gateway.clock.nowMs += 61_000;
    if ((await gateway.runQueue('batches')) === 0) return;
  }
});

describe('a batch', () => {
  test('is validated, answered line by line, and its answers stand in a file', async () => {
    const { gateway, ledger } = on();
    const tenant = await gateway.tenant();
    const batch = await newBatch(gateway, tenant, chats(3), { metadata: { job: 'nightly' } });
    const createdAt = Math.floor(gateway.clock.nowMs / 1000);
    expect(batch).toEqual({
      id: expect.stringMatching(/^batch_\w{20}$/),
      object: 'batch',
      endpoint: '/v1/chat/completions',
      input_file_id: batch.input_file_id,
      completion_window: '24h',
      status: 'validating',
      created_at: createdAt,
      expires_at: createdAt + 86_400,
      request_counts: { total: 0, completed: 0, failed: 0 },
      usage: {
        input_tokens: 0,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: 0,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: 0,
      },
      metadata: { job: 'nightly' },
    });
    const done = await ended(gateway, tenant.client, batch.id);
    expect(done).toMatchObject({
      status: 'completed',
      model: 'test-model',
      request_counts: { total: 3, completed: 3, failed: 0 },
      usage: { input_tokens: 30, output_tokens: 15, total_tokens: 45 },
    });
    for (const at of [done.in_progress_at, done.finalizing_at, done.completed_at]) expect(at).toBeGreaterThan(0);
    expect(Object.keys(done)).toEqual(
      expect.not.arrayContaining(['error_file_id', 'errors', 'cancelled_at', 'failed_at']),
    );
    const { output } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(output.map(({ custom_id }) => custom_id)).toEqual(['c0', 'c1', 'c2']);
    expect(output[0]).toEqual({
      id: expect.stringMatching(/^batch_req_\w+$/),
      custom_id: 'c0',
      response: {
        status_code: 200,
        request_id: output[0]?.id,
        body: expect.objectContaining({ object: 'chat.completion' }),
      },
      error: null,
    });
    expect((await ledger(tenant.projectId)).map(({ requestId }) => requestId).sort()).toEqual(
      output.map(({ id }) => id).sort(),
    );
    const file = await filesOf(gateway.live).get(tenant.projectId, done.output_file_id ?? '');
    expect(file).toMatchObject({ purpose: 'batch_output', filename: `${batch.id}_output.jsonl`, expiresAt: null });
  });

  test('of several chunks has every line once, in order, in one of its two files', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    const lines = Array.from({ length: 250 }, (_, i) => chatLine(`c${i}`, i % 10 === 3 ? 'fail' : 'Say hello'));
    provider.script = byContent({ fail: refusal(400, { message: 'no', code: 'bad' }) });
    const { id } = await newBatch(gateway, tenant, lines);
    const done = await ended(gateway, tenant.client, id);
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 250, completed: 225, failed: 25 } });
    const { output, errors, all } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(output.map(({ custom_id }) => custom_id)).toEqual(
      Array.from({ length: 250 }, (_, i) => i)
        .filter((i) => i % 10 !== 3)
        .map((i) => `c${i}`),
    );
    expect(errors.every(({ response, error }) => response?.status_code === 400 && error === null)).toBe(true);
    expect(new Set(all).size).toBe(250);
    expect(await ledger(tenant.projectId)).toHaveLength(250);
  });

  test.each([
    ['/v1/responses', { model: 'test-model', input: 'Hi' }],
    ['/v1/embeddings', { model: 'vectors', input: 'Hi' }],
  ] as const)('of %s has what that endpoint answers', async (endpoint, body) => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    const { id } = await newBatch(gateway, tenant, [{ custom_id: 'a', method: 'POST', url: endpoint, body }], {
      endpoint,
    });
    const done = await ended(gateway, tenant.client, id);
    const { output } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(output[0]?.response).toMatchObject({
      status_code: 200,
      body: { object: endpoint === '/v1/responses' ? 'response' : 'list' },
    });
    expect(done.usage?.input_tokens).toBeGreaterThan(0);
  });

  test('may end its lines in CRLF, its last in nothing, and have empty ones', async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    const text = `${JSON.stringify(chatLine('a'))}\r\n\r\n  \n${JSON.stringify(chatLine('ü'))}`;
    const { id } = await newBatch(gateway, tenant, text);
    const done = await ended(gateway, tenant.client, id);
    expect(done.request_counts).toEqual({ total: 2, completed: 2, failed: 0 });
    expect((await filesOfBatch(gateway, tenant.projectId, done)).all).toEqual(['a', 'ü']);
  });

  test('has answers too large for an item of a table', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    const long = 'ä'.repeat(400_000);
    provider.script = answer(completion(long));
    const { id } = await newBatch(gateway, tenant, chats(2));
    const done = await ended(gateway, tenant.client, id);
    const { output } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(output).toHaveLength(2);
    for (const { response } of output) {
      expect(response?.body).toMatchObject({ choices: [{ message: { content: long } }] });
    }
  });

  test('says when its files end', async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    const { id } = await newBatch(gateway, tenant, chats(1), {
      output_expires_after: { anchor: 'created_at', seconds: 3_600 },
    });
    const done = await ended(gateway, tenant.client, id);
    const file = await filesOf(gateway.live).get(tenant.projectId, done.output_file_id ?? '');
    expect((file?.expiresAt ?? 0) - (file?.createdAt ?? 0)).toBe(3_600);
  });
});

describe('creating', () => {
  test.each<[string, object, number, string]>([
    ['another endpoint', { endpoint: '/v1/moderations' }, 400, 'endpoint'],
    ['another window', { completion_window: '1h' }, 400, 'completion_window'],
    ['a file that there is not', { input_file_id: 'file-none' }, 404, 'input_file_id'],
    ['too much metadata', { metadata: { a: 'x'.repeat(513) } }, 400, 'metadata.a'],
    [
      'files that end at once',
      { output_expires_after: { anchor: 'created_at', seconds: 1 } },
      400,
      'output_expires_after.seconds',
    ],
    ['what it does not know', { priority: 1 }, 400, 'priority'],
  ])('%s is refused', async (_what, more, status, param) => {
    const { gateway, tenant } = on();
    const error = await errorOf(newBatch(gateway, tenant, chats(1), more as Partial<OpenAI.BatchCreateParams>));
    expect(error).toMatchObject({ status, param });
  });

  test('a file of another purpose, or of another project, is refused (I5)', async () => {
    const { gateway, tenant } = on();
    const other = await gateway.tenant('other');
    const wanted = { endpoint: '/v1/chat/completions', completion_window: '24h' } as const;
    const output = await inputFile(gateway, tenant.projectId, 'x', 'batch_output');
    expect(await errorOf(tenant.client.batches.create({ ...wanted, input_file_id: output }))).toMatchObject({
      status: 400,
    });
    const theirs = await inputFile(gateway, other.projectId, jsonl(chats(1)));
    expect(await errorOf(tenant.client.batches.create({ ...wanted, input_file_id: theirs }))).toMatchObject({
      status: 404,
    });
  });

  test('one more than may be unfinished is a 429 that is not tried again', async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    for (let i = 0; i < 5; i += 1) await newBatch(gateway, tenant, chats(1));
    const error = await errorOf(newBatch(gateway, tenant, chats(1)));
    expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    expect(error.headers?.get('x-should-retry')).toBe('false');
    expect(error.message).toMatch(/5 batches that have not ended/);
  });

  test('is done once under an Idempotency-Key, and where the SDK tries again', async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    const wanted = {
      input_file_id: await inputFile(gateway, tenant.projectId, jsonl(chats(1))),
      endpoint: '/v1/chat/completions',
      completion_window: '24h',
    } as const;
    const keyed = { headers: { 'Idempotency-Key': 'night-1' } };
    const first = await tenant.client.batches.create(wanted, keyed);
    expect((await tenant.client.batches.create(wanted, keyed)).id).toBe(first.id);
    const other = { ...wanted, input_file_id: await inputFile(gateway, tenant.projectId, jsonl(chats(2))) };
    expect(await errorOf(tenant.client.batches.create(other, keyed))).toMatchObject({ status: 400 });
    const retried = { headers: { 'x-stainless-retry-count': '1' } };
    expect((await tenant.client.batches.create(wanted, retried)).id).toBe(first.id);
    expect((await tenant.client.batches.create(wanted)).id).not.toBe(first.id);
  });
});

describe('listing and retrieving', () => {
  test('pages through the batches of a project, newest first, and through nobody else’s (I5)', async () => {
    const { gateway } = on();
    const [tenant, other] = [await gateway.tenant(), await gateway.tenant('other')];
    const made: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      made.push((await newBatch(gateway, tenant, chats(1))).id);
      gateway.clock.nowMs += 1;
    }
    await gateway.runQueue('batches');
    const listed: string[] = [];
    for await (const { id } of tenant.client.batches.list({ limit: 2 })) listed.push(id);
    expect(listed).toEqual(made.toReversed());
    expect((await other.client.batches.list()).data).toEqual([]);
    const [id = ''] = made;
    expect(await errorOf(other.client.batches.retrieve(id))).toMatchObject({ status: 404 });
    expect(await errorOf(other.client.batches.cancel(id))).toMatchObject({ status: 404 });
    expect(await errorOf(tenant.client.batches.retrieve('lane_0'))).toMatchObject({ status: 404 });
  });
});

describe('lines that do not succeed', () => {
  test('what a provider fails at is asked three times, and then stands in the error file', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    let failures = 2;
    provider.script = byContent({
      broken: refusal(500, { message: 'down' }),
      flaky: (response, asked) => (failures-- > 0 ? refusal(500, { message: 'down' }) : wellBehaved)(response, asked),
    });
    const { id } = await newBatch(gateway, tenant, [chatLine('a', 'broken'), chatLine('b', 'flaky')]);
    const done = await ended(gateway, tenant.client, id);
    const { output, errors } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(output.map(({ custom_id }) => custom_id)).toEqual(['b']);
    expect(errors).toMatchObject([{ custom_id: 'a', response: { status_code: 502 } }]);
    expect(provider.asked.filter(({ body }) => contentOf(body) === 'broken')).toHaveLength(3);
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 2, completed: 1, failed: 1 } });
  });

  test('a project’s own limit slows its batch down, and fails nothing', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    await holdTo(on().database, tenant.projectId, { limits: { requestsPerMinute: 60, burst: 5 } });
    const { id } = await newBatch(gateway, tenant, chats(40));
    const beganMs = gateway.clock.nowMs;
    const done = await ended(gateway, tenant.client, id);
    expect(done).toMatchObject({ status: 'completed', request_counts: { total: 40, completed: 40, failed: 0 } });
    expect(provider.asked).toHaveLength(40);
    expect(gateway.clock.nowMs - beganMs).toBeGreaterThanOrEqual(34_000);
  });

  test('a budget that runs out ends the batch: what was run stands in the output file, the rest in the error file', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    provider.script = answer(completion('hello', usage(10, 5)));
    await gateway.admin().admin.organization.projects.spendLimit.update(tenant.projectId, {
      currency: 'USD',
      interval: 'month',
      threshold_amount: 1,
    });
    const dear = (i: number) => chatLine(`c${i}`, 'dear', { max_tokens: 100_000 });
    provider.script = answer(completion('hello', usage(10, 60_000)));
    const { id } = await newBatch(
      gateway,
      tenant,
      Array.from({ length: 12 }, (_, i) => dear(i)),
    );
    const done = await ended(gateway, tenant.client, id);
    const { output, errors, all } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(done.status).toBe('failed');
    expect(output.length).toBeGreaterThan(0);
    expect(errors.length).toBeGreaterThan(0);
    expect(new Set(all).size).toBe(12);
    expect(errors.at(-1)).toMatchObject({ response: null, error: { code: 'insufficient_quota' } });
    expect(done.errors?.data?.[0]).toMatchObject({ code: 'insufficient_quota', line: expect.any(Number) });
    expect(done.errors?.data?.[0]?.message).toContain(`${output.length} of 12 lines were run`);
    expect(done.request_counts).toEqual({ total: 12, completed: output.length, failed: errors.length });
    const spent = (await ledger(tenant.projectId)).reduce(
      (sum, row) => sum + (row.state === 'settled' ? row.costMicroUsd : 0),
      0,
    );
    expect(spent).toBeLessThanOrEqual(1_000_000);
  });

  test('a key that is revoked ends its batch', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    const { data } = await gateway.admin().admin.organization.projects.apiKeys.list(tenant.projectId);
    const watcher = await gateway
      .admin()
      .admin.organization.projects.serviceAccounts.create(tenant.projectId, { name: 'w' });
    const client = gateway.withKey(watcher.api_key?.value ?? '');
    const { id } = await newBatch(gateway, tenant, chats(250));
    let asked = 0;
    provider.script = async (response, question) => {
      asked += 1;
      if (asked === 10) {
        await gateway
          .admin()
          .admin.organization.projects.apiKeys.delete(data[0]?.id ?? '', { project_id: tenant.projectId });
      }
      await wellBehaved(response, question);
    };
    const done = await ended(gateway, client, id);
    const { output, errors, all } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(done).toMatchObject({ status: 'failed', errors: { data: [{ code: 'invalid_api_key' }] } });
    expect(output.length).toBeGreaterThanOrEqual(10);
    expect(errors.at(-1)).toMatchObject({ error: { code: 'invalid_api_key' } });
    expect(new Set(all).size).toBe(250);
  });
});

describe('cancelling', () => {
  test('before anything was done leaves nothing', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    const { id } = await newBatch(gateway, tenant, chats(3));
    expect(await tenant.client.batches.cancel(id)).toMatchObject({
      status: 'cancelling',
      cancelling_at: expect.any(Number),
    });
    const done = await ended(gateway, tenant.client, id);
    expect(done).toMatchObject({ status: 'cancelled', cancelled_at: expect.any(Number) });
    expect([done.output_file_id, done.error_file_id]).toEqual([undefined, undefined]);
    expect(provider.asked).toEqual([]);
    expect(await tenant.client.batches.cancel(id)).toMatchObject({ id, status: 'cancelled' });
  });

  test('in the midst of it keeps what was answered, and says of the rest that it was not run', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    const { id } = await newBatch(gateway, tenant, chats(250));
    let asked = 0;
    provider.script = async (response, question) => {
      asked += 1;
      if (asked === 20) await tenant.client.batches.cancel(id);
      await wellBehaved(response, question);
    };
    const done = await ended(gateway, tenant.client, id);
    expect(done.status).toBe('cancelled');
    const { output, errors, all } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(output.length).toBeGreaterThanOrEqual(16);
    expect(errors.filter(({ error }) => error?.code === 'batch_cancelled')).toHaveLength(250 - output.length);
    expect(new Set(all).size).toBe(250);
    expect(done.request_counts).toEqual({ total: 250, completed: output.length, failed: errors.length });
  }, 60_000);

  test('what has ended cannot be cancelled', async () => {
    const { gateway } = on();
    const tenant = await gateway.tenant();
    const { id } = await newBatch(gateway, tenant, chats(1));
    await ended(gateway, tenant.client, id);
    expect(await errorOf(tenant.client.batches.cancel(id))).toMatchObject({ status: 409 });
  });
});

describe('expiry', () => {
  test('what was not run within a day is told so, and what was is kept', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    provider.script = byContent({ late: refusal(429, { message: 'slow down' }, { 'retry-after': '3000' }) });
    const { id } = await newBatch(gateway, tenant, [chatLine('a'), chatLine('b', 'late'), chatLine('c')]);
    await gateway.runQueue('batches');
    expect((await tenant.client.batches.retrieve(id)).status).toBe('in_progress');
    gateway.clock.nowMs += 86_400_000;
    const done = await ended(gateway, tenant.client, id);
    expect(done).toMatchObject({ status: 'expired', expired_at: expect.any(Number) });
    const { output, errors } = await filesOfBatch(gateway, tenant.projectId, done);
    expect(output.map(({ custom_id }) => custom_id)).toEqual(['a', 'c']);
    expect(errors).toMatchObject([{ custom_id: 'b', response: null, error: { code: 'batch_expired' } }]);
    expect(done.request_counts).toEqual({ total: 3, completed: 2, failed: 1 });
  });
});

test('an input file that is deleted meanwhile ends its batch, with what there is', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const batch = await newBatch(gateway, tenant, chats(250));
  let asked = 0;
  provider.script = async (response, question) => {
    asked += 1;
    if (asked === 10) {
      const file = await filesOf(gateway.live).get(tenant.projectId, batch.input_file_id);
      await objectsOf(gateway.live).delete(file?.objectKey ?? '');
      await filesOf(gateway.live).delete(tenant.projectId, batch.input_file_id);
    }
    await wellBehaved(response, question);
  };
  const done = await ended(gateway, tenant.client, batch.id);
  expect(done).toMatchObject({ status: 'failed', errors: { data: [{ code: 'file_not_found' }] } });
  expect((await filesOfBatch(gateway, tenant.projectId, done)).output.length).toBeGreaterThanOrEqual(10);
});
