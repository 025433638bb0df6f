/** A conversation of a thousand turns costs what its model can read of it, and no more. */
import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { oneProvider } from '../../support/gateway.ts';
import { scene } from '../../support/scene.ts';
import { asking, said, wordsOf } from './scene.ts';

const models = { small: 2_000, large: 1_000_000 } as const;
const on = scene({}, (baseURL) => {
  const config = oneProvider(baseURL);
  const price = { input: 1, output: 4 };
  const named = Object.entries(models).map(([name, contextWindow]) => [
    name,
    { targets: [`scripted/${name}`], price, contextWindow },
  ]);
  return { ...config, models: { ...config.models, ...Object.fromEntries(named) } };
});
const { ask } = asking(on);

const reads = { looks: 0, items: 0 };
const counting = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
  new Proxy(db, {
    get(target, property, receiver) {
      if (property !== 'send') return Reflect.get(target, property, receiver);
      return async (command: object) => {
        const found = (await target.send(command as never)) as { Items?: unknown[]; Item?: unknown };
        reads.looks += 1;
        reads.items += found.Items?.length ?? (found.Item ? 1 : 0);
        return found;
      };
    },
  });

const turns = 1_000;
const textOf = (turn: number, who: string) => `${who} ${turn} ${'says something more '.repeat(10)}`;
let conversation: string;
beforeAll(async () => {
  const { conversations } = on().tenant.client;
  conversation = (await conversations.create()).id;
  for (let turn = 0; turn < turns; turn += 10) {
    const items = Array.from({ length: 10 }, (_, index) => [
      { role: 'user' as const, content: textOf(turn + index, 'q') },
      { ...said(textOf(turn + index, 'a')), id: `msg_${turn + index}` },
    ]).flat();
    await conversations.items.create(conversation, { items: items as never });
  }
}, 60_000);

const asked = async (model: string, truncation: string) => {
  Object.assign(reads, { looks: 0, items: 0 });
  const { sent } = await ask(
    { model, input: 'last', conversation, truncation },
    { db: counting(on().gateway.live.db) },
  );
  return wordsOf(sent);
};

test('for a small window, and what does not fit left out, two looks at the newest of them are enough', async () => {
  const words = await asked('small', 'auto');
  // The third is at the conversation itself.
  expect(reads).toEqual({ looks: 3, items: 151 });
  expect(words.length).toBeLessThan(100);
  expect(words.slice(-3)).toEqual([
    `user: ${textOf(turns - 1, 'q')}`,
    `assistant: ${textOf(turns - 1, 'a')}`,
    'user: last',
  ]);
  // Eight bytes for each token of the window, and not much more than that.
  const bytes = words.join('').length;
  expect(bytes).toBeGreaterThan(2_000 * 6);
});

test('for a window that has room for all of it, all of it is read, a megabyte at a time', async () => {
  const words = await asked('large', 'disabled');
  expect(words).toHaveLength(2 * turns + 1);
  expect(words[0]).toBe(`user: ${textOf(0, 'q')}`);
  expect(reads.looks).toBeLessThan(10);
});

test('where nothing may be left out, more is read than fits, so that it is counted and refused', async () => {
  const words = await asked('small', 'disabled');
  expect(words.join('').length / 8).toBeGreaterThan(models.small);
  expect(words.length).toBeLessThan(turns);
});
