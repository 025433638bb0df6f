/** Whatever becomes of tools, formats, conversations and background work, what was said in them is written down nowhere else (THREATS 11, I6). */
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { OperationId } from '../../infra/routes.ts';
import type { Config } from '../../shared/config/schema.ts';
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, type Script, spoken, stream } from '../support/scripted-provider.ts';
import { respondedEvents, respondedWith } from '../support/scripted-responses.ts';
import { type Call, saying } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools, type ToolScript } from '../support/tool-server.ts';
import { lookedAtClosely, servedDaemon, tracedBy } from '../support/xray-daemon.ts';
import { canaries, environment, expectNone, impatient, indiscreet, internals, secretsOf } from './support/canaries.ts';
import { providerFailures, streamFailures } from './support/failures.ts';
import { type Answer, bearer, routeCalled, send } from './support/send.ts';

const more = {
  instructions: 'canary-instructions-1b7e',
  item: 'canary-item-5d20',
  result: 'canary-result-a9c4',
  schema: 'canary-schema-33f1',
  summary: 'canary-summary-0e86',
} as const;

const configured = (baseURL: string): Config => {
  const { models, providers, ...base } = impatient(baseURL);
  const price = { input: 1, output: 4 };
  return {
    ...base,
    providers: { scripted: { ...providers.scripted, responses: 'native' } },
    models: {
      ...models,
      small: { targets: ['scripted/gpt-4o'], price, contextWindow: 2_000 },
      archivist: { targets: ['scripted/gpt-4o-mini'], price, contextWindow: 8_000 },
    },
    runs: { maxSteps: 3 },
  };
};
const tools = servedTools();
const daemon = servedDaemon();
const here = scene(
  {
    environment: { ...environment, ...loopbackTools, ...lookedAtClosely },
    override: (root) => tracedBy(daemon(), root),
  },
  configured,
);
let toolSecret = '';
beforeAll(async () => {
  const { gateway, tenant } = here();
  toolSecret = (await registered(gateway, tools().url)).secret.replace('whsec_', '');
  const path = `/organization/projects/${tenant.projectId}/context_policy`;
  await gateway.withKey(adminKey).post(path, { body: { truncation: 'auto', summary_model: 'archivist' } });
});

const secrets = () => [...secretsOf(here()), ...Object.values(more), toolSecret];

/** All but what exists to hold what was said: conversations, responses, and requests that have yet to be made. */
async function kept(): Promise<string> {
  const { database, gateway } = here();
  const { runs, usage, admission, idempotency, circuits, auditLogs } = database.names;
  const places = [runs, usage, admission, idempotency, circuits, auditLogs, database.queueTable];
  const scans = await Promise.all(places.map((TableName) => database.db.send(new ScanCommand({ TableName }))));
  return JSON.stringify([
    gateway.logs,
    gateway.metrics,
    gateway.events,
    daemon().datagrams,
    scans.map(({ Items }) => Items),
  ]);
}

async function expectDiscretion(answers: readonly Answer[] = []): Promise<void> {
  const { gateway } = here();
  await gateway.idle();
  expect(gateway.logs.length).toBeGreaterThan(0);
  // One of each request; they are read a moment after they are sent.
  for (const { message, facts } of gateway.logs) {
    if (message === 'request') await daemon().documentOf(String(facts['requestId']));
  }
  expectNone(await kept(), secrets());
  for (const { text } of answers) {
    expectNone(text, [toolSecret, canaries.providerKey, here().tenant.key]);
    // What a model says is its caller's; what it is told of a failed tool, and what the gateway says itself, is not.
    if (!text.includes(canaries.answer)) for (const pattern of internals) expect(text).not.toMatch(pattern);
  }
}

const ask = (operation: OperationId, body: object, parameters = {}) =>
  send(here().gateway, routeCalled(operation), {
    headers: { ...bearer(here().tenant.key), Cookie: canaries.header },
    parameters,
    body: JSON.stringify(body),
  });

const chatting = {
  model: 'test-model',
  messages: [
    { role: 'system', content: more.instructions },
    { role: 'user', content: canaries.prompt },
  ],
};
const weather = [{ type: 'function', function: { name: 'sluice:get_weather' } }];
const asked = (given: unknown): Call => ({ id: 'call_1', name: 'get_weather', given });
const good = asked({ location: canaries.toolArguments });
const calledOnce = () => saying([good], canaries.answer);

const scenarios: [name: string, script: () => Script, tool: ToolScript][] = [
  ['answers', calledOnce, (reply) => void reply.end(more.result)],
  ['fails', calledOnce, (reply) => void reply.writeHead(500).end(more.result)],
  ['refuses', calledOnce, (reply) => void reply.writeHead(401).end(more.result)],
  ['redirects', calledOnce, (reply) => void reply.writeHead(307, { location: `https://${more.result}` }).end()],
  ['hangs up', calledOnce, (reply) => void reply.destroy()],
  ['says too much', calledOnce, (reply) => void reply.on('error', () => {}).end(more.result.repeat(30_000))],
  ['is called with what breaks its schema', () => saying([asked({ [canaries.toolArguments]: 1 })], 'Sorry.'), () => {}],
  ['is called with no JSON', () => saying([asked(`{"${canaries.toolArguments}`)], 'Sorry.'), () => {}],
  [
    'is called without end',
    () => saying(...[1, 2, 3, 4].map((turn) => [asked({ location: `${canaries.toolArguments} ${turn}` })])),
    (reply) => void reply.end(more.result),
  ],
  [
    'is in a run that is cancelled',
    calledOnce,
    async (reply, { text }) => {
      const { data } = JSON.parse(text) as { data: { run_id: string } };
      await here().gateway.withKey(adminKey).post(`/organization/runs/${data.run_id}/cancel`);
      reply.end(more.result);
    },
  ],
];

/** One of each kind; canaries.test.ts has them all. */
const someFailures = providerFailures.filter(([name]) => /400|500|rate|garbage|hangs|never/.test(name));

describe.each([false, true])('with stream: %s', (isStream) => {
  test.each(scenarios)('a tool that %s', async (_name, script, tool) => {
    here().provider.script = script();
    tools().script = tool;
    const answered = await ask('createChatCompletion', { ...chatting, tools: weather, stream: isStream });
    await expectDiscretion([answered]);
  });

  test.each(someFailures)('a provider that %s once tools have been run', async (_name, failure, status) => {
    const first = saying([good]);
    let times = 0;
    here().provider.script = (reply, question) => (times++ === 0 ? first : failure)(reply, question);
    tools().script = (reply) => void reply.end(more.result);
    const answered = await ask('createChatCompletion', { ...chatting, tools: weather, stream: isStream });
    expect(times).toBeGreaterThanOrEqual(2);
    // A provider's verdict about the request is its caller's to read.
    await expectDiscretion(status >= 429 ? [answered] : []);
  });

  test('an answer that breaks its schema, and breaks it again', async () => {
    const schema = { type: 'object', properties: { [more.schema]: { const: more.schema } }, required: [more.schema] };
    const wanted = {
      type: 'json_schema',
      json_schema: { name: 'wanted', schema: { ...schema, description: more.schema } },
    };
    here().provider.script = saying(JSON.stringify({ [more.schema]: canaries.answer }));
    const answered = await ask('createChatCompletion', { ...chatting, response_format: wanted, stream: isStream });
    expect(answered.text).toContain('does not conform');
    await expectDiscretion();
  });

  test('a schema that is none', async () => {
    const schema = { type: more.schema, pattern: `(${more.schema}`, $ref: `https://${more.schema}` };
    const wanted = { type: 'json_schema', json_schema: { name: 'wanted', schema } };
    const answered = await ask('createChatCompletion', { ...chatting, response_format: wanted, stream: isStream });
    expect(answered.status).toBe(400);
    await expectDiscretion();
  });

  const saidInResponse = () =>
    isStream ? stream(respondedEvents([canaries.answer])) : answer(respondedWith(canaries.answer));
  const responding = { model: 'test-model', instructions: more.instructions, input: canaries.prompt, stream: isStream };
  const conversation = async (): Promise<string> => {
    const items = [{ type: 'message', role: 'user', content: more.item }];
    return (JSON.parse((await ask('createConversation', { items, metadata: { a: more.item } })).text) as { id: string })
      .id;
  };

  test('a turn of a conversation, and one that is deleted meanwhile', async () => {
    const [there, gone] = [await conversation(), await conversation()];
    here().provider.script = saidInResponse();
    expect((await ask('createResponse', { ...responding, conversation: there })).text).toContain(canaries.answer);
    here().provider.script = async (reply, question) => {
      await ask('deleteConversation', {}, { conversation_id: gone });
      return saidInResponse()(reply, question);
    };
    const answered = await ask('createResponse', { ...responding, conversation: gone });
    if (!isStream) expect(answered.status).toBe(404);
    expect(await ask('createResponse', { ...responding, conversation: gone })).toMatchObject({ status: 404 });
    await expectDiscretion();
  });

  test.each([...someFailures, ...streamFailures.map(([name, script]) => [name, script, 0] as const)])(
    'a provider that %s in a conversation',
    async (_name, failure) => {
      const id = await conversation();
      here().provider.script = failure;
      await ask('createResponse', { ...responding, conversation: id });
      await expectDiscretion();
    },
  );

  test.each(['made', 'not made'])('a summary that is %s', async (how) => {
    const long = Array.from({ length: 400 }, () => ' harbour').join('');
    const turns = Array.from({ length: 8 }, (_, turn) => ({
      role: turn % 2 === 0 ? 'user' : 'assistant',
      content: `${more.item}${long}`,
    }));
    const summary = how === 'made' ? answer(completion(more.summary)) : answer({ error: { message: indiscreet } }, 500);
    const last = isStream ? stream(spoken([canaries.answer])) : answer(completion(canaries.answer));
    here().provider.script = (reply, question) =>
      (question.body['model'] === 'gpt-4o-mini' ? summary : last)(reply, question);
    const messages = [...turns, { role: 'user', content: canaries.prompt }];
    const answered = await ask('createChatCompletion', { ...chatting, model: 'small', messages, stream: isStream });
    expect(answered.headers['x-sluice-truncated']).toBeDefined();
    await expectDiscretion();
  });
});

test.each(someFailures)('a provider that %s in the background', async (_name, failure) => {
  const { gateway } = here();
  here().provider.script = failure;
  const body = { model: 'test-model', instructions: more.instructions, input: canaries.prompt, background: true };
  const queued = await ask('createResponse', body);
  expect(queued).toMatchObject({ status: 200, text: expect.stringContaining('queued') });
  // While it waits as well.
  await expectDiscretion();
  await gateway.runQueue('responses');
  await expectDiscretion();
});
