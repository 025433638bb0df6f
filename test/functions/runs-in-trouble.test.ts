/** What becomes of a run when something goes wrong behind its first question, and of what it had done by then. */
import { oneProvider } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { askedOfResponses, question, runScene } from '../support/run-scene.ts';
import { moderated, tenantWith, unsafeText } from '../support/safety-scene.ts';
import { anotherProvider } from '../support/scene.ts';
import { answer, completion, refusal, type Script, stream } from '../support/scripted-provider.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';

const backup = anotherProvider();
const { given, tools } = runScene((baseURL) => {
  const config = oneProvider(baseURL);
  const provider = (url: string) =>
    ({ kind: 'openai', baseURL: url, apiKeyEnv: 'TEST_PROVIDER_KEY', responses: 'translated' }) as const;
  const price = { input: 1, cachedInput: 0.25, output: 4 };
  return {
    ...config,
    providers: { scripted: provider(baseURL), backup: provider(backup().baseURL) },
    models: {
      ...config.models,
      'two-providers': { targets: ['scripted/upstream-model', 'backup/other-model'], price, contextWindow: 128_000 },
    },
    resilience: { attempts: 2, retry: { baseDelayMs: 1 }, circuit: { failures: 1_000_000 } },
  };
});

/** The first question is answered, and what comes then is another's business. */
const thenAll = (later: Script): Script => {
  let times = 0;
  const first = saying([weatherIn('Paris')]);
  return (reply, asked) => (times++ === 0 ? first : later)(reply, asked);
};
const broken = refusal(500, { message: 'the secret of the provider', type: 'server_error' });

describe('a provider that fails at the second question', () => {
  test('is an error of its own for a whole answer, and nothing is remembered', async () => {
    const { provider, tenant } = given();
    const conversation = await tenant.client.conversations.create();
    provider.script = thenAll(broken);
    const failed = tenant.client.responses.create({ ...askedOfResponses, conversation: conversation.id });
    await expect(failed).rejects.toMatchObject({ status: 502, message: expect.not.stringContaining('secret') });
    expect((await tenant.client.conversations.items.list(conversation.id)).data).toEqual([]);
  });

  test('is an error within a stream of chat, without [DONE] (I7)', async () => {
    given().provider.script = thenAll(broken);
    const { client } = given().tenant;
    const bytes = await (await client.chat.completions.create({ ...question, stream: true }).asResponse()).text();
    expect(bytes).toContain('"error":{');
    for (const never of ['[DONE]', 'secret', 'finish_reason":"tool_calls']) expect(bytes).not.toContain(never);
  });

  test('is an error event within a stream of a response, which is not stored (I7)', async () => {
    given().provider.script = thenAll(broken);
    const { client } = given().tenant;
    const bytes = await (await client.responses.create({ ...askedOfResponses, stream: true }).asResponse()).text();
    expect(bytes).toContain('event: error');
    expect(bytes).not.toContain('response.completed');
    const id = /"id":"(resp_[^"]+)"/.exec(bytes)?.[1];
    const next = client.responses.create({ model: 'test-model', input: 'And?', previous_response_id: id ?? '' });
    await expect(next).rejects.toMatchObject({ code: 'previous_response_not_found' });
  });

  test.each(['whole', 'streamed'])('is replaced by another, %s, and no tool is run again', async (how) => {
    const { provider, tenant } = given();
    provider.script = thenAll(broken);
    backup().script = saying('It is sunny.');
    const body = { ...question, model: 'two-providers' };
    const { choices } =
      how === 'whole'
        ? await tenant.client.chat.completions.create(body)
        : await tenant.client.chat.completions.stream(body).finalChatCompletion();
    expect(choices[0]?.message.content).toBe('It is sunny.');
    expect(tools().called).toHaveLength(1);
    expect(backup().asked[0]?.text).toContain('sunny');
  });
});

describe('limits', () => {
  const small = { ...question, max_completion_tokens: 64 };

  test.each(['whole', 'streamed'])('requests of a minute count each question, %s (I1)', async (how) => {
    const tenant = await given().gateway.tenant();
    await holdTo(given().database, tenant.projectId, {
      limits: { requestsPerMinute: 1, burst: 1, tokensPerMinute: 1_000_000 },
    });
    given().provider.script = saying([weatherIn('Paris')], 'Never said.');
    if (how === 'whole') {
      await expect(tenant.client.chat.completions.create(question)).rejects.toMatchObject({ status: 429 });
    } else {
      const bytes = await (
        await tenant.client.chat.completions.create({ ...question, stream: true }).asResponse()
      ).text();
      expect(bytes).toContain('rate_limit');
      expect(bytes).not.toContain('[DONE]');
    }
    expect(given().provider.asked).toHaveLength(1);
  });

  test('a budget that ends behind the first question ends the run, and is not overspent (I2)', async () => {
    const tenant = await given().gateway.tenant();
    await holdTo(given().database, tenant.projectId, { spendLimitMicroUsd: 1_200 });
    let times = 0;
    given().provider.script = (reply, asked) => saying([weatherIn(`town ${++times}`)])(reply, asked);
    await expect(tenant.client.chat.completions.create(small)).rejects.toMatchObject({ status: 429 });
    expect(given().provider.asked.length).toBeGreaterThan(1);
    const rows = await given().ledger(tenant.projectId);
    const cost = rows.reduce((sum, row) => sum + (row.state === 'settled' ? row.costMicroUsd : 0), 0);
    expect(cost).toBeLessThanOrEqual(1_200);
  });

  test('one stream at a time is enough for four questions', async () => {
    const tenant = await given().gateway.tenant();
    await holdTo(given().database, tenant.projectId, { concurrentStreams: 1 });
    given().provider.script = saying([weatherIn('Paris')], [weatherIn('Lyon')], [weatherIn('Nice')], 'Sunny.');
    const final = await tenant.client.chat.completions.stream(question).finalChatCompletion();
    expect(final.choices[0]?.message.content).toBe('Sunny.');
  });
});

describe('guardrails', () => {
  test.each(['whole', 'streamed'])('no tool is run for an input that is refused alongside, %s (I8)', async (how) => {
    const tenant = await tenantWith(given().gateway, {
      moderation: { input: 'block', alongside: true, timeout_ms: 2_000 },
    });
    given().provider.script = moderated(saying([weatherIn('Paris')], 'Never said.'), { after: 60 });
    const body = {
      ...question,
      messages: [{ role: 'user' as const, content: unsafeText }],
      stream: how === 'streamed',
    };
    const failed = tenant.client.chat.completions.create(body);
    await expect(failed).rejects.toMatchObject({ status: 400, code: 'content_policy_violation' });
    await given().gateway.idle();
    expect(tools().called).toEqual([]);
  });

  test.each(['whole', 'streamed'])('no tool is run with what is refused of an answer, %s (I8)', async (how) => {
    const tenant = await tenantWith(given().gateway, { moderation: { output: 'block' }, retry_safely: 0 });
    given().provider.script = moderated(saying([weatherIn(unsafeText)], 'Never said.'));
    const body = { ...question, stream: how === 'streamed' };
    const bytes = await (await tenant.client.chat.completions.create(body).asResponse()).text();
    expect(bytes).toContain('content_filter');
    expect(bytes).not.toContain('MAYHEM');
    expect(tools().called).toEqual([]);
  });

  test('what an answer cost that was refused and asked for again is part of what the run cost', async () => {
    const tenant = await tenantWith(given().gateway, { moderation: { output: 'block' }, retry_safely: 1 });
    given().provider.script = moderated(saying(unsafeText, [weatherIn('Paris')], 'Sunny.'));
    const { data, response: headers } = await tenant.client.chat.completions.create(question).withResponse();
    expect(data.choices[0]?.message.content).toBe('Sunny.');
    // Three answers of 10 and 5 tokens at $1 and $4 a million.
    expect(headers.headers.get('x-sluice-cost-usd')).toBe('0.000090');
  });

  test('what was redacted is put back for the tool, and not for the model', async () => {
    const address = 'jane.doe@example.com';
    const tenant = await tenantWith(given().gateway, { redaction: { input: ['email'], restore: true } });
    let times = 0;
    given().provider.script = (reply, asked) => {
      const placeholder = asked.text.includes('[EMAIL_1]') ? '[EMAIL_1]' : 'none';
      return saying(times++ === 0 ? [weatherIn(placeholder)] : 'Sent.')(reply, asked);
    };
    const messages = [{ role: 'user' as const, content: `Where is ${address}?` }];
    await tenant.client.chat.completions.create({ ...question, messages });
    expect(tools().called).toMatchObject([{ given: { location: address } }]);
    for (const { text } of given().provider.asked) expect(text).not.toContain(address);
  });
});

describe('the same again', () => {
  test.each(['whole', 'streamed'])(
    'under an Idempotency-Key a run is given again, and is run once, %s',
    async (how) => {
      given().provider.script = saying([weatherIn('Paris')], 'Sunny.', 'Another.');
      const ask = async () => {
        const options = { headers: { 'Idempotency-Key': `run-${how}` } };
        const body = { ...question, stream: how === 'streamed' };
        const text = await (await given().tenant.client.chat.completions.create(body, options).asResponse()).text();
        await given().gateway.idle();
        return text;
      };
      const first = await ask();
      expect(await ask()).toBe(first);
      expect(given().provider.asked).toHaveLength(2);
      expect(tools().called).toHaveLength(1);
    },
  );
});

test('an answer that says nothing after the tools is an answer', async () => {
  given().provider.script = thenAll(answer(completion('')));
  const { choices } = await given().tenant.client.chat.completions.create(question);
  expect(choices[0]?.message.content).toBe('');
});

test('a stream without anything at the second question is an error and no silence', async () => {
  given().provider.script = thenAll(stream([]));
  const { client } = given().tenant;
  const bytes = await (await client.chat.completions.create({ ...question, stream: true }).asResponse()).text();
  expect(bytes).toContain('"error":{');
});
