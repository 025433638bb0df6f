/** The request log: what is in it of calls through the official SDK, once the worker of its queue has written it down. */
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import { inboxFiles, logFiles, logged, loggedTenant, queued } from '../support/request-logs.ts';
import { question, scene } from '../support/scene.ts';
import { answer, chunk, completion, done, frame, refusal, spoken, stream } from '../support/scripted-provider.ts';
import { respondedEvents } from '../support/scripted-responses.ts';

const on = scene();
const metadata = { mode: 'metadata' };
const content = { mode: 'content' };

const email = 'ada.lovelace@example.org';
const secret = 'sk-proj-Zq8vN3xR7tLmW2yK5cPdJ9hFbG4sA1uEoX6iTnVr';

const streamed = async (client: OpenAI, body: object = {}): Promise<string> => {
  const { data, response } = await client.chat.completions
    .create({ ...question, ...body, stream: true })
    .withResponse();
  for await (const _ of data);
  return response.headers.get('x-request-id') ?? '';
};

test('off: nothing of a call goes anywhere', async () => {
  const { tenant } = on();
  await logged(on());
  await tenant.client.chat.completions.create(question);
  await on().gateway.idle();
  expect(await queued(on())).toEqual([]);
  expect(await logged(on(), tenant.projectId)).toEqual([]);
});

describe('metadata', () => {
  test('has the names and numbers of a call, and nothing of what was said', async () => {
    const tenant = await loggedTenant(on(), metadata);
    const { request_id } = await tenant.client.chat.completions.create(question).withResponse();
    const lines = await logged(on(), tenant.projectId);
    expect(lines).toEqual([
      {
        object: 'request_log.line',
        id: expect.stringMatching(/^log_\w{20}$/),
        request_id,
        received_at: expect.stringMatching(/^2026-11-22T10:00:\d\d\.\d{3}Z$/),
        project_id: tenant.projectId,
        api_key_id: expect.stringMatching(/./),
        method: 'POST',
        path: '/chat/completions',
        status: 200,
        outcome: 'ok',
        model: 'test-model',
        provider: 'scripted',
        attempts: 1,
        streamed: false,
        input_tokens: 10,
        output_tokens: 5,
        cost_micro_usd: 30,
        latency_ms: 0,
        first_byte_ms: 0,
        overhead_ms: 0,
        upstream_ms: 0,
      },
    ]);
    expect([...logFiles(on()).values()].join('')).not.toContain('hello');
  });

  test.each([
    ['a chat that streams', (client: OpenAI) => streamed(client)],
    ['a response', (client: OpenAI) => client.responses.create({ model: 'test-model', input: 'hello', store: false })],
    ['an embedding', (client: OpenAI) => client.embeddings.create({ model: 'test-model', input: 'hello' })],
    ['a moderation', (client: OpenAI) => client.moderations.create({ input: 'hello' })],
  ])('has one line of %s', async (_, ask) => {
    const tenant = await loggedTenant(on(), metadata);
    await ask(tenant.client);
    expect(await logged(on(), tenant.projectId)).toMatchObject([{ status: 200, outcome: 'ok' }]);
  });

  test('has what was refused: by the gateway for its body, its scope or its model, and by a provider', async () => {
    const { gateway, provider } = on();
    const tenant = await loggedTenant(on(), metadata);
    const { projects } = gateway.admin().admin.organization;
    const refused = async (work: Promise<unknown>) => {
      await expect(work).rejects.toBeInstanceOf(OpenAI.APIError);
      gateway.clock.nowMs += 1;
    };
    await refused(tenant.client.chat.completions.create({ ...question, messages: 'hot' as never }));
    await refused(tenant.client.chat.completions.create({ ...question, model: 'nobody' }));
    provider.script = refusal(400, { message: 'No.' });
    await refused(tenant.client.chat.completions.create(question));
    const account = await projects.serviceAccounts.create(tenant.projectId, { name: 'app' });
    await refused(gateway.withKey(`${account.api_key?.value}x`).chat.completions.create(question));
    const lines = await logged(on(), tenant.projectId);
    expect(lines.map(({ status, outcome }) => [status, outcome])).toEqual([
      [400, 'invalid_request'],
      [404, 'model_not_found'],
      [400, expect.any(String)],
    ]);
  });

  test('has a share of the calls where a share is wanted', async () => {
    const tenant = await loggedTenant(on(), { mode: 'metadata', sample: 0.5 });
    for (let call = 0; call < 40; call++) await tenant.client.chat.completions.create(question);
    const { length } = await logged(on(), tenant.projectId);
    expect(length).toBeGreaterThan(5);
    expect(length).toBeLessThan(35);
    const none = await loggedTenant(on(), { mode: 'metadata', sample: 0 });
    await none.client.chat.completions.create(question);
    expect(await logged(on(), none.projectId)).toEqual([]);
  });

  test('lies by project and day, under a name that says for how long', async () => {
    const tenant = await loggedTenant(on(), { mode: 'metadata', retention_days: 7 });
    await tenant.client.chat.completions.create(question);
    await tenant.client.chat.completions.create(question);
    await logged(on());
    const mine = [...logFiles(on()).keys()].filter((file) => file.includes(tenant.projectId));
    expect(mine).toEqual([expect.stringMatching(/^proj_\w+\/2026\/11\/22\/10-[\w-]{22}\.7d\.jsonl$/)]);
  });
});

describe('content', () => {
  const body = {
    model: 'test-model',
    messages: [{ role: 'user' as const, content: `I am ${email}, and my key is ${secret}. Say hello.` }],
  };
  const said = [
    `Hello ada.`,
    `love`,
    `lace@exa`,
    `mple.org`,
    `, your key `,
    secret.slice(0, 20),
    secret.slice(20),
    ' is safe.',
  ];

  function expectRedacted(line: unknown): void {
    const text = JSON.stringify(line);
    expect(text).toContain('Say hello.');
    expect(text).toContain('is safe.');
    expect(text).toMatch(/\[EMAIL_1\].*\[SECRET_1\]/);
    for (const word of [email, secret, secret.slice(0, 20), secret.slice(20), 'lovelace', 'lace@exa'])
      expect(text).not.toContain(word);
  }

  test.each([false, true])(
    'streamed %p: has the request and the answer, redacted, for who has the key',
    async (isStream) => {
      const { provider } = on();
      const tenant = await loggedTenant(on(), content);
      provider.script = isStream ? stream(spoken(said)) : answer(completion(said.join('')));
      if (isStream) await streamed(tenant.client, body);
      else await tenant.client.chat.completions.create(body);
      await on().gateway.idle();
      const waiting = await queued(on());
      expect(waiting).toHaveLength(1);
      const inbox = inboxFiles(on());
      expect(inbox.size).toBe(1);
      const [line] = await logged(on(), tenant.projectId);
      expect(line).toMatchObject({
        status: 200,
        content: {
          request: { model: 'test-model', messages: [{ role: 'user' }] },
          response: { object: 'chat.completion', choices: [{ message: { role: 'assistant' }, finish_reason: 'stop' }] },
        },
      });
      expectRedacted(line?.content);
      expect(inboxFiles(on()).size).toBe(0);
      const files = [...logFiles(on())].filter(([file]) => file.includes(tenant.projectId)).map(([, text]) => text);
      for (const place of [...files, ...inbox.values(), JSON.stringify(waiting)]) {
        for (const word of ['Say hello', 'is safe', '[EMAIL_1]', email, secret]) expect(place).not.toContain(word);
      }
    },
  );

  test.each([false, true])('of a response, streamed %p', async (isStream) => {
    const { provider } = on();
    const tenant = await loggedTenant(on(), content);
    if (isStream) provider.script = stream(respondedEvents(said));
    const { client } = tenant;
    const asked = { model: 'test-model', input: `Write to ${email}.`, store: false };
    if (isStream) for await (const _ of await client.responses.create({ ...asked, stream: true }));
    else await client.responses.create(asked);
    const [line] = await logged(on(), tenant.projectId);
    expect(line?.content).toMatchObject({
      request: { input: 'Write to [EMAIL_1].' },
      response: { object: 'response', status: 'completed' },
    });
    expect(JSON.stringify(line)).not.toContain('lovelace');
    expect(JSON.stringify(line?.content)).toContain(isStream ? 'is safe.' : 'Hello there');
  });

  test('is that part alone which is wanted', async () => {
    const asked = await loggedTenant(on(), { ...content, include: ['request'] });
    const told = await loggedTenant(on(), { ...content, include: ['response'] });
    for (const { client } of [asked, told]) await streamed(client);
    expect(Object.keys((await logged(on(), asked.projectId))[0]?.content ?? {})).toEqual(['request']);
    expect(Object.keys((await logged(on(), told.projectId))[0]?.content ?? {})).toEqual(['response']);
  });

  test('of a stream that broke off is what had been said, and why it ended', async () => {
    const { provider } = on();
    const tenant = await loggedTenant(on(), content);
    provider.script = stream([frame(chunk({ role: 'assistant', content: 'Once upon' }))], { thenCut: true });
    await streamed(tenant.client).catch(() => {});
    const [line] = await logged(on(), tenant.projectId);
    expect(line).toMatchObject({
      outcome: 'upstream_error',
      content: { response: { choices: [{ message: { content: 'Once upon' } }], error: { code: 'upstream_error' } } },
    });
  });

  test('of a caller who left is what the model had said', async () => {
    const { provider } = on();
    const tenant = await loggedTenant(on(), content);
    provider.script = stream(spoken(['one ', 'two ', 'three']), { pauseMs: 20 });
    const abort = new AbortController();
    const answered = await tenant.client.chat.completions.create(
      { ...question, stream: true },
      { signal: abort.signal },
    );
    for await (const _ of answered) {
      abort.abort();
      break;
    }
    await sleep(100);
    expect(await logged(on(), tenant.projectId)).toMatchObject([
      { content: { request: { messages: question.messages }, response: { object: 'chat.completion' } } },
    ]);
  });

  test('of what was refused is the refusal; of a body that is no JSON nothing is kept', async () => {
    const tenant = await loggedTenant(on(), content);
    await tenant.client.chat.completions.create({ ...question, model: 'nobody' }).catch(() => {});
    on().gateway.clock.nowMs += 1;
    const response = await on().gateway.fetch('http://gateway.test/v1/chat/completions', {
      method: 'POST',
      headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
      body: `{"model": "${email}`,
    });
    expect(response.status).toBe(400);
    expect((await logged(on(), tenant.projectId)).map((line) => line.content)).toMatchObject([
      { request: { model: 'nobody' }, response: { error: { code: 'model_not_found' } } },
      { request: null, response: { error: { type: 'invalid_request_error' } } },
    ]);
  });

  test('of a large request and a large answer is their beginning, and says so', async () => {
    const { provider } = on();
    const tenant = await loggedTenant(on(), content);
    const long = 'words and words '.repeat(40_000);
    provider.script = answer(completion(long));
    await tenant.client.chat.completions.create({
      model: 'test-model',
      messages: [{ role: 'user', content: long }],
    });
    const [line] = await logged(on(), tenant.projectId);
    expect(line?.content).toMatchObject({ request_cut: true, response_cut: true });
    expect(JSON.stringify(line?.content?.request).length).toBeLessThan(270_000);
    expect(JSON.stringify(line?.content?.response).length).toBeLessThan(270_000);
    expect(JSON.stringify(line?.content?.request).length).toBeGreaterThan(250_000);
  });

  test('of embeddings has no vectors', async () => {
    const tenant = await loggedTenant(on(), content);
    await tenant.client.embeddings.create({ model: 'test-model', input: ['a text'], encoding_format: 'float' });
    const [line] = await logged(on(), tenant.projectId);
    expect(line?.content).toMatchObject({
      request: { input: ['a text'] },
      response: { data: [{ embedding: '[left out: 2 numbers]' }] },
    });
  });
});

test('of responses in the background the asking is logged, and the making', async () => {
  const tenant = await loggedTenant(on(), content);
  const { id } = await tenant.client.responses.create({
    model: 'test-model',
    input: 'Take your time',
    background: true,
  });
  on().gateway.clock.nowMs += 1;
  await on().gateway.runQueue('responses');
  const lines = await logged(on(), tenant.projectId);
  expect(lines).toMatchObject([
    { status: 200, content: { response: { id, status: 'queued' } } },
    { status: 200, request_id: id, input_tokens: expect.any(Number), content: { response: { status: 'completed' } } },
  ]);
});

test('of another project nothing is seen (I5)', async () => {
  const [one, other] = [await loggedTenant(on(), metadata), await loggedTenant(on(), content)];
  for (const { client } of [one, other]) await client.chat.completions.create(question);
  for (const { projectId } of [one, other]) {
    expect((await logged(on(), projectId)).map((line) => line['project_id'])).toEqual([projectId]);
  }
});

test('an answer that says it is done without a word is no mistake', async () => {
  const { provider } = on();
  const tenant = await loggedTenant(on(), content);
  provider.script = stream([frame(chunk({ role: 'assistant' })), frame(chunk({}, 'stop')), done]);
  await streamed(tenant.client);
  expect(await logged(on(), tenant.projectId)).toMatchObject([{ status: 200 }]);
});
