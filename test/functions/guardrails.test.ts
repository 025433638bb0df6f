/** Every kind of call, at every stage, under every mode, whole and as a stream (MISSION: ContentModerator, SafetyPipeline; I8). */
import { setTimeout as sleep } from 'node:timers/promises';
import OpenAI from 'openai';
import type { SafetyWishes } from '../../shared/safety/policy.ts';
import type { Tenant } from '../support/gateway.ts';
import {
  attack,
  canarySecret,
  isModeration,
  moderated,
  tenantWith,
  unsafeText,
  violationsOf,
} from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, refusal, saying, spoken, stream, wellBehaved } from '../support/scripted-provider.ts';

const given = scene();

type Ending = {
  readonly status: number;
  readonly code: string | null;
  readonly safety: string | null;
  readonly text: string;
  readonly finish: string | null;
};

/** As chat has it. */
const finishOf = ({ status, incomplete_details }: OpenAI.Responses.Response): string | null =>
  status === 'completed' ? 'stop' : (incomplete_details?.reason ?? null);

/** Through the SDK, as a caller would see it. */
const calls = {
  chat: async ({ client }: Tenant, content: string) => {
    const body = { model: 'test-model', messages: [{ role: 'user' as const, content }] };
    const { data, response } = await client.chat.completions.create(body).withResponse();
    const [choice] = data.choices;
    return { response, text: choice?.message.content ?? '', finish: choice?.finish_reason ?? null };
  },
  stream: async ({ client }: Tenant, content: string) => {
    const body = { model: 'test-model', messages: [{ role: 'user' as const, content }], stream: true as const };
    const { data, response } = await client.chat.completions.create(body).withResponse();
    let text = '';
    let finish: string | null = null;
    for await (const { choices } of data) {
      text += choices[0]?.delta.content ?? '';
      finish = choices[0]?.finish_reason ?? finish;
    }
    return { response, text, finish };
  },
  response: async ({ client }: Tenant, input: string) => {
    const { data, response } = await client.responses.create({ model: 'test-model', input }).withResponse();
    return { response, text: data.output_text, finish: finishOf(data) };
  },
  'response stream': async ({ client }: Tenant, input: string) => {
    const body = { model: 'test-model', input, stream: true as const };
    const { data, response } = await client.responses.create(body).withResponse();
    let text = '';
    let finish: string | null = null;
    for await (const event of data) {
      if (event.type === 'response.output_text.delta') text += event.delta;
      if ('response' in event) finish = finishOf(event.response);
    }
    return { response, text, finish };
  },
  embeddings: async ({ client }: Tenant, input: string) => {
    const { response } = await client.embeddings.create({ model: 'test-model', input }).withResponse();
    return { response, text: '', finish: null };
  },
  moderations: async ({ client }: Tenant, input: string) => {
    const { response } = await client.moderations.create({ input }).withResponse();
    return { response, text: '', finish: null };
  },
} as const;
type CallType = keyof typeof calls;

async function ending(call: CallType, tenant: Tenant, content: string): Promise<Ending> {
  try {
    const { response, text, finish } = await calls[call](tenant, content);
    return { status: 200, code: null, safety: response.headers.get('x-sluice-safety'), text, finish };
  } catch (thrown) {
    if (!(thrown instanceof OpenAI.APIError)) throw thrown;
    const { status, code, headers } = thrown;
    return {
      status: status ?? 0,
      code: code ?? null,
      safety: headers?.get('x-sluice-safety') ?? null,
      text: thrown.message,
      finish: null,
    };
  }
}

const askedModels = () => given().provider.asked.filter((asked) => !isModeration(asked));
const askedModeration = () => given().provider.asked.filter(isModeration);

const says = (...words: string[]) =>
  moderated((response, asked) =>
    (asked.path.endsWith('/embeddings') ? wellBehaved : saying(...words))(response, asked),
  );

const generations = ['chat', 'stream', 'response', 'response stream'] as const;
const textCalls = [...generations, 'embeddings'] as const;

describe('moderation of the input', () => {
  const policy = (mode: 'off' | 'flag' | 'block', alongside: boolean): SafetyWishes => ({
    moderation: { input: mode, alongside },
  });

  test.each(textCalls.flatMap((call) => [false, true].map((alongside) => [call, alongside] as const)))(
    '%s, alongside %p: off looks at nothing, and says nothing',
    async (call, alongside) => {
      given().provider.script = moderated();
      const tenant = await tenantWith(given().gateway, policy('off', alongside));
      expect(await ending(call, tenant, unsafeText)).toMatchObject({ status: 200, safety: null });
      expect(askedModeration()).toEqual([]);
      expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([]);
    },
  );

  test.each(textCalls.flatMap((call) => [false, true].map((alongside) => [call, alongside] as const)))(
    '%s, alongside %p: flag lets through, and writes it down',
    async (call, alongside) => {
      given().provider.script = moderated();
      const tenant = await tenantWith(given().gateway, policy('flag', alongside));
      expect(await ending(call, tenant, unsafeText)).toMatchObject({ status: 200, safety: 'flagged' });
      expect(askedModels()).toHaveLength(1);
      expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
        expect.objectContaining({
          stage: 'input',
          guardrail: 'moderation',
          action: 'flagged',
          categories: ['violence'],
          scores: expect.objectContaining({ violence: 0.93 }),
        }),
      ]);
    },
  );

  test.each(textCalls)(
    '%s: block refuses before the provider is asked, and costs no more than the request',
    async (call) => {
      given().provider.script = moderated();
      const tenant = await tenantWith(given().gateway, policy('block', false));
      expect(await ending(call, tenant, unsafeText)).toMatchObject({
        status: 400,
        code: 'content_policy_violation',
        safety: 'blocked',
      });
      expect(askedModels()).toEqual([]);
      expect(await given().ledger(tenant.projectId)).toEqual([
        expect.objectContaining({ outcome: 'blocked', costMicroUsd: 0, inputTokens: 0, outputTokens: 0 }),
      ]);
      expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
        expect.objectContaining({ stage: 'input', action: 'blocked', categories: ['violence'] }),
      ]);
    },
  );

  test.each(textCalls)(
    '%s: block alongside refuses what the provider has answered already, and meters it',
    async (call) => {
      given().provider.script = moderated(wellBehaved, { after: 60 });
      const tenant = await tenantWith(given().gateway, policy('block', true));
      const seen = await ending(call, tenant, unsafeText);
      expect(seen).toMatchObject({ status: 400, code: 'content_policy_violation', safety: 'blocked' });
      expect(seen.text).not.toContain('Hello');
      expect(askedModels()).toHaveLength(1);
      const [row] = await given().ledger(tenant.projectId);
      expect(row).toMatchObject({ state: 'settled', outcome: 'succeeded' });
      expect(row && 'costMicroUsd' in row && row.costMicroUsd).toBeGreaterThan(0);
    },
  );

  test.each(textCalls)('%s: what is safe goes through, alongside or not', async (call) => {
    given().provider.script = moderated();
    for (const alongside of [false, true]) {
      const tenant = await tenantWith(given().gateway, policy('block', alongside));
      expect(await ending(call, tenant, 'A quiet afternoon.')).toMatchObject({ status: 200, safety: 'safe' });
      expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([]);
    }
  });

  test('of a call that asks for moderation is none: it is what the caller wants to know', async () => {
    given().provider.script = moderated();
    const tenant = await tenantWith(given().gateway, policy('block', false));
    expect(await ending('moderations', tenant, unsafeText)).toMatchObject({ status: 200, safety: null });
    expect(askedModeration()).toHaveLength(1);
  });
});

describe('injection', () => {
  test.each(textCalls)('%s: flag lets through, and writes it down', async (call) => {
    const tenant = await tenantWith(given().gateway, { injection: { mode: 'flag' } });
    expect(await ending(call, tenant, attack)).toMatchObject({ status: 200, safety: 'flagged' });
    expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
      expect.objectContaining({ stage: 'input', guardrail: 'injection', action: 'flagged' }),
    ]);
  });

  test.each(textCalls)('%s: block rejects, and nobody is asked', async (call) => {
    const tenant = await tenantWith(given().gateway, { injection: { mode: 'block' } });
    expect(await ending(call, tenant, attack)).toMatchObject({
      status: 400,
      code: 'prompt_injection',
      safety: 'blocked',
    });
    expect(given().provider.asked).toEqual([]);
    expect(await given().ledger(tenant.projectId)).toEqual([
      expect.objectContaining({ outcome: 'blocked', costMicroUsd: 0 }),
    ]);
  });

  test.each(textCalls)('%s: sanitize takes out what was found, and asks with the rest', async (call) => {
    const tenant = await tenantWith(given().gateway, { injection: { mode: 'sanitize' } });
    const text = `Summarise the report on Rome. ${attack} Thank you.`;
    expect(await ending(call, tenant, text)).toMatchObject({ status: 200, safety: 'sanitized' });
    const [asked] = askedModels();
    expect(asked?.text).toContain('Summarise the report on Rome.');
    expect(asked?.text).toContain('Thank you.');
    expect(asked?.text).not.toMatch(/ignore all previous instructions/i);
  });

  test.each(textCalls)('%s: ordinary text is left as it is', async (call) => {
    for (const mode of ['flag', 'sanitize', 'block'] as const) {
      const tenant = await tenantWith(given().gateway, { injection: { mode } });
      const text = 'Tell me about science: <b>atoms</b>, {"a": 1} -- and so on.';
      expect(await ending(call, tenant, text)).toMatchObject({ status: 200, safety: 'safe' });
      const { messages, input } = askedModels().at(-1)?.body ?? {};
      expect(messages ?? input).toEqual(messages ? [{ role: 'user', content: text }] : text);
    }
  });
});

describe('moderation of the answer', () => {
  const policy = (mode: 'off' | 'flag' | 'block', retries = 0): SafetyWishes => ({
    moderation: { output: mode },
    retry_safely: retries,
    messages: { blocked: 'Not here, please.' },
  });
  const unsafeAnswer = ['Once. ', 'Then came ', 'MAYHEM', ' and more. ', 'The end.'];

  test.each(generations)('%s: flag lets through, and writes it down', async (call) => {
    given().provider.script = says(...unsafeAnswer);
    const tenant = await tenantWith(given().gateway, policy('flag'));
    expect(await ending(call, tenant, 'A story')).toMatchObject({
      status: 200,
      text: unsafeAnswer.join(''),
      finish: 'stop',
    });
    expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
      expect.objectContaining({
        stage: 'output',
        guardrail: 'moderation',
        action: 'flagged',
        categories: ['violence'],
      }),
    ]);
  });

  test('stream: what is found at its end, when its checks are late, is written down all the same', async () => {
    const sentences = Array.from({ length: 12 }, (_, index) => `Nothing happens in sentence ${index}. `);
    given().provider.script = moderated(stream(spoken([...sentences, unsafeText])), { after: 50 });
    const tenant = await tenantWith(given().gateway, policy('flag'));
    await ending('stream', tenant, 'A story');
    expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
      expect.objectContaining({ stage: 'output', action: 'flagged', categories: ['violence'] }),
    ]);
  });

  test.each(['chat', 'response'] as const)('%s: block ends with the configured message', async (call) => {
    given().provider.script = says(...unsafeAnswer);
    const tenant = await tenantWith(given().gateway, policy('block'));
    expect(await ending(call, tenant, 'A story')).toEqual({
      status: 200,
      code: null,
      safety: 'blocked',
      text: 'Not here, please.',
      finish: 'content_filter',
    });
    expect(askedModels()).toHaveLength(1);
    expect(await given().ledger(tenant.projectId)).toEqual([
      expect.objectContaining({ outcome: 'succeeded', inputTokens: 10, outputTokens: 5 }),
    ]);
  });

  test.each(['stream', 'response stream'] as const)(
    '%s: block ends it, and no unchecked byte has left',
    async (call) => {
      given().provider.script = says(...unsafeAnswer);
      const tenant = await tenantWith(given().gateway, policy('block'));
      const { text, finish } = await ending(call, tenant, 'A story');
      expect(finish).toBe('content_filter');
      expect('Once. Then came ').toContain(text);
      expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
        expect.objectContaining({ stage: 'output', action: 'blocked' }),
      ]);
    },
  );

  test.each(generations)('%s: a safe answer arrives as it was', async (call) => {
    given().provider.script = says('All ', 'is ', 'well. ', 'Good night.');
    const tenant = await tenantWith(given().gateway, policy('block'));
    expect(await ending(call, tenant, 'A story')).toMatchObject({
      safety: 'safe',
      text: 'All is well. Good night.',
      finish: 'stop',
    });
  });

  test.each(['chat', 'response'] as const)(
    '%s: is asked for again, more safely, and the safe answer counts; both are metered',
    async (call) => {
      given().provider.script = moderated((response, asked) =>
        saying(asked.text.includes('safe and appropriate') ? 'Peace.' : unsafeText)(response, asked),
      );
      const tenant = await tenantWith(given().gateway, policy('block', 1));
      expect(await ending(call, tenant, 'A story')).toMatchObject({ text: 'Peace.', finish: 'stop', safety: 'safe' });
      expect(askedModels()).toHaveLength(2);
      const rows = await given().ledger(tenant.projectId);
      expect(rows.map((row) => 'outcome' in row && row.outcome)).toEqual(['succeeded', 'succeeded']);
    },
  );

  test.each([
    ['refused again', answer(completion(unsafeText)), '2'],
    ['not answered', refusal(500, { message: 'out of order' }), '2'],
  ])('counts every attempt where it is %s', async (_, again, attempts) => {
    let asked = 0;
    given().provider.script = moderated((response, question) => {
      asked += 1;
      return (asked === 1 ? answer(completion(unsafeText)) : again)(response, question);
    });
    const { client } = await tenantWith(given().gateway, policy('block', 1));
    const body = { model: 'test-model', messages: [{ role: 'user' as const, content: 'A story' }] };
    const { response } = await client.chat.completions.create(body).withResponse();
    expect(response.headers.get('x-sluice-attempts')).toBe(attempts);
    expect(response.headers.get('x-sluice-provider')).toBe('scripted');
  });

  test('is given up after as many retries as the policy has', async () => {
    given().provider.script = says(unsafeText);
    const tenant = await tenantWith(given().gateway, policy('block', 2));
    expect(await ending('chat', tenant, 'A story')).toMatchObject({
      text: 'Not here, please.',
      finish: 'content_filter',
    });
    expect(askedModels()).toHaveLength(3);
    expect(await given().ledger(tenant.projectId)).toHaveLength(3);
  });
});

describe('redaction', () => {
  test.each([...textCalls, 'moderations'] as const)(
    '%s: what must not leave is replaced before the provider sees it',
    async (call) => {
      given().provider.script = moderated();
      const tenant = await tenantWith(given().gateway, { redaction: { input: ['secrets', 'email'] } });
      const seen = await ending(call, tenant, `My key is ${canarySecret}, write to ada@example.com.`);
      expect(seen).toMatchObject({ status: 200, safety: 'redacted' });
      expect(given().provider.asked).toHaveLength(1);
      expect(given().provider.asked[0]?.text).not.toContain(canarySecret);
      expect(given().provider.asked[0]?.text).not.toContain('ada@example.com');
      expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
        expect.objectContaining({ stage: 'input', guardrail: 'redaction', action: 'redacted' }),
      ]);
    },
  );

  test.each(generations)('%s: what must not come back is replaced before the caller sees it', async (call) => {
    given().provider.script = says('The key is ', canarySecret.slice(0, 11), canarySecret.slice(11), '. Bye.');
    const tenant = await tenantWith(given().gateway, { redaction: { output: ['secrets'] } });
    const { text, finish } = await ending(call, tenant, 'Which key?');
    expect(text).toMatch(/^The key is \[S\w*_?\d+\]\. Bye\.$/);
    expect(finish).toBe('stop');
  });

  test.each(generations)('%s: restore puts the originals back into the answer', async (call) => {
    given().provider.script = moderated((response, asked) => {
      const placeholder = /\[E\w*_?\d+\]/.exec(asked.text)?.[0] ?? 'none';
      const words = ['I wrote to ', placeholder.slice(0, 3), placeholder.slice(3), ' today.'];
      return saying(...words)(response, asked);
    });
    const tenant = await tenantWith(given().gateway, { redaction: { input: ['email'], restore: true } });
    expect((await ending(call, tenant, 'Write to ada.lovelace@example.com')).text).toBe(
      'I wrote to ada.lovelace@example.com today.',
    );
  });
});

test.each<[string, SafetyWishes, number]>([
  ['before', { moderation: { input: 'block' } }, 500],
  ['alongside', { moderation: { input: 'block', alongside: true } }, 500],
  ['after', { moderation: { output: 'block' } }, 500],
])('what moderation takes %s is no time of the gateway’s own', async (_, policy, takesMs) => {
  const { gateway, provider } = given();
  const { client } = await tenantWith(gateway, policy);
  const usual = moderated();
  provider.script = async (response, asked) => {
    if (isModeration(asked)) {
      await sleep(50);
      gateway.clock.nowMs += takesMs;
    }
    return usual(response, asked);
  };
  const body = { model: 'test-model', messages: [{ role: 'user' as const, content: 'A quiet afternoon.' }] };
  const { response } = await client.chat.completions.create(body).withResponse();
  expect(response.headers.get('openai-processing-ms')).toBe(String(takesMs));
  expect(response.headers.get('x-sluice-overhead-ms')).toBe('0');
});
