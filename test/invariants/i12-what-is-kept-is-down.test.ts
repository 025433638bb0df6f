/** I12: conversations, responses, runs and the queue, each down in its turn: what follows for whom, and for whom nothing does. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { adminKey } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import { answer, spoken, stream } from '../support/scripted-provider.ts';
import { respondedEvents, respondedWith } from '../support/scripted-responses.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';

type Command = {
  readonly constructor: { readonly name: string };
  readonly input: { readonly TableName?: string; readonly TransactItems?: readonly object[] };
};

let down: (tables: readonly string[], command: string) => boolean = () => false;

/** Of a transaction every table that it writes. */
const tablesOf = ({ input }: Command): string[] => {
  const all = [input, ...(input.TransactItems ?? []).flatMap((item) => Object.values(item))];
  return all.flatMap(({ TableName }: { TableName?: string }) => TableName?.split('-').at(-1) ?? []);
};

const failing = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return (command: Command) =>
        down(tablesOf(command), command.constructor.name)
          ? Promise.reject(Object.assign(new Error('connect ECONNREFUSED 10.0.0.1:443'), { code: 'ECONNREFUSED' }))
          : target.send(command as never);
    },
  });

const tools = servedTools();
const on = scene({ environment: loopbackTools, override: ({ db }) => ({ db: failing(db) }) });
beforeAll(async () => {
  await registered(on().gateway, tools().url);
});
afterEach(() => {
  down = () => false;
});

const table = (name: string) => (tables: readonly string[]) => tables.includes(name);
const overloaded = { status: 503, code: 'overloaded', type: 'server_error' };
const model = 'test-model';
const weather = [{ type: 'function' as const, function: { name: 'sluice:get_weather' } }];

/** All that a project may have, and what does without it. */
async function somebody() {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  const { client } = tenant;
  const conversation = (await client.conversations.create({ items: [{ role: 'user', content: 'x' }] })).id;
  const response = (await client.responses.create({ model, input: 'x' })).id;
  await client.chat.completions.create(question);
  await gateway.idle();
  on().provider.asked.length = 0;
  return { ...tenant, conversation, response };
}

describe.each(['conversations', 'responses', 'runs', 'queue', 'backgroundResponses'])('with %s down', (name) => {
  test('chats, whole and streamed, and responses that are not stored go on untouched', async () => {
    const { client } = await somebody();
    down = table(name);
    await expect(client.chat.completions.create(question)).resolves.toBeDefined();
    on().provider.script = stream(spoken(['a', 'b']));
    let said = '';
    for await (const { choices } of await client.chat.completions.create({ ...question, stream: true }))
      said += choices[0]?.delta.content ?? '';
    expect(said).toBe('ab');
    on().provider.script = answer(respondedWith('Hello'));
    await expect(client.responses.create({ model, input: 'x', store: false })).resolves.toMatchObject({
      output_text: 'Hello',
    });
    await on().gateway.idle();
    expect(on().gateway.logs.filter(({ level }) => level !== 'info')).toEqual([]);
  });
});

describe('conversations', () => {
  test('cannot be made, read, added to, changed or deleted: 503', async () => {
    const { client, conversation } = await somebody();
    down = table('conversations');
    const { conversations } = client;
    const items = [{ type: 'message' as const, role: 'user' as const, content: 'x' }];
    for (const work of [
      () => conversations.create(),
      () => conversations.retrieve(conversation),
      () => conversations.update(conversation, { metadata: { a: 'b' } }),
      () => conversations.items.list(conversation),
      () => conversations.items.create(conversation, { items }),
      () => conversations.delete(conversation),
    ]) {
      const error = await Promise.resolve(work()).catch((thrown: Error) => thrown);
      expect(error).toMatchObject(overloaded);
      expect(String(error)).not.toMatch(/ECONNREFUSED|10\.0\.0\.1/);
    }
  });

  test('that are to be gone on with cannot: 503, and nothing is asked or paid', async () => {
    const { client, conversation, response, projectId } = await somebody();
    const before = (await on().ledger(projectId)).length;
    down = table('conversations');
    for (const follows of [{ conversation }, { previous_response_id: response }]) {
      await expect(client.responses.create({ model, input: 'x', ...follows })).rejects.toMatchObject(overloaded);
      await expect(client.responses.create({ model, input: 'x', ...follows, stream: true })).rejects.toMatchObject(
        overloaded,
      );
      await expect(client.responses.inputTokens.count({ model, input: 'x', ...follows })).rejects.toMatchObject(
        overloaded,
      );
    }
    expect(on().provider.asked).toEqual([]);
    down = () => false;
    expect(await on().ledger(projectId)).toHaveLength(before);
  });
});

describe('what a response is kept in', () => {
  test.each(['conversations', 'responses'])(
    '%s: an answer that cannot be kept is not given, 503, and what was asked is paid once',
    async (name) => {
      const { client, projectId } = await somebody();
      const before = (await on().ledger(projectId)).length;
      on().provider.script = answer(respondedWith('Hello'));
      down = table(name);
      await expect(client.responses.create({ model, input: 'x' })).rejects.toMatchObject(overloaded);
      down = () => false;
      const rows = await on().ledger(projectId);
      expect(on().provider.asked).toHaveLength(1);
      expect(rows.length - before).toBe(1);
      expect(rows.every(({ state }) => state === 'settled')).toBe(true);
    },
  );

  test.each(['conversations', 'responses'])(
    '%s: as a stream it ends in that error, and not in response.completed',
    async (name) => {
      const { client } = await somebody();
      on().provider.script = stream(respondedEvents(['a', 'b']));
      down = table(name);
      const types: string[] = [];
      const error = await (async () => {
        for await (const { type } of await client.responses.create({ model, input: 'x', stream: true }))
          types.push(type);
      })().catch((thrown: unknown) => thrown);
      await on().gateway.idle();
      expect(types).not.toContain('response.completed');
      expect(String(error)).toMatch(/cannot reach one of its stores/);
    },
  );
});

test('responses: what is stored cannot be retrieved, deleted, listed or cancelled: 503', async () => {
  const { client, response } = await somebody();
  down = table('responses');
  await expect(client.responses.retrieve(response)).rejects.toMatchObject(overloaded);
  await expect(client.responses.delete(response)).rejects.toMatchObject(overloaded);
  await expect(client.responses.cancel(response)).rejects.toMatchObject(overloaded);
  await expect(Promise.resolve(client.responses.inputItems.list(response))).rejects.toMatchObject(overloaded);
});

test.each(['queue', 'responses', 'backgroundResponses'])(
  '%s: nothing is taken in for the background that would not be made: 503, and nothing is left',
  async (name) => {
    const { client } = await somebody();
    down = (tables, command) => table(name)(tables) && command !== 'DeleteCommand';
    await expect(client.responses.create({ model, input: 'x', background: true })).rejects.toMatchObject(overloaded);
    down = () => false;
    expect(await on().gateway.runQueue('responses')).toBe(0);
    expect(on().provider.asked).toEqual([]);
  },
);

test('runs: tools are run and answered with, and the run cannot be looked up', async () => {
  const { client } = await somebody();
  on().provider.script = saying([weatherIn('Paris')], 'Sunny.');
  down = table('runs');
  const { data, response } = await client.chat.completions.create({ ...question, tools: weather }).withResponse();
  expect(data.choices[0]?.message.content).toBe('Sunny.');
  await on().gateway.idle();
  expect(on().gateway.logs).toContainEqual(expect.objectContaining({ message: 'run not written down' }));
  const admin = on().gateway.withKey(adminKey);
  const id = response.headers.get('x-sluice-run-id');
  await expect(admin.get(`/organization/runs/${id}`)).rejects.toMatchObject(overloaded);
  await expect(admin.post(`/organization/runs/${id}/cancel`)).rejects.toMatchObject(overloaded);
  down = () => false;
  await expect(admin.get(`/organization/runs/${id}`)).rejects.toMatchObject({ status: 404 });
});

test('an answer that could not be kept has been paid for: the package is told not to ask, and pay, again', async () => {
  const { client, projectId } = await somebody();
  const before = await on().ledger(projectId);
  down = (tables, command) => tables.includes('responses') && command === 'TransactWriteCommand';
  const asked = client.responses.create({ model, input: 'x' }, { maxRetries: 2 });
  await expect(asked).rejects.toMatchObject(overloaded);
  expect(on().provider.asked).toHaveLength(1);
  expect(await on().ledger(projectId)).toHaveLength(before.length + 1);
});
