/** I2: the ways around a budget that others have left open (THREATS 8), through the official SDK. */
import type OpenAI from 'openai';
import type { Config } from '../../shared/config/schema.ts';
import type { ProjectPolicy } from '../../shared/limits/limits.ts';
import { oneProvider, type Tenant } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import { answer, completion, refusal, type Script, spoken, stream, usage } from '../support/scripted-provider.ts';
import { respondedEvents, respondedWith, responseUsage } from '../support/scripted-responses.ts';
import { expectTrueBooks, spentBy } from './support/books.ts';
import { clientsOf, houseOf, muchLater } from './support/house.ts';

/** The same, and a model of two targets, of which the second costs more. */
const configured = (baseURL: string): Config => {
  const config = oneProvider(baseURL);
  const { scripted } = config.providers;
  if (!scripted) throw new Error('there is a scripted provider');
  return {
    ...config,
    providers: { ...config.providers, dearer: scripted },
    models: {
      ...config.models,
      fallen: { targets: ['scripted/upstream-model', 'dearer/upstream-model'], price: { input: 1, output: 4 } },
    },
  };
};

const on = scene({}, configured);

/** A provider that takes all it may: a token for every byte, and every choice as long as is allowed. */
const greedy: Script = (response, asked) => {
  const { max_completion_tokens, max_tokens, max_output_tokens, n } = asked.body;
  const most = Number(max_completion_tokens ?? max_tokens ?? max_output_tokens ?? 100_000) * Number(n ?? 1);
  const bytes = Buffer.byteLength(asked.text);
  if (asked.path.endsWith('/responses')) {
    const used = responseUsage(bytes, most);
    return asked.body['stream'] === true
      ? stream(respondedEvents(['a', 'b'], used))(response, asked)
      : answer(respondedWith('x', used))(response, asked);
  }
  const used = usage(bytes, most);
  return asked.body['stream'] === true
    ? stream(spoken(['a', 'b'], used))(response, asked)
    : answer(completion('x', used))(response, asked);
};

async function tenantWith(policy: Partial<ProjectPolicy>): Promise<Tenant> {
  const { gateway, database, provider } = on();
  const tenant = await gateway.tenant();
  await holdTo(database, tenant.projectId, policy);
  provider.script = greedy;
  return tenant;
}

const house = () => {
  const { database, gateway } = on();
  return houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => gateway.clock.nowMs });
};

/** What it has cost in all, once the books are closed. */
async function spentOf({ projectId }: Tenant): Promise<number> {
  const { gateway } = on();
  await gateway.idle();
  await house().sweepAt(muchLater(gateway.clock.nowMs));
  return spentBy(await expectTrueBooks(house(), projectId, gateway.clock.nowMs));
}

const limit = 4_000;
type Ask = (client: OpenAI) => Promise<unknown>;
const chat = (client: OpenAI, body: object) => client.chat.completions.create({ ...question, ...body });
const respond = (client: OpenAI, body: object) =>
  client.responses.create({ model: 'test-model', input: 'Say hello', ...body, stream: false });

test.each<[string, Ask]>([
  ['no maximum of tokens', (client) => chat(client, {})],
  ['a huge maximum of tokens', (client) => chat(client, { max_tokens: 1_000_000_000 })],
  ['two maxima, of which one is huge', (client) => chat(client, { max_tokens: 50, max_completion_tokens: 1_000_000 })],
  ['many choices', (client) => chat(client, { n: 16, max_completion_tokens: 200 })],
  ['choices without a maximum', (client) => chat(client, { n: 5 })],
  [
    'streams that hang up',
    async (client) => (await client.chat.completions.create({ ...question, stream: true })).controller.abort(),
  ],
  [
    'huge schemas of tools',
    (client) =>
      chat(client, {
        tools: [{ type: 'function', function: { name: 'f', parameters: { description: 'x'.repeat(1_500) } } }],
      }),
  ],
  ['a model that falls back', (client) => chat(client, { model: 'fallen', max_tokens: 300 })],
  ['a response without a maximum', (client) => respond(client, {})],
  ['a response with a huge maximum', (client) => respond(client, { max_output_tokens: 1_000_000_000 })],
  [
    'a response with the maxima of chat, which are none of its own',
    (client) => respond(client, { max_tokens: 5, max_completion_tokens: 5 }),
  ],
  [
    'streamed responses that hang up',
    async (client) =>
      (await client.responses.create({ model: 'test-model', input: 'hi', stream: true })).controller.abort(),
  ],
  [
    'huge schemas of the tools of a response',
    (client) =>
      respond(client, { tools: [{ type: 'function', name: 'f', parameters: { description: 'x'.repeat(1_500) } }] }),
  ],
  [
    'many items',
    (client) => respond(client, { input: Array.from({ length: 40 }, () => ({ role: 'user', content: '' })) }),
  ],
  ['a response that falls back', (client) => respond(client, { model: 'fallen', max_output_tokens: 300 })],
  ['a prediction', (client) => chat(client, { prediction: { type: 'content', content: 'x'.repeat(400) } })],
])('%s: what the provider may take at the most is within the budget, whatever it takes', async (_, ask) => {
  const tenant = await tenantWith({ spendLimitMicroUsd: limit });
  const outcomes = await Promise.allSettled(Array.from({ length: 12 }, () => ask(tenant.client)));
  expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true);
  // And until nothing more is let in.
  for (let tries = 0; tries < 40; tries += 1) {
    await on().gateway.idle();
    if ((await Promise.allSettled([ask(tenant.client)]))[0]?.status === 'rejected') break;
  }
  expect(on().gateway.logs.filter(({ message }) => message === 'call cost more than its bound')).toEqual([]);
  for (const { body } of on().provider.asked)
    expect(body['max_completion_tokens'] ?? body['max_tokens'] ?? body['max_output_tokens']).toEqual(
      expect.any(Number),
    );
  expect(await spentOf(tenant)).toBeLessThanOrEqual(limit);
});

test('a provider that fails, and another that answers, are paid once (THREATS 8)', async () => {
  const tenant = await tenantWith({ spendLimitMicroUsd: limit });
  let calls = 0;
  on().provider.script = (response, asked) =>
    calls++ % 2 === 0 ? refusal(500, { message: 'x' })(response, asked) : greedy(response, asked);
  await Promise.allSettled(
    Array.from({ length: 20 }, () => chat(tenant.client, { model: 'fallen', max_completion_tokens: 100 })),
  );
  expect(await spentOf(tenant)).toBeLessThanOrEqual(limit);
});

test('images are held for at their dearest', async () => {
  const tenant = await tenantWith({ spendLimitMicroUsd: limit });
  const url = 'data:image/png;base64,iVBORw0KGgo=';
  const content = [{ type: 'image_url' as const, image_url: { url } }];
  await expect(chat(tenant.client, { messages: [{ role: 'user', content }] })).rejects.toMatchObject({ status: 429 });
  expect(on().provider.asked).toEqual([]);
});

test.each<[string, object[]]>([
  [
    'in a message',
    [{ role: 'user', content: [{ type: 'input_image', image_url: 'data:image/png;base64,iVBORw0KGgo=' }] }],
  ],
  ['by its id', [{ role: 'user', content: [{ type: 'input_image', file_id: 'file-1' }] }]],
  [
    'in what a tool puts out',
    [
      {
        type: 'function_call_output',
        call_id: 'c',
        output: [{ type: 'input_image', image_url: 'https://a.example/b.png' }],
      },
    ],
  ],
  [
    'of a screen',
    [{ type: 'computer_call_output', call_id: 'c', output: { type: 'computer_screenshot', file_id: 'f' } }],
  ],
  ['made before', [{ type: 'image_generation_call', id: 'ig_1', status: 'completed', result: 'iVBORw0KGgo=' }]],
])('images of a response are held for at their dearest: %s', async (_, input) => {
  const tenant = await tenantWith({ spendLimitMicroUsd: limit });
  await expect(respond(tenant.client, { input })).rejects.toMatchObject({ status: 429 });
  expect(on().provider.asked).toEqual([]);
});

test('files of a response are held for with the whole window', async () => {
  const tenant = await tenantWith({ spendLimitMicroUsd: limit });
  const input = [{ role: 'user', content: [{ type: 'input_file', file_url: 'https://a.example/b.pdf' }] }];
  await expect(respond(tenant.client, { input })).rejects.toMatchObject({ status: 429 });
  await expect(respond(tenant.client, { input, model: 'fallen' })).rejects.toMatchObject({
    status: 400,
    param: 'input',
  });
  expect(on().provider.asked).toEqual([]);
});

test('a model without a price is not served under any name', async () => {
  const tenant = await tenantWith({ spendLimitMicroUsd: limit });
  await expect(chat(tenant.client, { model: 'unpriced' })).rejects.toMatchObject({ status: 400 });
  expect(await spentOf(tenant)).toBe(0);
});

test('another key spends of the same budget', async () => {
  const tenant = await tenantWith({ spendLimitMicroUsd: limit });
  const { gateway } = on();
  while ((await Promise.allSettled([chat(tenant.client, { max_tokens: 400 })]))[0]?.status === 'fulfilled')
    await gateway.idle();
  const { projects } = gateway.admin().admin.organization;
  const account = await projects.serviceAccounts.create(tenant.projectId, { name: 'another' });
  const other = gateway.withKey(account.api_key?.value ?? '');
  await expect(chat(other, { max_tokens: 400 })).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
  expect(await spentOf(tenant)).toBeLessThanOrEqual(limit);
});

test.each(['-5', '0', '1e309', '-1e309', 'NaN', '1.5', '"7"', '9007199254740993', '1e400', '[]', 'true'])(
  'numbers that are none: %s is refused wherever it stands, and nothing is reserved',
  async (number) => {
    const tenant = await tenantWith({ spendLimitMicroUsd: limit });
    for (const [path, name] of [
      ['chat/completions', 'n'],
      ['chat/completions', 'max_tokens'],
      ['chat/completions', 'max_completion_tokens'],
      ['responses', 'max_output_tokens'],
    ]) {
      const asked = path === 'responses' ? '"input":"hi"' : '"messages":[{"role":"user","content":"hi"}]';
      const body = `{"model":"test-model",${asked},"${name}":${number}}`;
      const response = await on().gateway.fetch(`http://gateway.test/v1/${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body,
      });
      expect(response.status).toBe(400);
    }
    expect(on().provider.asked).toEqual([]);
    expect(await spentOf(tenant)).toBe(0);
  },
);

test.each([{ n: Number.MAX_SAFE_INTEGER }, { max_tokens: Number.MAX_SAFE_INTEGER }, { n: 1e9, max_tokens: 1e9 }])(
  'numbers beyond all reason are the caller’s mistake, with a budget or without: %j',
  async (body) => {
    for (const spendLimitMicroUsd of [null, limit]) {
      const tenant = await tenantWith({ spendLimitMicroUsd });
      const outcome = await chat(tenant.client, body).catch((error: { status: number }) => error.status);
      if (typeof outcome === 'number') expect([400, 429]).toContain(outcome);
      expect(await spentOf(tenant)).toBeLessThanOrEqual(spendLimitMicroUsd ?? Number.POSITIVE_INFINITY);
    }
  },
);

describe('what a provider says that it took', () => {
  test.each([
    ['nothing', usage(0, 0), 0],
    ['less than was held', usage(10, 5), 30],
  ])('%s: exactly that is paid', async (_, used, cost) => {
    const tenant = await tenantWith({ spendLimitMicroUsd: limit });
    on().provider.script = answer(completion('x', used));
    await chat(tenant.client, { max_tokens: 50 });
    expect(await spentOf(tenant)).toBe(cost);
  });

  test('more than it may: it is written down, told of, and counts against the budget', async () => {
    const tenant = await tenantWith({ spendLimitMicroUsd: limit });
    on().provider.script = answer(completion('x', usage(10, 5_000)));
    await chat(tenant.client, { max_tokens: 50 });
    await on().gateway.idle();
    const line = on().gateway.logs.find(({ message }) => message === 'call cost more than its bound');
    expect(line).toMatchObject({ level: 'error', facts: { aboveBoundMicroUsd: expect.any(Number) } });
    await expect(chat(tenant.client, { max_tokens: 50 })).rejects.toMatchObject({ code: 'insufficient_quota' });
    expect(await spentOf(tenant)).toBe(20_010);
  });

  test('nothing at all: our own count, within what was held', async () => {
    const tenant = await tenantWith({ spendLimitMicroUsd: limit });
    on().provider.script = stream(
      spoken(
        Array.from({ length: 90 }, () => 'word'),
        null,
      ),
    );
    for await (const _ of await tenant.client.chat.completions.create({ ...question, max_tokens: 50, stream: true }))
      void _;
    const [row] = await on().ledger(tenant.projectId);
    expect(row).toMatchObject({ estimated: true, outputTokens: 50 });
    expect(await spentOf(tenant)).toBeLessThanOrEqual(limit);
  });
});
