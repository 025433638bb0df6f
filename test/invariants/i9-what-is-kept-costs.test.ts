/** I9: what conversations, responses and runs of tools take of the database, and that plain calls pay nothing for them. */
import type OpenAI from 'openai';
import { question, scene } from '../support/scene.ts';
import { answer, spoken, stream } from '../support/scripted-provider.ts';
import { respondedEvents, respondedWith } from '../support/scripted-responses.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';
import { type Command, watched } from '../support/watched.ts';

const events: string[] = [];
const note = ({ constructor: { name }, input }: Command) => {
  const table = input.TableName?.split('-').at(-1);
  // Looked at once a second, whoever asks.
  if (table === 'circuits') return;
  events.push(`${name.replace('Command', '')}${table === undefined ? '' : ` ${table}`}`);
};
const tools = servedTools();
const on = scene({
  environment: loopbackTools,
  override: ({ db, onceDb }) => ({ db: watched(db, note), onceDb: watched(onceDb, note) }),
});
beforeAll(async () => {
  await registered(on().gateway, tools().url);
});
// Each function knows the caller.
beforeEach(async () => {
  const { client } = on().tenant;
  await client.chat.completions.create(question);
  await client.responses.create({ model: 'test-model', input: 'x', store: false });
});

type Client = OpenAI;
const reads = async (flow: AsyncIterable<unknown>): Promise<void> => {
  for await (const _ of flow) events.push('told');
};

/** What is called, with the questions to providers and tools in their places, and what the caller reads at once as one. */
async function seen(ask: (client: Client) => Promise<unknown>): Promise<string[]> {
  const { tenant, gateway, provider } = on();
  const { script } = provider;
  provider.script = (response, asked) => {
    events.push('asked');
    return script(response, asked);
  };
  await gateway.idle();
  events.length = 0;
  await ask(tenant.client);
  events.push('served');
  await gateway.idle();
  return events.slice();
}

const model = 'test-model';
const before = ['Update admission', 'Put usage'];
const after = ['Put usage', 'Update admission'];
const stores = (all: readonly string[]) => all.filter((event) => !['asked', 'served', 'told'].includes(event));
const beforeAsked = (all: readonly string[]) => stores(all.slice(0, all.indexOf('asked')));
/** From the provider's first word to the last but the end, beside which the accounts begin. */
const whileTold = (all: readonly string[]) => {
  const end = all.lastIndexOf('told');
  return stores(all.slice(all.indexOf('told'), all.lastIndexOf('told', end - 1)));
};
/** From where the provider is asked for the last time. */
const sinceAsked = (all: readonly string[]) => all.slice(all.lastIndexOf('asked') + 1);
/** What the caller waits for before the end of the answer. */
const beforeEnd = (all: readonly string[]) => {
  const since = sinceAsked(all);
  const end = since.includes('told') ? since.lastIndexOf('told') : since.indexOf('served');
  return stores(since.slice(0, end));
};

const ownTools = [{ type: 'function' as const, function: { name: 'look', parameters: { type: 'object' } } }];
const plain: [string, (client: Client) => Promise<unknown>][] = [
  ['a chat', (client) => client.chat.completions.create(question)],
  [
    "a chat with tools of the caller's own",
    (client) => client.chat.completions.create({ ...question, tools: ownTools }),
  ],
  ['a response that is not stored', (client) => client.responses.create({ model, input: 'x', store: false })],
];

test.each(plain)('%s: two writes before the provider is asked, and two after, and nothing else', async (_, ask) => {
  const all = await seen(ask);
  expect(beforeAsked(all)).toEqual(before);
  expect(stores(all).sort()).toEqual([...before, ...after].sort());
});

const flowing: [string, (client: Client) => Promise<unknown>][] = [
  ['a chat', async (client) => reads(await client.chat.completions.create({ ...question, stream: true }))],
  [
    "a chat with tools of the caller's own",
    async (client) => reads(await client.chat.completions.create({ ...question, tools: ownTools, stream: true })),
  ],
  [
    'a response that is not stored',
    async (client) => reads(await client.responses.create({ model, input: 'x', store: false, stream: true })),
  ],
];

test.each(flowing)('%s, streamed: the same, and none while its words are told', async (name, ask) => {
  const words = ['a', 'b', 'c'];
  on().provider.script = stream(name.includes('response') ? respondedEvents(words) : spoken(words), { pauseMs: 5 });
  const all = await seen(ask);
  expect(beforeAsked(all)).toEqual(before);
  expect(whileTold(all)).toEqual([]);
  expect(stores(all).sort()).toEqual([...before, ...after].sort());
});

describe('what is kept', () => {
  test('a stored response costs one transaction more, before its answer', async () => {
    on().provider.script = answer(respondedWith('Hello'));
    const all = await seen((client) => client.responses.create({ model, input: 'x' }));
    expect(beforeAsked(all)).toEqual(before);
    expect(stores(all).filter((event) => ![...before, ...after].includes(event))).toEqual(['TransactWrite']);
    expect(all.indexOf('TransactWrite')).toBeLessThan(all.indexOf('served'));
  });

  test.each(['whole', 'streamed'])(
    'a turn of a conversation, %s: eight calls, two of them together before the admission',
    async (how) => {
      const { provider, tenant } = on();
      const { id } = await tenant.client.conversations.create({ items: [{ role: 'user', content: 'x' }] });
      const isStream = how === 'streamed';
      const said = stream(respondedEvents(['a', 'b', 'c']), { pauseMs: 5 });
      provider.script = isStream ? said : answer(respondedWith('Hello'));
      const all = await seen(async (client) => {
        const asked = { model, input: 'x', conversation: id };
        if (isStream) await reads(await client.responses.create({ ...asked, stream: true }));
        else await client.responses.create(asked);
      });
      expect(beforeAsked(all)).toEqual(['Get conversations', 'Query conversations', ...before]);
      if (isStream) expect(whileTold(all)).toEqual([]);
      expect(beforeEnd(all).slice(0, 2)).toEqual(['Get conversations', 'TransactWrite']);
      expect(stores(all)).toHaveLength(8);
    },
  );

  test('a response that follows on another: eight, three of them before the admission', async () => {
    const { provider, tenant } = on();
    provider.script = answer(respondedWith('Hello'));
    const { id } = await tenant.client.responses.create({ model, input: 'x' });
    const all = await seen((client) => client.responses.create({ model, input: 'y', previous_response_id: id }));
    expect(beforeAsked(all)).toEqual(['Get responses', 'Get conversations', 'Query conversations', ...before]);
    expect(beforeEnd(all)[0]).toBe('TransactWrite');
    expect(stores(all)).toHaveLength(8);
  });

  test.each(['whole', 'streamed'])('a run of two questions, %s: four for each, and three for the run', async (how) => {
    const { provider, tenant } = on();
    const asked = { ...question, tools: [{ type: 'function' as const, function: { name: 'sluice:get_weather' } }] };
    await tenant.client.chat.completions.create(asked);
    provider.script = saying([weatherIn('Paris')], 'Sunny in Paris.');
    const all = await seen(async (client) => {
      if (how === 'streamed') await reads(await client.chat.completions.create({ ...asked, stream: true }));
      else await client.chat.completions.create(asked);
    });
    expect(beforeAsked(all).toSorted()).toEqual([...before, 'Put runs'].toSorted());
    expect(stores(all).filter((event) => event.endsWith(' runs'))).toEqual(['Put runs', 'Get runs', 'Update runs']);
    if (how === 'streamed') expect(whileTold(sinceAsked(all))).toEqual([]);
    expect(stores(all)).toHaveLength(11);
  });
});
