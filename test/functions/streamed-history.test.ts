/** MISSION StreamingChatManager: history is written once the stream ends, and a cut client loses no usage and no history. */
import type { ResponseStreamEvent } from 'openai/resources/responses/responses';
import type { Tenant } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { saying } from '../support/scripted-provider.ts';

const given = scene();

const texts = async ({ client }: Tenant, conversation: string): Promise<string[]> => {
  const { data } = await client.conversations.items.list(conversation, { order: 'asc' });
  return data
    .flatMap((item) => (item.type === 'message' ? item.content : []))
    .flatMap((part) => ('text' in part ? part.text : []));
};

test('who goes on with the last event finds what was said in the history', async () => {
  const { provider, tenant } = given();
  const { client } = tenant;
  const { id } = await client.conversations.create();
  provider.script = saying('Paris', '.');
  for await (const event of await client.responses.create({
    model: 'test-model',
    input: 'Capital?',
    conversation: id,
    stream: true,
  })) {
    if (event.type !== 'response.completed') continue;
    expect(event.response.conversation).toEqual({ id });
    expect(await texts(tenant, id)).toEqual(['Capital?', 'Paris.']);
  }
  provider.script = saying('Two million.');
  await client.responses
    .create({ model: 'test-model', input: 'How many?', conversation: id, stream: true })
    .asResponse()
    .then((answer) => answer.text());
  expect(provider.asked.at(-1)?.text).toMatch(/Capital\?.*Paris\..*How many\?/);
});

test('a response that was streamed is retrieved as its last event told it, and gone on from', async () => {
  const { provider, tenant } = given();
  provider.script = saying('Paris', '.');
  const events: ResponseStreamEvent[] = [];
  for await (const event of await tenant.client.responses.create({
    model: 'test-model',
    input: 'Capital?',
    stream: true,
  }))
    events.push(event);
  const end = events.at(-1);
  if (end?.type !== 'response.completed') throw new Error('no end');
  expect(new Set(events.flatMap((event) => ('response' in event ? [event.response.id] : []))).size).toBe(1);
  const { output_text: _, ...told } = end.response;
  expect(await tenant.client.responses.retrieve(end.response.id)).toMatchObject(JSON.parse(JSON.stringify(told)));
  const next = tenant.client.responses.stream({
    model: 'test-model',
    input: 'And?',
    previous_response_id: end.response.id,
  });
  expect((await next.finalResponse()).previous_response_id).toBe(end.response.id);
  expect(provider.asked.at(-1)?.text).toMatch(/Capital\?.*Paris\..*And\?/);
});

test('a caller who leaves in the midst of an answer loses nothing of it', async () => {
  const { gateway, provider, ledger } = given();
  const tenant = await gateway.tenant();
  const { id } = await tenant.client.conversations.create();
  provider.script = saying(...'It is a long story and goes on .'.split(/(?= )/));
  const stream = await tenant.client.responses.create({
    model: 'test-model',
    input: 'Tell',
    conversation: id,
    stream: true,
  });
  for await (const event of stream) if (event.type === 'response.output_text.delta') break;
  await gateway.idle();
  expect(await texts(tenant, id)).toEqual(['Tell', 'It is a long story and goes on .']);
  expect(await ledger(tenant.projectId)).toMatchObject([{ state: 'settled', outcome: 'succeeded', estimated: false }]);
});

test('an answer that breaks off is not remembered, and nor is its question: the same may be asked again', async () => {
  const { gateway, provider } = given();
  const tenant = await gateway.tenant();
  const { id } = await tenant.client.conversations.create();
  provider.script = (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('event: response.output_text.delta\ndata: {"type":"response.output_text.delta","delta":"It"}\n\n');
    setTimeout(() => response.destroy(), 20);
  };
  const answer = await tenant.client.responses
    .create({ model: 'test-model', input: 'Tell', conversation: id, stream: true })
    .asResponse();
  expect(await answer.text()).toContain('event: error');
  expect(await texts(tenant, id)).toEqual([]);
  provider.script = saying('Once.');
  await tenant.client.responses.create({ model: 'test-model', input: 'Tell', conversation: id });
  expect(await texts(tenant, id)).toEqual(['Tell', 'Once.']);
});

test('a conversation that is deleted while its answer streams: its end is an error, and nothing is written', async () => {
  const { provider, tenant } = given();
  const { client } = tenant;
  const { id } = await client.conversations.create();
  provider.script = saying('Paris', '.');
  const events = await client.responses.create({
    model: 'test-model',
    input: 'Capital?',
    conversation: id,
    stream: true,
  });
  const seen: string[] = [];
  await expect(
    (async () => {
      for await (const event of events) {
        seen.push(event.type);
        if (event.type === 'response.created') await client.conversations.delete(id);
      }
    })(),
  ).rejects.toMatchObject({ code: 'not_found' });
  expect(seen).not.toContain('response.completed');
});
