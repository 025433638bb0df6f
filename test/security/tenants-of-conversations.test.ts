/** Conversations, responses and tools of another project are as good as missing, wherever they are named (I5, THREATS 3). */
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { errorOf, steadyHeaders } from './support/expectations.ts';
import { hostileNames } from './support/hostile.ts';
import { type Answer, bearer, everyRoute, named, parametersOf, routeCalled, send } from './support/send.ts';

const here = scene();
const create = routeCalled('createResponse');
const count = routeCalled('countInputTokens');
const secret = 'words of the other project';

type Theirs = {
  readonly conversation: string;
  readonly item: string;
  readonly response: string;
  readonly queued: string;
};
let theirs: Theirs;
let theirKey: string;

beforeAll(async () => {
  const { gateway } = here();
  const other = await gateway.tenant('other');
  theirKey = other.key;
  const { conversations, responses } = other.client;
  const { id: conversation } = await conversations.create({ items: [{ role: 'user', content: secret }] });
  const [first] = (await conversations.items.list(conversation)).data;
  const { id: response } = await responses.create({ model: 'test-model', input: secret });
  const { id: queued } = await responses.create({ model: 'test-model', input: secret, background: true });
  theirs = { conversation, item: first?.id ?? '', response, queued };
  const tool = {
    name: 'theirs_alone',
    description: 'Tells something.',
    parameters: { type: 'object' },
    target: { type: 'webhook', url: 'https://tools.example.com' },
    projects: [other.projectId],
  };
  await gateway.withKey(adminKey).post('/organization/tools', { body: tool });
});

/** Missing, though it looks the same: another id of the same kind and length. */
const missing = (id: string): string => `${id.slice(0, -6)}000000`;
const asUs = (headers: object = {}) => ({ headers: { ...bearer(here().tenant.key), ...headers } });

/** Byte for byte, but for the id that the caller has named itself. */
function expectSame(theirs: Answer, nobodys: Answer, [id, other]: readonly [string, string]): void {
  const error = errorOf(theirs);
  expect(error.message).not.toContain(secret);
  expect(theirs.text.replaceAll(id, 'ID')).toBe(nobodys.text.replaceAll(other, 'ID'));
  expect(steadyHeaders(theirs)).toEqual(steadyHeaders(nobodys));
  expect([400, 404]).toContain(theirs.status);
}

const bodies: Readonly<Record<string, object>> = {
  updateConversation: { metadata: { owner: 'us' } },
  createConversationItems: { items: [{ type: 'message', role: 'user', content: 'x' }] },
};
const byPath = everyRoute.filter((route) =>
  parametersOf(route).some((name) => ['conversation_id', 'response_id'].includes(name)),
);

describe.each(named(byPath))('%s', (_name, route) => {
  const ask = (parameters: Readonly<Record<string, string>>, key = here().tenant.key) => {
    const body = bodies[route.operationId];
    return send(here().gateway, route, {
      headers: bearer(key),
      parameters,
      ...(body && { body: JSON.stringify(body) }),
    });
  };

  test("answers another project's as a missing one, and leaves it as it is", async () => {
    const { conversation, item, response, queued } = theirs;
    for (const id of route.path.includes('{response_id}') ? [response, queued] : [conversation]) {
      const [foreign, absent] = [
        await ask({ response_id: id, conversation_id: id, item_id: item }),
        await ask({ response_id: missing(id), conversation_id: missing(id), item_id: item }),
      ];
      expectSame(foreign, absent, [id, missing(id)]);
      expect(foreign.status).toBe(404);
    }
    const { conversations, responses } = here().gateway.withKey(theirKey);
    expect(await conversations.retrieve(conversation)).toMatchObject({ metadata: {} });
    expect((await conversations.items.list(conversation)).data).toHaveLength(1);
    expect(await responses.retrieve(response)).toMatchObject({ status: 'completed' });
    expect(await responses.retrieve(queued)).toMatchObject({ status: 'queued' });
  });
});

/** Where a body names what there was before. */
const follows = [
  ['a conversation', (id: string) => ({ conversation: id }), 'conversation'],
  ['a conversation as an object', (id: string) => ({ conversation: { id } }), 'conversation'],
  ['a previous response', (id: string) => ({ previous_response_id: id }), 'response'],
  ['a previous response that is queued', (id: string) => ({ previous_response_id: id }), 'queued'],
] as const;
const ways = [
  ['a response', create, {}],
  ['a streamed response', create, { stream: true }],
  ['a response in the background', create, { background: true }],
  ['a count of tokens', count, {}],
] as const;

describe.each(ways)('%s', (_name, route, more) => {
  const ask = (named: object) =>
    send(here().gateway, route, {
      ...asUs(),
      body: JSON.stringify({ model: 'test-model', input: 'Go on', ...more, ...named }),
    });

  test.each(follows)(
    "that follows on %s of another project's is refused as after a missing one",
    async (_, naming, of) => {
      const id = theirs[of];
      const [foreign, absent] = [await ask(naming(id)), await ask(naming(missing(id)))];
      expectSame(foreign, absent, [id, missing(id)]);
      expect(here().provider.asked).toEqual([]);
    },
  );

  test.each(follows)(
    'that follows on %s of a hostile name is refused, and nothing else happens',
    async (_, naming, of) => {
      for (const name of [...hostileNames, '', `${theirs[of]}#`, `x#${theirs[of]}`, `conv_${'x'.repeat(3_000)}`]) {
        const { status, text } = await ask(naming(name));
        expect({ name, isRefused: status === 400 || status === 404 }).toEqual({ name, isRefused: true });
        expect(text).not.toContain(secret);
      }
      expect(here().provider.asked).toEqual([]);
    },
  );
});

test('a tool of another project is refused as a missing one, wherever it is named', async () => {
  const { gateway, provider } = here();
  const chat = routeCalled('createChatCompletion');
  const messages = [{ role: 'user', content: 'x' }];
  const ask = async (name: string) => [
    await send(gateway, chat, {
      ...asUs(),
      body: JSON.stringify({
        model: 'test-model',
        messages,
        tools: [{ type: 'function', function: { name: `sluice:${name}` } }],
      }),
    }),
    await send(gateway, create, {
      ...asUs(),
      body: JSON.stringify({ model: 'test-model', input: 'x', tools: [{ type: 'function', name: `sluice:${name}` }] }),
    }),
    await send(gateway, routeCalled('executeTool'), { ...asUs(), parameters: { name }, body: '{"arguments":{}}' }),
  ];
  const [foreign, absent] = [await ask('theirs_alone'), await ask('theirs_aline')];
  expect(foreign.map(({ status }) => status)).toEqual([400, 400, 404]);
  for (const [index, answer] of foreign.entries()) {
    const other = absent[index];
    if (other) expectSame(answer, other, ['theirs_alone', 'theirs_aline']);
  }
  expect(provider.asked).toEqual([]);
});

test('what is no Unicode is refused as metadata', async () => {
  const half = '\ud800';
  for (const metadata of [{ a: half }, { [half]: 'a' }]) {
    const answer = await send(here().gateway, routeCalled('createConversation'), {
      ...asUs(),
      body: JSON.stringify({ metadata }),
    });
    expect(errorOf(answer).param).toMatch(/^metadata/);
    expect(answer.status).toBe(400);
  }
});
