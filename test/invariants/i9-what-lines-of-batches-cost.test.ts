/** I9: what a line of a batch takes of the database: as much as a live call, and no more for coming among many. */
import { type AskLine, lineAsker } from '../support/batch-line.ts';
import { oneProvider, type Tenant } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import { type Command, watched } from '../support/watched.ts';

let seen: string[] = [];
const note = ({ constructor: { name }, input }: Command) => {
  seen.push(`${name.replace('Command', '')} ${input.TableName?.split('-').at(-1)}`);
};
const on = scene(
  { override: ({ db, onceDb }) => ({ db: watched(db, note), onceDb: watched(onceDb, note) }) },
  (baseURL) => {
    const one = oneProvider(baseURL);
    const vectors = { targets: ['scripted/text-embedding-3-small'], price: { input: 1 } };
    return { ...one, models: { ...one.models, vectors } };
  },
);
let ask: AskLine;
beforeAll(() => {
  ask = lineAsker(on().gateway, on().database);
});

/** With rates, tokens and money to be held to. */
async function limited(): Promise<Tenant> {
  const { gateway, database } = on();
  const tenant = await gateway.tenant();
  const limits = { requestsPerMinute: 600_000, burst: 100_000, tokensPerMinute: 100_000_000 };
  await holdTo(database, tenant.projectId, { limits, spendLimitMicroUsd: 1_000_000_000 } as never);
  return tenant;
}

const chat = '/v1/chat/completions';
const lines: [string, (tenant: Tenant) => ReturnType<AskLine>][] = [
  ['a chat', (tenant) => ask(tenant, chat, question)],
  ['embeddings', (tenant) => ask(tenant, '/v1/embeddings', { model: 'vectors', input: 'x' })],
  [
    'a response that is not stored',
    (tenant) => ask(tenant, '/v1/responses', { model: 'test-model', input: 'x', store: false }),
  ],
];
const four = ['Put usage', 'Put usage', 'Update admission', 'Update admission'];

test.each(lines)('%s: four writes, and nothing read', async (_, line) => {
  const tenant = await limited();
  // The process knows the counters, and has looked at the circuits in this second.
  await line(tenant);
  seen = [];
  expect(await line(tenant)).toMatchObject({ status: 200 });
  expect(seen.toSorted()).toEqual(four);
});

test('many at once lose few writes to one another, and all of them look at the circuits together', async () => {
  const tenant = await limited();
  await ask(tenant, chat, question);
  on().gateway.clock.nowMs += 2_000;
  seen = [];
  const count = 100;
  const answers = await Promise.all(Array.from({ length: count }, () => ask(tenant, chat, question)));
  expect(answers.every(({ kind }) => kind === 'answered')).toBe(true);
  const circuits = seen.filter((one) => one.endsWith(' circuits'));
  expect(circuits.length).toBeLessThanOrEqual(2);
  // Whoever loses a write to another says anew what it holds.
  for (const four of ['Put usage', 'Update admission'])
    expect(seen.filter((one) => one === four).length).toBeLessThanOrEqual(2.5 * count);
  expect(seen.filter((one) => one.startsWith('Get ')).length).toBeLessThanOrEqual(5);
});
