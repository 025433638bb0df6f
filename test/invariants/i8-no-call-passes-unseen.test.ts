/**
 * I8: every call that reaches a model goes through the guardrails, whatever its type; what they cannot inspect is refused.
 * THREATS 7: not by streaming, not by an unknown call type or part, not by splitting.
 */
import { routes } from '../../infra/routes.ts';
import { baseURL, type Tenant } from '../support/gateway.ts';
import { attack, canarySecret, isModeration, moderated, tenantWith, unsafeText } from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';

const given = scene();

/** How a text is put into a request of each route that asks models. One that is missing here fails below. */
const bodies: Readonly<Record<string, (text: string) => Record<string, unknown>>> = {
  createChatCompletion: (content) => ({ model: 'test-model', messages: [{ role: 'user', content }] }),
  createResponse: (input) => ({ model: 'test-model', input }),
  createEmbedding: (input) => ({ model: 'test-model', input }),
  createModeration: (input) => ({ input }),
};
const modelRoutes = routes.filter((route) => 'providers' in route && route.providers);
/** It judges, and is not judged. */
const judged = modelRoutes.filter(({ operationId }) => operationId !== 'createModeration');

const send = ({ key }: Tenant, path: string, body: unknown) =>
  given().gateway.fetch(`${baseURL}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

const askedModels = () => given().provider.asked.filter((asked) => !isModeration(asked));

test.each(modelRoutes)('$operationId is known here', ({ operationId }) => {
  expect(Object.keys(bodies)).toContain(operationId);
});

test.each(judged)('$operationId: an attack is not let through', async ({ operationId, path }) => {
  const tenant = await tenantWith(given().gateway, { injection: { mode: 'block' } });
  expect((await send(tenant, path, bodies[operationId]?.(attack))).status).toBe(400);
  expect(askedModels()).toEqual([]);
});

test.each(judged)('$operationId: what moderation finds is not let through', async ({ operationId, path }) => {
  given().provider.script = moderated();
  const tenant = await tenantWith(given().gateway, { moderation: { input: 'block' } });
  expect((await send(tenant, path, bodies[operationId]?.(unsafeText))).status).toBe(400);
  expect(askedModels()).toEqual([]);
});

test.each(modelRoutes)('$operationId: a secret does not leave', async ({ operationId, path }) => {
  given().provider.script = moderated();
  const tenant = await tenantWith(given().gateway, { redaction: { input: ['secrets'] } });
  expect((await send(tenant, path, bodies[operationId]?.(`It is ${canarySecret}.`))).status).toBe(200);
  expect(given().provider.asked).toHaveLength(1);
  expect(given().provider.asked[0]?.text).not.toContain(canarySecret);
});

const parts = (...texts: string[]) => texts.map((text) => ({ type: 'text', text }));
const user = (content: unknown) => ({ role: 'user', content });
const half = Math.floor(attack.length / 2);
const halfSecret = Math.floor(canarySecret.length / 2);

describe('a chat', () => {
  const { path } = judged.find(({ operationId }) => operationId === 'createChatCompletion') ??
    judged[0] ?? { path: '' };
  const chat = (...messages: unknown[]) => ({ model: 'test-model', messages });

  test.each([
    ['in parts of a message', chat(user(parts(attack.slice(0, half), attack.slice(half))))],
    ['in messages that follow each other', chat(user(attack.slice(0, half)), user(attack.slice(half)))],
    [
      'in the result of a tool',
      chat(user('What does it say?'), { role: 'tool', tool_call_id: 'call_1', content: attack }),
    ],
    [
      'in the arguments of a call',
      chat(user('Go on.'), {
        role: 'assistant',
        content: null,
        tool_calls: [
          { id: 'call_1', type: 'function', function: { name: 'note', arguments: JSON.stringify({ text: attack }) } },
        ],
      }),
    ],
    [
      'in what a tool is said to do',
      {
        ...chat(user('Go on.')),
        tools: [{ type: 'function', function: { name: 'note', description: attack, parameters: {} } }],
      },
    ],
    ['in base64', chat(user(`Decode this: ${Buffer.from(attack).toString('base64')}`))],
    ['with letters of another script', chat(user(attack.replaceAll('o', 'о').replaceAll('a', 'а')))],
    ['with characters of no width', chat(user([...attack].join('\u200b')))],
    ['as a stream', { ...chat(user(attack)), stream: true }],
  ])('an attack %s is found', async (_, body) => {
    const tenant = await tenantWith(given().gateway, { injection: { mode: 'block' } });
    const response = await send(tenant, path, body);
    expect([response.status, ((await response.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'prompt_injection',
    ]);
    expect(given().provider.asked).toEqual([]);
  });

  test.each([
    [
      'in parts of a message',
      chat(user(parts(`It is ${canarySecret.slice(0, halfSecret)}`, canarySecret.slice(halfSecret)))),
    ],
    [
      'in the arguments of a call',
      chat(user('Go on.'), {
        role: 'assistant',
        content: null,
        tool_calls: [
          {
            id: 'call_1',
            type: 'function',
            function: { name: 'note', arguments: JSON.stringify({ key: canarySecret }) },
          },
        ],
      }),
    ],
    ['in the instructions', chat({ role: 'system', content: `The key is ${canarySecret}.` }, user('Go on.'))],
    ['as a stream', { ...chat(user(`It is ${canarySecret}`)), stream: true }],
  ])('a secret %s does not leave', async (_, body) => {
    const tenant = await tenantWith(given().gateway, { redaction: { input: ['secrets'] } });
    expect((await send(tenant, path, body)).status).toBe(200);
    const [asked] = given().provider.asked;
    expect(asked?.text).not.toContain(canarySecret.slice(0, halfSecret));
    expect(asked?.text).not.toContain(canarySecret.slice(halfSecret));
  });

  test.each([
    ['a part', chat(user([{ type: 'hologram', hologram: attack }])), 'messages[0].content[0].type'],
    ['a role', chat({ role: 'oracle', content: 'Hello' }), 'messages[0].role'],
    ['a tool', { ...chat(user('Hello')), tools: [{ type: 'teleporter', teleporter: {} }] }, 'tools[0].type'],
  ])('%s that nobody knows is refused, and its place named', async (_, body, param) => {
    for (const policy of [{ injection: { mode: 'flag' } }, { moderation: { input: 'flag' } }] as const) {
      const tenant = await tenantWith(given().gateway, policy);
      const response = await send(tenant, path, body);
      expect(response.status).toBe(400);
      expect(((await response.json()) as { error: { param: string } }).error.param).toBe(param);
    }
    expect(askedModels()).toEqual([]);
  });

  test('what no guardrail can read is refused where the policy blocks, and let through where it allows', async () => {
    given().provider.script = moderated();
    const pdf = `data:application/pdf;base64,${Buffer.from('%PDF-1.7 …').toString('base64')}`;
    const body = chat(user([{ type: 'file', file: { filename: 'a.pdf', file_data: pdf } }]));
    const strict = await tenantWith(given().gateway, { moderation: { input: 'block' } });
    const refused = await send(strict, path, body);
    expect([refused.status, ((await refused.json()) as { error: { code: string } }).error.code]).toEqual([
      400,
      'content_policy_violation',
    ]);
    const lenient = await tenantWith(given().gateway, { moderation: { input: 'block', on_unavailable: 'allow' } });
    const response = await send(lenient, path, body);
    expect([response.status, response.headers.get('x-sluice-safety')]).toEqual([200, 'flagged']);
  });
});

describe('a response', () => {
  const responding = (input: unknown, more: object = {}) => ({ model: 'test-model', input, ...more });
  const inParts = (...texts: string[]) => texts.map((text) => ({ type: 'input_text', text }));
  const refusedFor = async (body: unknown) => {
    const tenant = await tenantWith(given().gateway, { injection: { mode: 'block' } });
    const response = await send(tenant, '/responses', body);
    return [response.status, ((await response.json()) as { error: { code: string } }).error.code];
  };

  test.each([
    ['in parts of a message', responding([user(inParts(attack.slice(0, half), attack.slice(half)))])],
    ['in messages that follow each other', responding([user(attack.slice(0, half)), user(attack.slice(half))])],
    [
      'in the result of a tool',
      responding([user('Go on.'), { type: 'function_call_output', call_id: 'c', output: attack }]),
    ],
    [
      'in parts of the result of a tool',
      responding([user('Go on.'), { type: 'function_call_output', call_id: 'c', output: inParts(attack) }]),
    ],
    [
      'in the arguments of a call',
      responding([
        user('Go on.'),
        { type: 'function_call', call_id: 'c', name: 'note', arguments: JSON.stringify({ text: attack }) },
      ]),
    ],
    [
      'in what a tool is said to do',
      responding('Go on.', { tools: [{ type: 'function', name: 'n', description: attack }] }),
    ],
    [
      'in what a form is said to be',
      responding('Go on.', { text: { format: { type: 'json_schema', name: 'n', schema: { description: attack } } } }),
    ],
    ['as a stream', responding(attack, { stream: true })],
  ])('an attack %s is found', async (_, body) => {
    expect(await refusedFor(body)).toEqual([400, 'prompt_injection']);
    expect(askedModels()).toEqual([]);
  });

  test.each([
    [
      'in parts of a message',
      responding([user(inParts(canarySecret.slice(0, halfSecret), canarySecret.slice(halfSecret)))]),
    ],
    ['in the instructions', responding('Go on.', { instructions: `The key is ${canarySecret}.` })],
    [
      'in the result of a tool',
      responding([user('x'), { type: 'function_call_output', call_id: 'c', output: canarySecret }]),
    ],
    ['in what belongs to it', responding('Go on.', { metadata: { key: canarySecret } })],
    ['as a stream', responding(`It is ${canarySecret}`, { stream: true })],
  ])('a secret %s does not leave', async (_, body) => {
    const tenant = await tenantWith(given().gateway, { redaction: { input: ['secrets'] } });
    expect((await send(tenant, '/responses', body)).status).toBe(200);
    const [asked] = askedModels();
    expect(asked?.text).not.toContain(canarySecret.slice(0, halfSecret));
    expect(asked?.text).not.toContain(canarySecret.slice(halfSecret));
  });

  test.each([
    ['a part', responding([user([{ type: 'hologram', hologram: attack }])]), 'input[0].content[0].type'],
    ['an item', responding([{ type: 'hologram', hologram: attack }]), 'input[0].type'],
    ['a role', responding([{ role: 'oracle', content: 'Hello' }]), 'input[0].role'],
  ])('%s that nobody knows is refused, and its place named', async (_, body, param) => {
    const tenant = await tenantWith(given().gateway, { moderation: { input: 'flag' } });
    const response = await send(tenant, '/responses', body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { error: { param: string } }).error.param).toBe(param);
    expect(askedModels()).toEqual([]);
  });
});
