/** What was answered is answered again: exactly the same request of the same project, where somebody has asked for it. */
import { asked, cached, newQuestion, streamed } from '../support/cache-scene.ts';
import { adminKey } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  spoken,
  stream,
  usage,
  usageChunk,
} from '../support/scripted-provider.ts';

const on = scene();

describe('a request that is repeated', () => {
  test('is answered from the cache, at no cost, and no provider is asked', async () => {
    const { tenant, provider, gateway } = on();
    const body = newQuestion();
    const first = await asked(tenant.client, body);
    await gateway.idle();
    gateway.clock.nowMs += 7_000;
    const second = await asked(tenant.client, body);
    expect([first.cache, second.cache]).toEqual(['miss', 'hit']);
    expect(first.headers.get('age')).toBeNull();
    expect(second.headers.get('age')).toBe('7');
    expect(second.headers.get('x-sluice-cost-usd')).toBe('0.000000');
    expect(second.headers.get('x-sluice-attempts')).toBe('0');
    expect(second.headers.get('x-sluice-provider')).toBeNull();
    expect(second.data).toEqual(first.data);
    expect(provider.asked).toHaveLength(1);
  });

  test('counts as a request all the same, once, with nothing used, and gives back what it held (I3)', async () => {
    const { gateway, ledger } = on();
    const tenant = await gateway.tenant();
    const body = newQuestion();
    for (let call = 0; call < 3; call++) {
      await asked(tenant.client, body);
      await gateway.idle();
    }
    const rows = await ledger(tenant.projectId);
    expect(rows.map((row) => row.state === 'settled' && [row.outcome, row.costMicroUsd, row.outputTokens])).toEqual(
      expect.arrayContaining([
        ['succeeded', 30, 5],
        ['cached', 0, 0],
        ['cached', 0, 0],
      ]),
    );
    expect(rows).toHaveLength(3);
    const start = Math.floor(gateway.clock.nowMs / 1000) - 3_600;
    gateway.clock.nowMs += 1_000;
    const used = await gateway
      .admin()
      .admin.organization.usage.completions({ start_time: start, project_ids: [tenant.projectId] });
    expect(used.data.flatMap(({ results }) => results)).toMatchObject([{ num_model_requests: 3, input_tokens: 10 }]);
    const key = await gateway.fetch('http://gateway.test/v1/key', {
      headers: { authorization: `Bearer ${tenant.key}` },
    });
    expect(await key.json()).toMatchObject({ spend: { project: { spent: 0.00003, reserved: 0 } } });
  });

  test('is refused like any other by a limit, and by a model permission', async () => {
    const { gateway, database, provider } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { limits: { requestsPerMinute: 1, burst: 1 } });
    const body = newQuestion();
    await asked(tenant.client, body);
    await gateway.idle();
    await expect(asked(tenant.client, body)).rejects.toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
    await holdTo(database, tenant.projectId, { limits: {}, modelPermissions: { mode: 'allow_list', modelIds: [] } });
    gateway.clock.nowMs += 31_000;
    await expect(asked(tenant.client, body)).rejects.toMatchObject({ code: 'model_not_allowed' });
    expect(provider.asked).toHaveLength(1);
  });

  test('as a stream is answered as one, with the usage where it was asked for, and the other way round', async () => {
    const { tenant, provider, gateway } = on();
    const body = newQuestion();
    await asked(tenant.client, body);
    await gateway.idle();
    const plain = await streamed(tenant.client, body);
    expect([plain.cache, plain.text]).toEqual(['hit', 'Hello there']);
    expect(plain.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(plain.chunks[0]?.choices[0]?.delta.role).toBe('assistant');
    expect(plain.chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([null, 'stop']);
    expect(plain.chunks.some((one) => one.usage)).toBe(false);
    const counted = await tenant.client.chat.completions.create(
      { ...body, stream: true, stream_options: { include_usage: true } },
      cached(),
    );
    const usages = [];
    for await (const one of counted) usages.push(one.usage);
    expect(usages).toMatchObject([null, null, { prompt_tokens: 10, completion_tokens: 5 }]);
    expect(provider.asked).toHaveLength(1);
  });

  test('was a stream, and is answered whole with all that the stream has said', async () => {
    const { tenant, provider, gateway } = on();
    const body = newQuestion();
    provider.script = stream(spoken(['Grüße', ' 🌍', ' "usage":{'], usage(12, 3)));
    expect(await streamed(tenant.client, body)).toMatchObject({ cache: 'miss', text: 'Grüße 🌍 "usage":{' });
    await gateway.idle();
    const { data, cache } = await asked(tenant.client, body);
    expect(cache).toBe('hit');
    expect(data).toMatchObject({
      id: 'chatcmpl-scripted',
      object: 'chat.completion',
      created: 1_700_000_000,
      choices: [
        {
          index: 0,
          message: { role: 'assistant', content: 'Grüße 🌍 "usage":{', refusal: null },
          finish_reason: 'stop',
        },
      ],
      usage: { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 },
    });
    expect(provider.asked).toHaveLength(1);
  });

  test("goes down well with the SDK's .stream() helper, several choices and all", async () => {
    const { tenant, provider, gateway } = on();
    const choice = (index: number, content: string) => ({ ...completion(content).choices[0], index });
    provider.script = answer({ ...completion(''), choices: [choice(0, 'one'), choice(1, 'two')] });
    const body = { ...newQuestion(), n: 2 };
    const first = await asked(tenant.client, body);
    await gateway.idle();
    const final = await tenant.client.chat.completions.stream(body, cached()).finalChatCompletion();
    expect(final.choices.map(({ message }) => message.content)).toEqual(['one', 'two']);
    expect(final.choices.map(({ finish_reason }) => finish_reason)).toEqual(['stop', 'stop']);
    expect(final).toMatchObject({ id: first.data.id, model: first.data.model, created: first.data.created });
    expect(provider.asked).toHaveLength(1);
  });

  test('may be one for embeddings', async () => {
    const { tenant, provider, gateway } = on();
    const body = {
      model: 'test-model',
      input: newQuestion().messages[0]?.content ?? '',
      encoding_format: 'float' as const,
    };
    const first = await tenant.client.embeddings.create(body, cached()).withResponse();
    await gateway.idle();
    const second = await tenant.client.embeddings.create(body, cached()).withResponse();
    expect(second.response.headers.get('x-sluice-cache')).toBe('hit');
    expect(second.data).toEqual(first.data);
    expect(provider.asked).toHaveLength(1);
  });
});

describe('who asks for it', () => {
  test('nobody: there is no header, and the provider is asked each time', async () => {
    const { tenant, provider, gateway } = on();
    const body = newQuestion();
    for (const _ of [1, 2]) {
      expect((await asked(tenant.client, body, {})).cache).toBeNull();
      await gateway.idle();
    }
    expect((await asked(tenant.client, body)).cache).toBe('miss');
    expect(provider.asked).toHaveLength(3);
  });

  test('the project, by its policy; a request may say otherwise for itself', async () => {
    const { gateway, provider } = on();
    const tenant = await gateway.tenant();
    await gateway
      .withKey(adminKey)
      .post(`/organization/projects/${tenant.projectId}/resilience_policy`, { body: { cache: 'on' } });
    const body = newQuestion();
    expect((await asked(tenant.client, body, {})).cache).toBe('miss');
    await gateway.idle();
    expect((await asked(tenant.client, body, {})).cache).toBe('hit');
    const off = { headers: { 'x-sluice-cache': 'off' } };
    expect((await asked(tenant.client, body, off)).cache).toBeNull();
    expect(provider.asked).toHaveLength(2);
  });

  test('a project of before there were secrets: its requests pass the cache by, until it is given one', async () => {
    const { gateway, database } = on();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, { cacheSecret: null });
    const body = newQuestion();
    expect((await asked(tenant.client, body)).cache).toBe('bypass');
    await gateway.withKey(adminKey).post(`/organization/projects/${tenant.projectId}/resilience_policy`, { body: {} });
    gateway.clock.nowMs += 31_000;
    const seen = [];
    for (const _ of [1, 2]) {
      seen.push((await asked(tenant.client, body)).cache);
      await gateway.idle();
    }
    expect(seen).toEqual(['miss', 'hit']);
  });

  test('for as long as the project has it: an answer that is older is asked for again', async () => {
    const { gateway, database, provider } = on();
    const tenant = await gateway.tenant();
    const resilience = { cache: 'on', onDisconnect: 'drain', fallbackMessage: null } as const;
    await holdTo(database, tenant.projectId, { resilience: { ...resilience, cacheTtlSeconds: 60 } });
    const body = newQuestion();
    const seen = [];
    for (const waitMs of [0, 59_000, 1_000, 0]) {
      gateway.clock.nowMs += waitMs;
      seen.push((await asked(tenant.client, body, {})).cache);
      await gateway.idle();
    }
    expect(seen).toEqual(['miss', 'hit', 'miss', 'hit']);
    expect(provider.asked).toHaveLength(2);
  });

  test('in words that are none: a 400 that says which there are', async () => {
    const { tenant, provider } = on();
    const wrong = { headers: { 'x-sluice-cache': 'maybe' } };
    await expect(asked(tenant.client, newQuestion(), wrong)).rejects.toMatchObject({ status: 400, param: null });
    expect(provider.asked).toEqual([]);
  });
});

describe('cache-control', () => {
  test.each([
    ['no-cache', ['miss', 'miss', 'hit'], 2],
    ['no-store', ['bypass', 'bypass', 'miss'], 3],
    ['max-age=5', ['miss', 'miss', 'hit'], 2],
    ['max-age=600', ['miss', 'hit', 'hit'], 1],
    ['max-age=soon', ['miss', 'miss', 'hit'], 2],
  ])('%s', async (cacheControl, expected, times) => {
    const { tenant, provider, gateway } = on();
    const body = newQuestion();
    const seen = [];
    for (const options of [cached(cacheControl), cached(cacheControl), cached()]) {
      seen.push((await asked(tenant.client, body, options)).cache);
      await gateway.idle();
      gateway.clock.nowMs += 6_000;
    }
    expect(seen).toEqual(expected);
    expect(provider.asked).toHaveLength(times);
  });

  test('only-if-cached asks nobody: an answer or a final 504', async () => {
    const { gateway, provider, ledger } = on();
    const tenant = await gateway.tenant();
    const body = newQuestion();
    const only = cached('only-if-cached');
    const error = await asked(tenant.client, body, only).catch((thrown) => thrown);
    expect(error).toMatchObject({ status: 504, code: 'not_cached', type: 'server_error' });
    expect(error.headers.get('x-should-retry')).toBe('false');
    expect(error.headers.get('x-sluice-cache')).toBe('miss');
    expect(provider.asked).toEqual([]);
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'unasked', costMicroUsd: 0 }]);
    await asked(tenant.client, body);
    await gateway.idle();
    expect((await asked(tenant.client, body, only)).cache).toBe('hit');
  });

  test('only-if-cached asks nobody, either, where the cache may not be asked', async () => {
    const { tenant, provider } = on();
    const error = await asked(tenant.client, newQuestion(), cached('only-if-cached, no-store')).catch(
      (thrown) => thrown,
    );
    expect([error.status, error.code, error.headers.get('x-sluice-cache')]).toEqual([504, 'not_cached', 'bypass']);
    expect(provider.asked).toEqual([]);
  });

  test('of a request that does not ask for the cache is left to the browsers that send it', async () => {
    const { tenant } = on();
    const only = { headers: { 'cache-control': 'only-if-cached' } };
    expect((await asked(tenant.client, newQuestion(), only)).cache).toBeNull();
  });
});

describe('what is never given again', () => {
  const toolCall = { id: 'call_a', type: 'function', function: { name: 'pay', arguments: '{}' } };
  const saying = (message: object, finish_reason = 'stop') => {
    const whole = completion('said');
    return { ...whole, choices: [{ ...whole.choices[0], finish_reason, message: { role: 'assistant', ...message } }] };
  };

  test.each([
    ['a call of a tool', saying({ content: null, tool_calls: [toolCall] }, 'tool_calls')],
    ['a call of a tool that says it has ended', saying({ content: '', tool_calls: [toolCall] })],
    ['an answer that was cut for its length', saying({ content: 'half' }, 'length')],
    ['an answer that a filter has cut', saying({ content: 'half' }, 'content_filter')],
    ['a refusal', saying({ content: null, refusal: 'No.' })],
    ['sound', saying({ content: null, audio: { id: 'a', data: 'AAAA' } })],
    ['what cites the web', saying({ content: 'x', annotations: [{ type: 'url_citation' }] })],
    ['nothing at all', saying({ content: null })],
    ['an answer without a choice', { ...completion('x'), choices: [] }],
  ])('%s', async (_, said) => {
    const { tenant, provider, gateway } = on();
    provider.script = answer(said);
    const body = newQuestion();
    for (const __ of [1, 2]) {
      expect((await asked(tenant.client, body)).cache).toBe('miss');
      await gateway.idle();
    }
    expect(provider.asked).toHaveLength(2);
  });

  test.each([
    ['that breaks off', stream([frame(chunk({ content: 'half' }))], { thenCut: true })],
    ['that ends in an error', stream([frame(chunk({ content: 'half' })), frame({ error: { message: 'x' } })])],
    [
      'of a tool',
      stream([frame(chunk({ tool_calls: [{ index: 0, ...toolCall }] })), frame(chunk({}, 'tool_calls')), done]),
    ],
    ['that is cut for its length', stream([frame(chunk({ content: 'half' })), frame(chunk({}, 'length')), done])],
  ])('a stream %s', async (_, script) => {
    const { tenant, provider, gateway } = on();
    const body = newQuestion();
    for (const __ of [1, 2]) {
      provider.script = script;
      await streamed(tenant.client, body).catch(() => {});
      await gateway.idle();
    }
    expect(provider.asked).toHaveLength(2);
  });

  test('an error', async () => {
    const { tenant, provider, gateway } = on();
    const body = newQuestion();
    provider.script = answer({ error: { message: 'bad' } }, 400);
    await expect(asked(tenant.client, body)).rejects.toMatchObject({ status: 400 });
    await gateway.idle();
    provider.script = answer(completion('good'));
    expect((await asked(tenant.client, body)).data.choices[0]?.message.content).toBe('good');
  });

  test('what the provider is to keep: the request passes the cache by', async () => {
    const { tenant, provider, gateway } = on();
    const body = { ...newQuestion(), store: true };
    for (const _ of [1, 2]) {
      expect((await asked(tenant.client, body)).cache).toBe('bypass');
      await gateway.idle();
    }
    expect(provider.asked).toHaveLength(2);
  });

  test('the verdict of a moderation', async () => {
    const { tenant } = on();
    const body = { model: 'omni-moderation-latest', input: 'hello' };
    const { response } = await tenant.client.moderations.create(body, cached()).withResponse();
    expect(response.headers.get('x-sluice-cache')).toBe('bypass');
  });
});

test('a stream without the usage chunk is not kept with a count that nobody has made', async () => {
  const { tenant, provider, gateway } = on();
  const body = newQuestion();
  provider.script = stream(spoken(['a'], null));
  await streamed(tenant.client, body);
  await gateway.idle();
  const { data, cache } = await asked(tenant.client, body);
  expect([cache, data.usage]).toEqual(['hit', undefined]);
});

test('what the provider says of itself and of its tokens survives the stream', async () => {
  const { tenant, provider, gateway } = on();
  const body = { ...newQuestion(), logprobs: true };
  const said = (token: string) => {
    const one = chunk({ content: token });
    return frame({
      ...one,
      system_fingerprint: 'fp_1',
      choices: [{ ...one.choices[0], logprobs: { content: [{ token, logprob: -1 }] } }],
    });
  };
  provider.script = stream([said('a'), said('b'), frame(chunk({}, 'stop')), frame(usageChunk(usage(1, 2))), done]);
  await streamed(tenant.client, body);
  await gateway.idle();
  expect((await asked(tenant.client, body)).data).toMatchObject({
    system_fingerprint: 'fp_1',
    choices: [{ logprobs: { content: [{ token: 'a' }, { token: 'b' }] } }],
  });
});
