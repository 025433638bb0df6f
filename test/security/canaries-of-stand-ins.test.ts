/** What stands in for a provider, and what is kept for those who ask again, tells nobody what was said (THREATS 11, I6). */
import { readdirSync } from 'node:fs';
import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { Config } from '../../shared/config/schema.ts';
import { oneProvider } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, type Script, spoken, stream } from '../support/scripted-provider.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { canaries, environment, expectNone, internals, secretsOf, toldProvider } from './support/canaries.ts';
import { providerFailures, streamFailures } from './support/failures.ts';
import { bearer, routeCalled, send } from './support/send.ts';

const bodies = temporaryFolder();
const timeouts = { firstChunkMs: 200, totalMs: 300 };
const configured = (baseURL: string): Config => ({
  ...oneProvider(baseURL),
  providers: { scripted: { kind: 'openai', baseURL, apiKeyEnv: 'TEST_PROVIDER_KEY', timeouts } },
  models: { 'test-model': { targets: ['scripted/a', 'scripted/b'], price: { input: 1, output: 4 } } },
  resilience: {
    retry: { budgetReserve: 1_000 },
    circuit: { failures: 2 },
    fallbackMessage: 'Nobody answers at the moment.',
  },
});
const here = scene({ environment: { ...environment, BODIES_FOLDER: bodies } }, configured);
const chat = routeCalled('createChatCompletion');

const ask = (body: object, headers: Record<string, string>) =>
  send(here().gateway, chat, { headers: { ...bearer(here().tenant.key), ...headers }, body: JSON.stringify(body) });

const plain = (value: unknown): string =>
  ArrayBuffer.isView(value)
    ? Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')
    : JSON.stringify(value);

/** All but the cache itself, whose purpose it is to hold answers. */
async function kept(): Promise<string> {
  const { database, gateway } = here();
  const { idempotency, circuits, usage } = database.names;
  const scans = [idempotency, circuits, usage].map((TableName) => database.db.send(new ScanCommand({ TableName })));
  const items = (await Promise.all(scans)).flatMap(({ Items = [] }) => Items);
  return [
    JSON.stringify([gateway.logs, gateway.metrics, gateway.events]),
    ...items.flatMap((item) => Object.entries(item).map(([name, value]) => `${name}=${plain(value)}`)),
    ...readdirSync(bodies, { recursive: true }),
  ].join('\n');
}

async function expectDiscretion(): Promise<void> {
  await here().gateway.idle();
  expectNone(await kept(), secretsOf(here()));
}

describe.each([false, true])('with stream: %s', (streamed) => {
  const failures: [string, Script][] = [
    ...providerFailures
      .filter(([, , status]) => status >= 429)
      .map(([name, script]): [string, Script] => [name, script]),
    ...(streamed ? streamFailures : []),
  ];

  test.each(failures)('a provider that %s', async (name, script) => {
    here().provider.script = script;
    const headers = {
      'x-sluice-cache': 'on',
      'idempotency-key': `${canaries.header} ${name} ${streamed}`,
      'x-stainless-retry-count': '1',
    };
    // The first may leave open circuits behind it, and the second meets them.
    for (let times = 0; times < 2; times += 1) {
      const { text } = await ask({ ...toldProvider, stream: streamed }, headers);
      for (const pattern of internals) expect(text).not.toMatch(pattern);
      expectNone(text, [canaries.provider, canaries.prompt]);
    }
    await expectDiscretion();
  });

  test.each([
    ['small', ''],
    ['large', Array.from({ length: 40_000 }, () => Math.random()).join(' ')],
  ])('an answer that is %s, and is given again', async (size, more) => {
    const said = `${canaries.answer} ${more}`;
    here().provider.script = streamed ? stream(spoken([said, 'end'])) : answer(completion(said));
    const question = { ...toldProvider, seed: more.length, stream: streamed };
    for (const headers of [
      { 'x-sluice-cache': 'on' },
      { 'idempotency-key': `${canaries.header} ${size} ${streamed}` },
    ]) {
      for (let times = 0; times < 2; times += 1) {
        const { status, text } = await ask(question, headers as Record<string, string>);
        expect({ status, isSaid: text.includes(canaries.answer) }).toEqual({ status: 200, isSaid: true });
        await here().gateway.idle();
      }
    }
    expect(here().provider.asked.length).toBeLessThanOrEqual(2);
    await expectDiscretion();
  });
});
