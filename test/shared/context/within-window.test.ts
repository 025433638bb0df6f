/** The step of preparation by itself, with a counter of words. */
import type { ServedModel } from '../../../shared/catalogue/catalogue.ts';
import { createWithinWindow, type WithinWindowDeps } from '../../../shared/context/within-window.ts';
import type { ModelRequest } from '../../../shared/inference/attempts.ts';
import { type Arriving, unprepared, withBody } from '../../../shared/inference/preparation.ts';
import { projectPolicySchema } from '../../../shared/limits/limits.ts';
import { type CountedBy, wordCounter, wordy } from './word-counter.ts';

const price = { input: 1, output: 1 };
const model = (more: Partial<ServedModel> = {}): ServedModel => ({
  name: 'm',
  label: 'm',
  targets: [{ provider: 'p', model: 'upstream', price }],
  contextWindow: 1_000,
  ...more,
});

const arriving = (policy: object = {}): Arriving => ({
  requestId: 'req_1',
  caller: {
    kind: 'project',
    projectId: 'proj_1',
    apiKeyId: 'key_1',
    serviceAccountId: 'acc_1',
    scopes: [],
    policy: projectPolicySchema.parse(policy),
    keyPolicy: { limits: {}, spendLimitMicroUsd: null },
    organization: {} as Arriving['caller']['organization'],
  },
  headers: {},
  report: {},
  answerByMs: 1_000,
  afterwards: () => {},
});

type Wished = { readonly served?: ServedModel; readonly counter?: CountedBy } & Partial<WithinWindowDeps>;

const step = ({ served = model(), counter = wordCounter(), ...more }: Wished = {}) =>
  createWithinWindow({
    catalogue: { find: () => served },
    counter,
    settings: { warning: 0.8, critical: 0.9 },
    contextDefaults: {},
    safetyDefaults: {},
    summarize: async () => null,
    log: { info: () => {}, warn: () => {}, error: () => {} },
    ...more,
  });

const chat = (body: object): ModelRequest => ({
  kind: 'completions',
  endpoint: '/chat/completions',
  body: { model: 'm', ...body },
  streamed: false,
});
const response = (body: object): ModelRequest => ({
  kind: 'responses',
  endpoint: '/responses',
  body: { model: 'm', ...body },
  streamed: false,
});
const prepared = (request: ModelRequest) => unprepared(request, Buffer.byteLength(JSON.stringify(request.body)));

const user = (content: string) => ({ role: 'user', content });
const assistant = (content: string) => ({ role: 'assistant', content });
const system = (content: string) => ({ role: 'system', content });

/** Of six words and more bytes a token than any tokenizer needs: bytes alone would not let them in. */
const turns = (count: number, words: number) =>
  Array.from({ length: count }, () => [user(wordy(words - 2)), assistant(wordy(words - 2))]).flat();

const auto = { context: { truncation: 'auto' } };
const usageOf = ({ headers }: { readonly headers: Readonly<Record<string, string>> }) =>
  headers['x-sluice-token-usage'];

describe('a call whose bytes are few beside its window', () => {
  test('is told that all is well, and nobody counts (I9)', async () => {
    const counter = wordCounter();
    const before = prepared(chat({ messages: [user('hello')] }));
    const after = await step({ counter })(arriving(), before);
    expect(after).toEqual({ ...before, headers: { 'x-sluice-token-usage': 'ok' } });
    expect(counter.asked).toEqual([]);
  });

  test('is counted where the output that it states may be too much', async () => {
    const counter = wordCounter();
    const body = { messages: [user('hello')], max_completion_tokens: 997 };
    await step({ counter })(arriving(), prepared(chat(body)));
    expect(counter.asked).toEqual(['upstream']);
  });
});

describe('what has to do with no window', () => {
  test.each<[string, ModelRequest, ServedModel, object]>([
    ['an embedding', { ...chat({ input: wordy(9_000) }), kind: 'embeddings', endpoint: '/embeddings' }, model(), {}],
    [
      'a model whose window nobody knows',
      chat({ messages: [user(wordy(9_000))] }),
      (({ contextWindow: _, ...unknown }) => unknown)(model()),
      {},
    ],
    [
      'a model that the project may not use',
      chat({ messages: [user(wordy(9_000))] }),
      model(),
      { modelPermissions: { mode: 'allow_list', modelIds: ['other'] } },
    ],
  ])('%s goes on as it came, without a header', async (_, request, served, policy) => {
    const counter = wordCounter();
    const before = prepared(request);
    expect(await step({ served, counter })(arriving(policy), before)).toEqual(before);
    expect(counter.asked).toEqual([]);
  });
});

describe('how full the window is', () => {
  test.each([
    [798, 'warning'],
    [797, 'ok'],
    [898, 'critical'],
    [897, 'warning'],
  ])('%d words and what frames them are %s', async (words, level) => {
    const body = { messages: [user(wordy(words))], max_completion_tokens: 10 };
    expect(usageOf(await step()(arriving(), prepared(chat(body))))).toBe(level);
  });

  test('is said by the shares that the document has', async () => {
    const settings = { warning: 0.1, critical: 0.2 };
    const within = (words: number) =>
      step({ settings })(arriving(), prepared(chat({ messages: [user(wordy(words))] })));
    expect(usageOf(await within(97))).toBe('ok');
    expect(usageOf(await within(98))).toBe('warning');
    expect(usageOf(await within(198))).toBe('critical');
  });

  test('is said of the model that makes most of it, where several may be asked', async () => {
    const counter = wordCounter();
    const twice: CountedBy = {
      ...counter,
      async countRequest(kind, body, name) {
        const { total, fixed, items, exact } = await counter.countRequest(kind, body, name);
        const times = name === 'wordier' ? 2 : 1;
        return { total: total * times, fixed: fixed * times, items: items.map((item) => item * times), exact };
      },
    };
    const targets: ServedModel['targets'] = [
      { provider: 'p', model: 'upstream', price },
      { provider: 'q', model: 'wordier', price },
      { provider: 'r', model: 'upstream', price },
    ];
    const after = await step({ served: model({ targets }), counter: twice })(
      arriving(),
      prepared(chat({ messages: [user(wordy(420))], max_completion_tokens: 10 })),
    );
    expect(usageOf(after)).toBe('warning');
    expect(counter.asked.toSorted()).toEqual(['upstream', 'wordier']);
  });
});

describe('a conversation over its window', () => {
  const refusal = async (request: ModelRequest, policy: object = {}, wished: Wished = {}) =>
    step(wished)(arriving(policy), prepared(request)).then(
      () => null,
      ({ why, message, param, headers }) => ({ why, message, param, headers }),
    );

  test('is refused in the words that clients know', async () => {
    expect(await refusal(chat({ messages: [user(wordy(998))] }))).toEqual({
      why: 'context_length_exceeded',
      message:
        "This model's maximum context length is 1000 tokens. However, your messages resulted in 1000 tokens. Please reduce the length of the messages.",
      param: 'messages',
      headers: { 'x-sluice-token-usage': 'critical' },
    });
  });

  test('is refused together with the output that it states', async () => {
    const body = { messages: [user(wordy(598))], max_tokens: 401 };
    expect(await refusal(chat(body))).toMatchObject({
      message:
        "This model's maximum context length is 1000 tokens. However, you requested 1001 tokens (600 in the messages, 401 in the completion). Please reduce the length of the messages or completion.",
    });
    expect(await refusal(chat({ ...body, max_tokens: 400 }))).toBeNull();
  });

  test('is not refused for an output that the model cannot put out anyway', async () => {
    const body = { messages: [user(wordy(598))], max_tokens: 100_000 };
    expect(await refusal(chat(body), {}, { served: model({ maxOutputTokens: 400 }) })).toBeNull();
  });

  test('says what else than messages there is', async () => {
    const tools = [{ type: 'function', name: 'f', parameters: {} }];
    const body = { input: wordy(998), instructions: wordy(20), tools };
    expect(await refusal(response(body))).toMatchObject({
      param: 'input',
      message:
        "This model's maximum context length is 1000 tokens. However, your input resulted in 1020 tokens (1000 in the input, 20 in the instructions and tools). Please reduce the length of the input.",
    });
  });

  test('needs room for some answer where it states none', async () => {
    expect(await refusal(chat({ messages: [user(wordy(742))] }))).toBeNull();
    expect(await refusal(chat({ messages: [user(wordy(743))] }))).not.toBeNull();
  });

  test('by an estimate alone is for the provider to judge, until the input by itself would be too much', async () => {
    const estimated = { counter: wordCounter(false) };
    const body = { max_completion_tokens: 500 };
    expect(await refusal(chat({ ...body, messages: [user(wordy(998))] }), {}, estimated)).toBeNull();
    expect(await refusal(chat({ ...body, messages: [user(wordy(999))] }), {}, estimated)).toMatchObject({
      message: expect.stringContaining('you requested about 1501 tokens (1001 in the messages'),
    });
  });

  test('that may be trimmed is refused where what may not go is too much', async () => {
    const messages = [...turns(3, 100), system(wordy(498)), user(wordy(498)), assistant('so')];
    expect(await refusal(chat({ messages }), auto)).toMatchObject({
      why: 'context_length_exceeded',
      message: expect.stringMatching(/resulted in 1603 tokens\. .* Older turns may be left out;/),
    });
  });
});

describe('a conversation that is trimmed', () => {
  test('loses its oldest turns, and says how much', async () => {
    const messages = [system('be kind'), ...turns(8, 100), user('and now')];
    const after = await step()(arriving(auto), prepared(chat({ messages, max_completion_tokens: 100 })));
    const kept = [messages[0], ...messages.slice(-9)];
    expect(after.request.body).toEqual({ model: 'm', messages: kept, max_completion_tokens: 100 });
    expect(after.bodyBytes).toBe(Buffer.byteLength(JSON.stringify(after.request.body)));
    expect(after.headers).toEqual({ 'x-sluice-token-usage': 'warning', 'x-sluice-truncated': 'items=8, tokens=800' });
    expect(after.leftOut).toEqual({ items: 8, tokens: 800, summarized: false });
  });

  test('leaves an eighth of the window for an answer of which nothing is stated', async () => {
    const after = await step()(arriving(auto), prepared(chat({ messages: [...turns(20, 10), user(wordy(598))] })));
    // 600 + 20 * n, up to 744 of the 1000: the least that is an answer is more than an eighth.
    expect(after.leftOut).toEqual({ items: 26, tokens: 260, summarized: false });
    const large = model({ contextWindow: 8_000 });
    const roomy = await step({ served: large })(
      arriving(auto),
      prepared(chat({ messages: [...turns(20, 100), user(wordy(4_998))] })),
    );
    // 5000 + 200 * n, up to 7000.
    expect(roomy.leftOut).toEqual({ items: 20, tokens: 2_000, summarized: false });
  });

  test('leaves less for it where the last message would not fit otherwise', async () => {
    const served = model({ contextWindow: 8_000 });
    const body = { messages: [...turns(1, 1_000), user(wordy(7_700))] };
    const after = await step({ served })(arriving(auto), prepared(chat(body)));
    expect(after.request.body['messages']).toEqual(body.messages.slice(-1));
  });

  test('keeps a margin where its tokens are only estimated', async () => {
    const body = { messages: [...turns(10, 100), user(wordy(98))], max_completion_tokens: 100 };
    const after = await step({ counter: wordCounter(false) })(arriving(auto), prepared(chat(body)));
    // 900 / 1.1 are 818: three turns and the last message.
    expect(after.leftOut).toEqual({ items: 14, tokens: 1_400, summarized: false });
  });

  test('of responses goes by its request, before its project', async () => {
    const input = [...turns(8, 100), user('and now')];
    const within = (body: object, policy: object) => step()(arriving(policy), prepared(response({ input, ...body })));
    expect((await within({ truncation: 'auto' }, {})).headers['x-sluice-truncated']).toBe('items=10, tokens=1000');
    expect((await within({}, auto)).headers['x-sluice-truncated']).toBe('items=10, tokens=1000');
    expect((await within({ truncation: null }, auto)).headers['x-sluice-truncated']).toBe('items=10, tokens=1000');
    await expect(within({}, {})).rejects.toMatchObject({ param: 'input' });
    await expect(within({ truncation: 'disabled' }, auto)).rejects.toMatchObject({ param: 'input' });
  });

  test('of chat goes by its project, and by the document where that says nothing', async () => {
    const messages = [...turns(8, 100), user('and now')];
    const request = prepared(chat({ messages, truncation: 'auto', max_completion_tokens: 100 }));
    await expect(step()(arriving(), request)).rejects.toMatchObject({ why: 'context_length_exceeded' });
    const contextDefaults = { truncation: 'auto' } as const;
    expect((await step({ contextDefaults })(arriving(), request)).leftOut).toMatchObject({ items: 8 });
    const disabled = { context: { truncation: 'disabled' } };
    await expect(step({ contextDefaults })(arriving(disabled), request)).rejects.toMatchObject({ param: 'messages' });
  });

  test('over the steps of a run adds up what was left out', async () => {
    const within = step();
    const first = await within(arriving(auto), prepared(chat({ messages: [...turns(8, 100), user('and now')] })));
    const messages = first.request.body['messages'] as object[];
    const more = withBody(first, { model: 'm', messages: [...messages, assistant(wordy(398))] });
    const second = await within(arriving(auto), more);
    expect(first.leftOut).toEqual({ items: 10, tokens: 1_000, summarized: false });
    expect(second.headers['x-sluice-truncated']).toBe('items=14, tokens=1400');
  });
});

describe('the tokens that are counted', () => {
  const body = { messages: [user(wordy(598)), assistant(wordy(98))], max_completion_tokens: 100 };

  test('bound the input: with what frames messages, and bytes for everything else', async () => {
    const { inputTokens } = await step()(arriving(), prepared(chat(body)));
    const rest = Buffer.byteLength(JSON.stringify({ model: 'm', ...body, messages: [] }));
    const runs = Math.ceil(Buffer.byteLength(JSON.stringify({ model: 'm', ...body })) / 128);
    expect(inputTokens).toBe(700 + 2 * 16 + rest + 64 + runs);
  });

  test('are those that are left of a trimmed conversation', async () => {
    const messages = [...turns(8, 100), ...body.messages];
    const trimmed = await step()(arriving(auto), prepared(chat({ ...body, messages })));
    const alone = await step()(arriving(), prepared(chat({ ...body, messages: trimmed.request.body['messages'] })));
    expect(trimmed.leftOut?.items).toBe(14);
    expect(trimmed.inputTokens).toBe(alone.inputTokens);
  });

  test.each<[string, Wished, object]>([
    ['are only estimated', { counter: wordCounter(false) }, {}],
    ['may change by redaction', { safetyDefaults: { redaction: { input: ['secrets'] } } }, {}],
    ['may change by cleaning', {}, { safety: { wishes: { injection: { mode: 'sanitize' } } } }],
  ])('bound nothing where they %s (I2)', async (_, wished, policy) => {
    const before = { ...prepared(chat(body)), inputTokens: 1 };
    expect((await step(wished)(arriving(policy), before)).inputTokens).toBeUndefined();
  });

  test('bound nothing any more where the call has become small by itself (I2)', async () => {
    const before = { ...prepared(chat({ messages: [user('hello')] })), inputTokens: 1 };
    expect((await step()(arriving(), before)).inputTokens).toBeUndefined();
  });
});
