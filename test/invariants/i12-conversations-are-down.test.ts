/** I12: without the tables of conversations and responses, what needs them is refused, and what does not goes on. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { asking, finished, said } from '../shared/history/scene.ts';
import { question, scene } from '../support/scene.ts';
import { answer } from '../support/scripted-provider.ts';
import { respondedWith } from '../support/scripted-responses.ts';

let down = false;
const broken = () => Object.assign(new Error('connect ECONNREFUSED'), { code: 'ECONNREFUSED' });
const touches = (input: object): boolean => /-(conversations|responses)"/.test(JSON.stringify(input));

const failing = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: { input: object }) => {
        if (down && touches(command.input)) throw broken();
        return target.send(command as never);
      };
    },
  });

const on = scene({ override: ({ db }) => ({ db: failing(db) }) });
const { ask } = asking(on);
afterEach(() => {
  down = false;
});

test('every route of conversations is a 503, and says nothing of what it was for', async () => {
  const { tenant, gateway } = on();
  const { conversations } = tenant.client;
  const items = [{ role: 'user' as const, content: 'canary-of-a-message' }];
  const { id } = await conversations.create({ items });
  const item = (await conversations.items.list(id)).data[0]?.id ?? '';
  down = true;
  for (const attempt of [
    () => conversations.create({ items }),
    () => conversations.retrieve(id),
    () => conversations.update(id, { metadata: {} }),
    () => conversations.delete(id),
    () => conversations.items.list(id),
    () => conversations.items.create(id, { items }),
    () => conversations.items.retrieve(item, { conversation_id: id }),
    () => conversations.items.delete(item, { conversation_id: id }),
  ]) {
    await expect(Promise.resolve(attempt())).rejects.toMatchObject({ status: 503, code: 'overloaded' });
  }
  expect(JSON.stringify(gateway.logs)).not.toContain('canary-of-a-message');
  down = false;
  expect((await conversations.items.list(id)).data).toHaveLength(1);
});

test('a response that follows on something is not asked for; a chat is', async () => {
  const { tenant, provider } = on();
  const { id } = await tenant.client.conversations.create();
  provider.script = answer(respondedWith('x'));
  const { id: previous } = await tenant.client.responses.create({ model: 'test-model', input: 'x' });
  provider.asked.length = 0;
  down = true;
  for (const follows of [{ conversation: id }, { previous_response_id: previous }]) {
    await expect(tenant.client.responses.create({ model: 'test-model', input: 'y', ...follows })).rejects.toMatchObject(
      { status: 503, code: 'overloaded' },
    );
  }
  expect(provider.asked).toEqual([]);
  provider.script = answer({ id: 'c', object: 'chat.completion', created: 1, model: 'm', choices: [], usage: null });
  await tenant.client.chat.completions.create(question);
  expect(provider.asked).toHaveLength(1);
});

test('an answer that cannot be kept is refused, kept in nothing, and can be kept later', async () => {
  const { tenant } = on();
  const { id } = await tenant.client.conversations.create();
  for (const body of [{ input: 'q' }, { input: 'q', conversation: id }]) {
    const { history } = await ask(body);
    const done = finished(history, [said('a')]);
    down = true;
    await expect(history.keep(done)).rejects.toMatchObject({ why: 'overloaded' });
    down = false;
    await history.keep(done);
  }
  expect((await tenant.client.conversations.items.list(id)).data).toHaveLength(2);
});

test('a response that is not to be stored needs neither of them', async () => {
  const { tenant, provider } = on();
  provider.script = answer(respondedWith('x'));
  down = true;
  const { output_text } = await tenant.client.responses.create({ model: 'test-model', input: 'x', store: false });
  expect(output_text).toBe('x');
});
