/** A guardrail that cannot answer is neither a yes nor a no: the policy says what it means (I8). */
import OpenAI from 'openai';
import { gatewayEvent } from '../../infra/local/event.ts';
import { invoke, lambdaContext } from '../../infra/local/invoke.ts';
import { matchRoute } from '../../infra/local/match-route.ts';
import { routes } from '../../infra/routes.ts';
import type { SafetyWishes } from '../../shared/safety/policy.ts';
import type { Tenant } from '../support/gateway.ts';
import { isModeration, moderated, resultFor, tenantWith, violationsOf } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { answer, refusal, type Script, wellBehaved } from '../support/scripted-provider.ts';

const given = scene();

const scores = resultFor('').category_scores;

const faults: Record<string, Script> = {
  'is down': (response) => void response.destroy(),
  'answers 500': refusal(500, { message: 'out of order' }),
  'refuses the rate': refusal(429, { message: 'slow down' }),
  'refuses our key': refusal(401, { message: 'who are you' }),
  'is slow': () => {},
  'answers with junk': answer('<html>'),
  'answers with nothing': answer({}),
  'answers with no results': answer({ results: [] }),
  'answers with an error in a 200': answer({ error: { message: 'no' }, results: [{ category_scores: scores }] }),
  'answers with no scores': answer({ results: [{ flagged: false, categories: {} }] }),
  'answers with scores that are none': answer({ results: [{ category_scores: { ...scores, violence: 'low' } }] }),
  'answers with scores out of range': answer({ results: [{ category_scores: { ...scores, violence: -3 } }] }),
};
const names = Object.keys(faults);

const body = { model: 'test-model', messages: [{ role: 'user' as const, content: 'A quiet afternoon.' }] };

/** Status and code, or the text of the answer and how it ended. */
async function seenBy({ client }: Tenant, streamed: boolean): Promise<Record<string, unknown>> {
  try {
    if (!streamed) {
      const [choice] = (await client.chat.completions.create(body)).choices;
      return { text: choice?.message.content, finish: choice?.finish_reason };
    }
    let text = '';
    let finish: string | null | undefined;
    for await (const { choices } of await client.chat.completions.create({ ...body, stream: true })) {
      text += choices[0]?.delta.content ?? '';
      finish = choices[0]?.finish_reason ?? finish;
    }
    return { text, finish };
  } catch (thrown) {
    if (!(thrown instanceof OpenAI.APIError)) throw thrown;
    return { status: thrown.status, code: thrown.code };
  }
}

const models = () => given().provider.asked.filter((asked) => !isModeration(asked));
const answered = { text: 'Hello there', finish: 'stop' };

describe.each(names)('moderation that %s', (name) => {
  const failing = moderated(wellBehaved, { instead: faults[name] as Script });
  const policy = (moderation: NonNullable<SafetyWishes['moderation']>): SafetyWishes => ({
    moderation: { timeout_ms: 80, ...moderation },
  });

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('refuses the input, streamed %p, alongside %p', async (streamed, alongside) => {
    given().provider.script = failing;
    const tenant = await tenantWith(given().gateway, policy({ input: 'block', alongside }));
    expect(await seenBy(tenant, streamed)).toEqual(
      name === 'refuses our key'
        ? { status: 502, code: 'upstream_auth' }
        : { status: 503, code: 'moderation_unavailable' },
    );
    if (!alongside) expect(models()).toEqual([]);
    const [row] = await given().ledger(tenant.projectId);
    expect(row).toMatchObject({ state: 'settled' });
  });

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('lets the input through where the policy allows it, streamed %p, alongside %p', async (streamed, alongside) => {
    given().provider.script = failing;
    const tenant = await tenantWith(given().gateway, policy({ input: 'block', alongside, on_unavailable: 'allow' }));
    expect(await seenBy(tenant, streamed)).toEqual(answered);
    expect(await violationsOf(given().gateway, tenant.projectId)).toEqual([
      expect.objectContaining({ stage: 'input', action: 'flagged', categories: ['unavailable'] }),
    ]);
  });

  test.each([false, true])('withholds the answer, streamed %p', async (streamed) => {
    given().provider.script = failing;
    const tenant = await tenantWith(given().gateway, policy({ output: 'block' }));
    const seen = await seenBy(tenant, streamed);
    expect(seen['finish']).toBe('content_filter');
    expect(seen['text']).not.toContain('Hello');
    // Another answer could not be checked either.
    expect(models()).toHaveLength(1);
  });

  test.each([false, true])('lets the answer through where the policy allows it, streamed %p', async (streamed) => {
    given().provider.script = failing;
    const tenant = await tenantWith(given().gateway, policy({ output: 'block', on_unavailable: 'allow' }));
    expect(await seenBy(tenant, streamed)).toEqual(answered);
  });

  test.each([false, true])('stops nobody whose policy only flags, streamed %p', async (streamed) => {
    given().provider.script = failing;
    const tenant = await tenantWith(given().gateway, policy({ input: 'flag', output: 'flag' }));
    expect(await seenBy(tenant, streamed)).toEqual(answered);
  });
});

test('it is given up before the function ends, so that what the call holds is given back', async () => {
  const { gateway, provider, ledger } = given();
  provider.script = moderated(wellBehaved, { instead: () => {} });
  const { key, projectId } = await tenantWith(gateway, { moderation: { input: 'block', timeout_ms: 60_000 } });
  const match = matchRoute(routes, 'POST', '/embeddings');
  const handler = gateway.functions.get('embeddings');
  if (!match || !handler) throw new Error('no such route');
  const event = gatewayEvent(
    {
      method: 'POST',
      url: '/v1/embeddings',
      rawHeaders: ['authorization', `Bearer ${key}`, 'content-type', 'application/json'],
      body: Buffer.from(JSON.stringify({ model: 'test-model', input: 'A quiet afternoon.' })),
      sourceIp: '127.0.0.1',
      requestId: crypto.randomUUID(),
      receivedAtMs: gateway.clock.nowMs,
    },
    match,
  );
  const context = { ...lambdaContext('embeddings', 'id', () => Date.now()), getRemainingTimeInMillis: () => 3_100 };
  let status = 0;
  await invoke({
    handler,
    event,
    context,
    onPrelude: (given) => {
      status = given;
    },
    sink: { write: () => true, onDrain: () => {}, end: () => {} },
    onCallerGone: () => {},
  });
  expect(status).toBe(503);
  expect(await ledger(projectId)).toEqual([expect.objectContaining({ outcome: 'blocked', costMicroUsd: 0 })]);
});
