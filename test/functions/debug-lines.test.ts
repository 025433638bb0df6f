/** The lines of a request that is looked at closely: what was decided, and by whom. */
import type { Config } from '../../shared/config/schema.ts';
import type { LogLine } from '../support/gateway.ts';
import { moderated, tenantWith, unsafeText } from '../support/safety-scene.ts';
import { anotherProvider, question, scene } from '../support/scene.ts';
import { refusal } from '../support/scripted-provider.ts';

const second = anotherProvider();
const configured = (url: string): Config => ({
  providers: {
    scripted: { kind: 'openai', baseURL: url, apiKeyEnv: 'TEST_PROVIDER_KEY' },
    second: { kind: 'openai', baseURL: second().baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY' },
  },
  models: {
    'test-model': {
      targets: ['scripted/upstream-model', 'second/upstream-model'],
      price: { input: 1, output: 4 },
      contextWindow: 128_000,
    },
    'omni-moderation-latest': {
      targets: ['second/omni-moderation-latest'],
      price: { input: 0, output: 0 },
    },
  },
});

/** Every other request, of any number at the same time. */
let drawn = 0;
const on = scene(
  {
    environment: { SLUICE_LOG_DEBUG_SHARE: '0.5' },
    override: () => ({ random: () => (drawn++ % 2 === 0 ? 0.2 : 0.8) }),
  },
  configured,
);
const all = scene({ environment: { SLUICE_LOG_DEBUG_SHARE: '1' } }, configured);
const none = scene({}, configured);

const linesOf = (logs: readonly LogLine[]) => logs.filter(({ level }) => level === 'debug');

test('tell the order of targets, what was let in and held, and who was chosen and why', async () => {
  const { gateway, provider, tenant } = all();
  provider.script = refusal(500, { message: 'down' });
  const { request_id } = await tenant.client.chat.completions.create(question).withResponse();
  await gateway.idle();
  const lines = linesOf(gateway.logs);
  expect(lines.map(({ message }) => message)).toEqual([
    'targets in order',
    'let in',
    'cache planned',
    'target chosen',
    'target chosen',
  ]);
  expect(lines.every(({ facts }) => facts['requestId'] === request_id)).toBe(true);
  expect(lines.map(({ facts }) => facts)).toMatchObject([
    {
      model: 'test-model',
      targets: [
        { provider: 'scripted', isOpen: false },
        { provider: 'second', isOpen: false },
      ],
      first: 'scripted',
    },
    { microUsd: expect.any(Number), inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    { use: expect.any(String) },
    { provider: 'scripted', why: 'first in order' },
    { provider: 'second', why: 'after a failure' },
  ]);
});

test('tell what guardrails have found, and not in what', async () => {
  const { gateway, provider } = all();
  provider.script = moderated();
  second().script = moderated();
  const { client } = await tenantWith(gateway, { moderation: { input: 'block' } });
  gateway.logs.length = 0;
  const messages = [{ role: 'user' as const, content: unsafeText }];
  await expect(client.chat.completions.create({ ...question, messages })).rejects.toThrow();
  await gateway.idle();
  const lines = linesOf(gateway.logs);
  expect(lines.map(({ message, facts: { requestId: _, ...facts } }) => [message, facts])).toEqual(
    expect.arrayContaining([
      ['guardrails have found', { verdicts: [{ guardrail: 'moderation', stage: 'input', action: 'blocked' }] }],
      ['refused', { why: 'content_policy_violation', stage: expect.any(String) }],
    ]),
  );
  expect(JSON.stringify(lines)).not.toContain(unsafeText);
});

test('a request is looked at as a whole or not at all, however many there are at a time (I10)', async () => {
  const { gateway, tenant } = on();
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => tenant.client.chat.completions.create(question).withResponse()),
  );
  await gateway.idle();
  const counts = answers.map(
    ({ request_id }) => linesOf(gateway.logs).filter(({ facts }) => facts['requestId'] === request_id).length,
  );
  expect(new Set(counts)).toEqual(new Set([0, 4]));
});

test('there are none where nobody has asked for them', async () => {
  const { gateway, tenant } = none();
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  expect(linesOf(gateway.logs)).toEqual([]);
});
