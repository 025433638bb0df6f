/** I10: runs of tools, responses and conversations of two projects, all at once in one process, keep to themselves (I5). */
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { Tenant } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, type Script, spoken, stream } from '../support/scripted-provider.ts';
import {
  functionCall,
  respondedEvents,
  respondedWith,
  response,
  responseUsage,
} from '../support/scripted-responses.ts';
import { saying } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';

const tools = servedTools();
const on = scene({ environment: loopbackTools });
beforeAll(async () => {
  await registered(on().gateway, tools().url);
});

/** Of one request: it stands in the question, in the tool's arguments and its result, and in the answer. */
const marksIn = (text: string): Set<string> => new Set(text.match(/mark-[a-z]\d+\./g));

const lastOf = (marks: ReadonlySet<string>): string => [...marks].at(-1) ?? '';

/** Says the newest mark of the question; where a tool is at hand, after it has been called with that mark. */
const repeating: Script = async (reply, asked) => {
  const { body, path, text } = asked;
  const input = JSON.stringify(body['messages'] ?? body['input']);
  const mark = lastOf(marksIn(input));
  const isStream = body['stream'] === true;
  const mayCall = text.includes('get_weather') && !/"tool_call_id"|function_call_output/.test(input);
  if (path.endsWith('/chat/completions')) {
    if (mayCall) return saying([{ id: 'call_1', name: 'get_weather', given: { location: mark } }])(reply, asked);
    return isStream
      ? stream(spoken([mark, ' and ', mark]), { pauseMs: Math.random() * 4 })(reply, asked)
      : saying(mark)(reply, asked);
  }
  if (isStream) return stream(respondedEvents([mark, ' and ', mark]), { pauseMs: Math.random() * 4 })(reply, asked);
  if (!mayCall) return answer(respondedWith(mark))(reply, asked);
  const called = functionCall('get_weather', JSON.stringify({ location: mark }));
  return answer(response('completed', [called], { usage: responseUsage(10, 5) }))(reply, asked);
};

/** What the caller has seen, all of it. */
type Way = (tenant: Tenant, mark: string) => Promise<string>;
const model = 'test-model';
const inChat = (mark: string) => ({ model, messages: [{ role: 'user' as const, content: `Say ${mark}` }] });
const chatTools = [{ type: 'function' as const, function: { name: 'sluice:get_weather' } }];
const responseTools = [{ type: 'function' as const, name: 'sluice:get_weather', parameters: null, strict: null }];
const readAll = async (flow: AsyncIterable<unknown>): Promise<string> => {
  const events: unknown[] = [];
  for await (const event of flow) events.push(event);
  return JSON.stringify(events);
};

const ways: readonly Way[] = [
  async ({ client }, mark) => JSON.stringify(await client.chat.completions.create(inChat(mark))),
  async ({ client }, mark) => readAll(await client.chat.completions.create({ ...inChat(mark), stream: true })),
  async ({ client }, mark) =>
    JSON.stringify(await client.chat.completions.create({ ...inChat(mark), tools: chatTools })),
  async ({ client }, mark) =>
    readAll(await client.chat.completions.create({ ...inChat(mark), tools: chatTools, stream: true })),
  async ({ client }, mark) =>
    JSON.stringify(await client.responses.create({ model, input: mark, tools: responseTools })),
  async ({ client }, mark) => {
    const first = await client.responses.create({ model, input: mark });
    const second = await client.responses.create({ model, input: 'Again', previous_response_id: first.id });
    const kept = await client.responses.retrieve(second.id);
    return JSON.stringify([first, second, kept, (await client.responses.inputItems.list(second.id)).data]);
  },
  async ({ client }, mark) => {
    const { id } = await client.conversations.create({ items: [{ role: 'user', content: mark }] });
    const flow: AsyncIterable<ResponseStreamEvent> = await client.responses.create({
      model,
      input: 'Go on',
      conversation: id,
      stream: true,
    });
    const told = await readAll(flow);
    return told + JSON.stringify((await client.conversations.items.list(id)).data);
  },
  async ({ client }, mark) => {
    const { id } = await client.conversations.create();
    await client.responses.create({ model, input: mark, conversation: id, tools: responseTools });
    return JSON.stringify((await client.conversations.items.list(id)).data);
  },
];

const idsIn = (text: string): string[] => [...new Set(text.match(/\b(resp|conv|mcp)_(?!scripted|call)\w+/g))];

test('200 requests of all kinds, of two projects, all at once: nobody sees a word, an id or a result of another (I5, I10)', async () => {
  const { gateway, provider } = on();
  provider.script = repeating;
  tools().script = async (reply, { given }) => {
    await new Promise((later) => setTimeout(later, Math.random() * 10));
    reply.writeHead(200, { 'content-type': 'application/json' });
    reply.end(JSON.stringify({ weather: `result for ${given['location']}` }));
  };
  const tenants = [await gateway.tenant('a'), await gateway.tenant('b')];
  // Compiled by now: two hundred at once would wait for that in one turn, for longer than a store may take to answer.
  const [first] = tenants;
  for (const way of ways) if (first) await way(first, 'mark-w0.');
  await gateway.idle();
  provider.asked.length = 0;
  tools().called.length = 0;
  const calls = Array.from({ length: 200 }, async (_, index) => {
    const which = index % tenants.length;
    const tenant = tenants[which];
    const way = ways[Math.floor(index / tenants.length) % ways.length];
    if (!tenant || !way) throw new Error('there are tenants and ways');
    const mark = `mark-${which === 0 ? 'a' : 'b'}${index}.`;
    return { mark, text: await way(tenant, mark) };
  });
  const answers = await Promise.all(calls);
  await gateway.idle();

  const strangers = answers.filter(({ mark, text }) => [...marksIn(text)].join() !== mark);
  expect(strangers).toEqual([]);
  const owners = new Map<string, Set<string>>();
  for (const { mark, text } of answers) {
    for (const id of idsIn(text)) owners.set(id, (owners.get(id) ?? new Set()).add(mark));
  }
  expect(owners.size).toBeGreaterThan(100);
  expect([...owners].filter(([, marks]) => marks.size > 1)).toEqual([]);

  // Tools were called with what their own run had asked, once, and under an id of their own.
  const called = tools().called.map(({ given, headers }) => [String(given['location']), String(headers['webhook-id'])]);
  expect(new Set(called.map(([mark]) => mark)).size).toBe(called.length);
  expect(new Set(called.map(([, id]) => id)).size).toBe(called.length);
  expect(called).toHaveLength(100);
  // And no provider was asked with the words of two.
  expect(provider.asked.filter(({ text }) => marksIn(text).size !== 1)).toEqual([]);
}, 120_000);
