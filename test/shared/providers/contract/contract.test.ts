/** What every kind of provider does, against answers as that kind gives them. */
import type { GatewayError } from '../../../../shared/errors.ts';
import { bodyOf, headersOf } from '../../../../shared/errors.ts';
import type { ProviderSettings } from '../../../../shared/providers/kinds.ts';
import type { Provider } from '../../../../shared/providers/provider.ts';
import { createProviders } from '../../../../shared/providers/registry.ts';
import { openChatStream } from '../../../../shared/streaming/chat-stream.ts';
import { usageOf } from '../../../../shared/usage/token-usage.ts';
import { answer, type ScriptedProvider, scriptedProvider, stream } from '../../../support/scripted-provider.ts';
import { asking, read } from '../asking.ts';
import { context, contracts, recorded, recordedStream, secret } from './kinds.ts';

let upstream: ScriptedProvider;
let origin: string;
beforeAll(async () => {
  upstream = await scriptedProvider();
  ({ origin } = new URL(upstream.baseURL));
});
afterAll(() => upstream.stop());

const never = (): never => {
  throw new Error('nothing was asked');
};

/** What any provider may see of a request, besides how it is told who is asking. */
const usual =
  /^(accept|accept-encoding|connection|content-length|content-type|host|traceparent|user-agent|x-stainless-[a-z-]+)$/;

describe.each(Object.entries(contracts))('%s', (kind, contract) => {
  const answers = recorded(kind);
  const frames = recordedStream(kind);

  const provider = (extra: Partial<ProviderSettings> = {}, credentials = context.credentials): Provider =>
    createProviders(
      { it: { ...contract.settings(origin), ...extra } as ProviderSettings },
      { ...context, credentials },
    )('it');
  const question = (body: Record<string, unknown> = {}, signal?: AbortSignal) =>
    asking({ model: contract.model, max_completion_tokens: 64, ...body }, signal);
  const failure = (call: Promise<unknown>): Promise<GatewayError> =>
    call.then(
      () => {
        throw new Error('it did not fail');
      },
      (error: GatewayError) => error,
    );
  const refusing = (status: keyof typeof answers.errors, headers: Record<string, string> = {}) =>
    answer(answers.errors[status], Number(status), headers);
  const lastAsked = () => upstream.asked.at(-1) ?? never();

  describe('answers', () => {
    test('whole, and is asked for its own name of the model at its own address', async () => {
      upstream.script = answer(answers.whole);
      const { text } = await provider().whole(question());
      expect(JSON.parse(text)).toEqual(answers.whole);
      expect(usageOf(JSON.parse(text).usage)).toMatchObject({ input: 14, output: 2 });
      expect(lastAsked()).toMatchObject({ path: contract.path, body: { model: contract.sentModel } });
    });

    test('as a stream, byte for byte, with its usage', async () => {
      upstream.script = stream(frames);
      const relayed = await provider().stream(question({ stream: true }));
      expect(await read(relayed.chunks)).toBe(frames.join(''));
      expect(lastAsked()).toMatchObject({ path: contract.path, body: { model: contract.sentModel, stream: true } });

      const again = await provider().stream(question({ stream: true }));
      const chat = await openChatStream(again, { wantsUsage: true, choices: 1 });
      expect(await read(chat.bytes)).toContain('Paris.');
      expect(chat.seen).toMatchObject({ done: true, failure: null, usage: { input: 14, output: 2 } });
    });

    test('to whoever proves who is asking', async () => {
      upstream.script = answer(answers.whole);
      await provider().whole(question());
      contract.expectAuthenticated(lastAsked(), origin);
    });

    test('to a request that has the usual headers, those that prove who is asking, and no others', async () => {
      upstream.script = answer(answers.whole);
      await provider().whole({ ...question(), headers: { traceparent: '00-0af7-b7ad-01' } });
      const names = Object.keys(lastAsked().headers).filter((name) => !usual.test(name));
      expect(names.sort()).toEqual([...contract.authHeaders].sort());
      expect(lastAsked().headers['traceparent']).toBe('00-0af7-b7ad-01');
    });

    test('in the same way whatever the environment of the process says', async () => {
      const said = {
        ...{ OPENAI_ORG_ID: 'org-of-env', OPENAI_PROJECT_ID: 'proj-of-env', OPENAI_API_KEY: 'key-of-env' },
        ...{ OPENAI_BASE_URL: 'http://127.0.0.1:9/of-env', OPENAI_ADMIN_KEY: 'admin-of-env' },
        ...{
          AZURE_OPENAI_API_KEY: 'azure-of-env',
          AZURE_OPENAI_ENDPOINT: 'http://127.0.0.1:9',
          OPENAI_API_VERSION: 'x',
        },
        ...{
          AWS_BEARER_TOKEN_BEDROCK: 'bearer-of-env',
          AWS_BEDROCK_BASE_URL: 'http://127.0.0.1:9',
          AWS_REGION: 'env-1',
        },
      };
      const before = { ...process.env };
      Object.assign(process.env, said);
      try {
        upstream.script = answer(answers.whole);
        await provider().whole(question());
      } finally {
        for (const name of Object.keys(said)) delete process.env[name];
        Object.assign(process.env, before);
      }
      contract.expectAuthenticated(lastAsked(), origin);
      expect(JSON.stringify(lastAsked().headers)).not.toContain('of-env');
      expect(lastAsked().path).toBe(contract.path);
    });

    test('with the headers of its settings', async () => {
      upstream.script = answer(answers.whole);
      await provider({ headers: { 'x-route': 'eu', 'user-agent': 'sluice' } }).whole(question());
      expect(lastAsked().headers).toMatchObject({ 'x-route': 'eu', 'user-agent': 'sluice' });
      contract.expectAuthenticated(lastAsked(), origin);
    });
  });

  describe('answers for responses', () => {
    const responding = (body: Record<string, unknown> = {}, signal?: AbortSignal) => ({
      ...question({}, signal),
      endpoint: '/responses' as const,
      body: { model: contract.model, input: 'What is the capital of France?', max_output_tokens: 64, ...body },
    });
    const chat = {
      model: contract.sentModel,
      messages: [{ role: 'user', content: 'What is the capital of France?' }],
      max_completion_tokens: 64,
    };

    test('whole, from the chat that it knows', async () => {
      upstream.script = answer(answers.whole);
      const { text } = await provider().whole(responding());
      expect(JSON.parse(text)).toMatchObject({
        object: 'response',
        status: 'completed',
        output: [{ type: 'message', content: [{ type: 'output_text', text: expect.stringContaining('Paris') }] }],
        usage: { input_tokens: 14, output_tokens: 2 },
      });
      expect(lastAsked()).toMatchObject({ path: contract.path, body: chat });
      expect(Object.keys(lastAsked().body).sort()).toEqual(Object.keys(chat).sort());
      contract.expectAuthenticated(lastAsked(), origin);
    });

    test('as a stream of events, with usage', async () => {
      upstream.script = stream(frames);
      const { chunks } = await provider().stream(responding({ stream: true }));
      const events = (await read(chunks)).split('\n\n').filter((event) => event !== '');
      expect(events[0]).toMatch(/^event: response\.created\ndata: /);
      const [name = '', data = ''] = events.at(-1)?.split('\n') ?? [];
      expect(name).toBe('event: response.completed');
      expect(JSON.parse(data.slice('data: '.length))).toMatchObject({
        response: {
          output: [{ content: [{ text: expect.stringContaining('Paris') }] }],
          usage: { input_tokens: 14, output_tokens: 2 },
        },
      });
      expect(lastAsked()).toMatchObject({
        path: contract.path,
        body: { ...chat, stream: true, stream_options: { include_usage: true } },
      });
    });

    test('with its refusals in its own words, and failures as what they are', async () => {
      upstream.script = refusing('400');
      const error = await failure(provider().whole(responding()));
      expect(error.row).toMatchObject({ status: 400, type: 'invalid_request_error' });
      upstream.script = refusing('500');
      expect((await failure(provider().stream(responding({ stream: true })))).why).toBe('upstream_error');
    });

    test('and is not asked for what chat has nothing for', async () => {
      const before = upstream.asked.length;
      const error = await failure(provider().whole(responding({ tools: [{ type: 'web_search' }] })));
      expect(error).toMatchObject({ why: 'invalid_request', param: 'tools[0].type', recovery: 'elsewhere' });
      expect(upstream.asked.length).toBe(before);
    });

    test('until it is given up, and its connection is closed', async () => {
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      upstream.script = (response) => {
        response.on('close', resolve);
        response.writeHead(200, { 'content-type': 'text/event-stream' }).write(frames[0]);
      };
      const { chunks, cancel } = await provider().stream(responding({ stream: true }));
      const reading = failure(read(chunks));
      cancel();
      expect((await reading).why).toBe('upstream_timeout');
      await closed;
    });

    test('with the parameters that it knows of chat', async () => {
      upstream.script = answer(answers.whole);
      const parameters = { unsupported: ['top_p', 'max_completion_tokens'], otherwise: 'drop' as const };
      const { headers } = await provider({ parameters }).whole(responding({ top_p: 0.5 }));
      expect(headers['x-sluice-dropped-parameters']).toBe('top_p');
      expect(lastAsked().body).toMatchObject({ max_tokens: 64 });
      expect(lastAsked().body).not.toHaveProperty('max_completion_tokens');
    });
  });

  describe('fails', () => {
    test('for what is wrong with the request in its own words', async () => {
      upstream.script = refusing('400');
      const error = await failure(provider().whole(question()));
      const said = JSON.stringify(answers.errors['400']);
      expect(error.row).toMatchObject({ status: 400, type: 'invalid_request_error' });
      expect(said).toContain(JSON.stringify(error.message).slice(1, -1));
      expect(error.message.length).toBeGreaterThan(40);
    });

    test.each(['401', '403'] as const)('for a credential of ours without a word of it: %s (I6)', async (status) => {
      upstream.script = refusing(status);
      const error = await failure(provider().stream(question({ stream: true })));
      expect(error.why).toBe('upstream_auth');
      expect(bodyOf(error).error.message).toMatch(/^The model provider refused the gateway's own credential/);
    });

    test('for a limit of its own with the time to wait', async () => {
      upstream.script = refusing('429', { 'retry-after': '7', 'retry-after-ms': '6500' });
      const error = await failure(provider().whole(question()));
      expect(error.why).toBe('rate_limit_exceeded');
      expect(headersOf(error)).toMatchObject({ 'retry-after': '7', 'retry-after-ms': '6500' });
    });

    test('for a fault of its own once, without retries and without a word of it', async () => {
      upstream.script = refusing('500');
      const before = upstream.asked.length;
      const error = await failure(provider().whole(question()));
      expect(bodyOf(error).error).toMatchObject({
        code: 'upstream_error',
        message: 'The model provider failed to answer.',
      });
      expect(upstream.asked.length).toBe(before + 1);
    });

    test('for being slow, each wait by its name', async () => {
      upstream.script = () => {};
      const waits = { firstChunkMs: 80, totalMs: 10_000 };
      expect((await failure(provider({ timeouts: waits }).stream(question({ stream: true })))).why).toBe(
        'upstream_first_chunk_timeout',
      );
      expect((await failure(provider({ timeouts: { totalMs: 80 } }).whole(question()))).why).toBe('upstream_timeout');
      upstream.script = stream(frames.slice(0, 1), { pauseMs: 400 });
      const { chunks } = await provider({ timeouts: { idleMs: 80 } }).stream(question({ stream: true }));
      expect((await failure(read(chunks))).why).toBe('upstream_idle_timeout');
    });

    test('when it is given up, and its connection is closed', async () => {
      const controller = new AbortController();
      const { promise: closed, resolve } = Promise.withResolvers<void>();
      upstream.script = (response) => {
        response.on('close', resolve);
        controller.abort();
      };
      expect((await failure(provider().whole(question({}, controller.signal)))).why).toBe('upstream_timeout');
      await closed;
    });

    test('for a redirect, which is not followed', async () => {
      const before = upstream.asked.length;
      upstream.script = answer('', 307, { location: `${origin}/elsewhere` });
      expect((await failure(provider().whole(question()))).why).toBe('upstream_error');
      expect(upstream.asked.length).toBe(before + 1);
    });

    test('and keeps its secret, whoever repeats it', async () => {
      upstream.script = (response, asked) => {
        const shown = String(asked.headers['api-key'] ?? asked.headers.authorization).replace('Bearer ', '');
        return answer({ error: { message: `What is ${shown}?` } }, 400)(response, asked);
      };
      const shown = JSON.stringify(bodyOf(await failure(provider().whole(question()))));
      expect(shown).not.toContain(secret);
      expect(shown).not.toContain('eyJ');
    });
  });

  describe('is asked', () => {
    test.each(['/embeddings', '/moderations'] as const)('%s only if it serves them', async (endpoint) => {
      const before = upstream.asked.length;
      upstream.script = answer({ data: [], results: [] });
      const call = provider().whole({ ...question(), endpoint });
      if (contract.without.includes(endpoint)) {
        expect(await failure(call)).toMatchObject({ why: 'invalid_request', param: 'model' });
        expect(upstream.asked.length).toBe(before);
      } else {
        await call;
        expect(lastAsked().path).toContain(endpoint);
      }
    });

    test('for what it knows: the rest is dropped and named, and the maximum goes by the name that it knows', async () => {
      upstream.script = answer(answers.whole);
      const parameters = { unsupported: ['logit_bias', 'max_completion_tokens'], otherwise: 'drop' as const };
      const { headers } = await provider({ parameters }).whole(question({ logit_bias: { 1: 2 } }));
      expect(headers['x-sluice-dropped-parameters']).toBe('logit_bias');
      expect(lastAsked().body).toMatchObject({ max_tokens: 64 });
      expect(Object.keys(lastAsked().body).sort()).toEqual(['max_tokens', 'messages', 'model']);
    });

    test('for nothing, where what it does not know is to be refused', async () => {
      const before = upstream.asked.length;
      const parameters = { unsupported: ['logit_bias'], otherwise: 'refuse' as const };
      const error = await failure(provider({ parameters }).stream(question({ logit_bias: {}, stream: true })));
      expect(error).toMatchObject({ why: 'invalid_request', param: 'logit_bias', row: { status: 400 } });
      expect(upstream.asked.length).toBe(before);
    });
  });
});

describe.each([
  ['openai', '/v1/responses'],
  ['azure', '/openai/responses?api-version=2024-10-21'],
] as const)('%s that has responses itself', (kind, path) => {
  const native = (): Provider =>
    createProviders(
      { it: { ...contracts[kind].settings(origin), responses: 'native' } as ProviderSettings },
      context,
    )('it');
  const request = {
    ...asking(),
    endpoint: '/responses' as const,
    body: { model: 'gpt-4o', input: 'Hi', store: false, tools: [{ type: 'web_search' }], max_output_tokens: 64 },
  };

  test('is asked for them as they are', async () => {
    upstream.script = answer({ id: 'resp_1', object: 'response', output: [] });
    const { text } = await native().whole(request);
    expect(JSON.parse(text)).toMatchObject({ id: 'resp_1' });
    expect(upstream.asked.at(-1)).toMatchObject({ path, body: request.body });
  });

  test('streams its own events, byte for byte', async () => {
    const frames = ['event: response.created\ndata: {"type":"response.created"}\n\n'];
    upstream.script = stream(frames);
    const { chunks } = await native().stream({ ...request, body: { ...request.body, stream: true } });
    expect(await read(chunks)).toBe(frames.join(''));
    expect(upstream.asked.at(-1)?.body).toMatchObject({ stream: true });
  });
});
