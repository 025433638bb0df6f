/** The input is checked while the model works: nothing of the answer goes out before, and nothing of it is for free. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { SafetyWishes } from '../../shared/safety/policy.ts';
import { baseURL } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import {
  isModeration,
  moderated,
  moderationInputs,
  tenantWith,
  unsafeText,
  violationsOf,
} from '../support/safety-scene.ts';
import { scene } from '../support/scene.ts';
import { answer, completion, refusal, spoken, stream, usage } from '../support/scripted-provider.ts';

const given = scene();
const policy: SafetyWishes = { moderation: { input: 'block', alongside: true, timeout_ms: 2_000 } };

const ask = (key: string, content: string, more: object = {}) =>
  given().gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content }], ...more }),
  });

test('the model and moderation are asked at the same time', async () => {
  const { gateway, provider } = given();
  const { promise: both, resolve: proceed } = Promise.withResolvers<void>();
  let arrived = 0;
  // Neither answers before both have been asked.
  const together = async () => {
    arrived += 1;
    if (arrived === 2) proceed();
    await both;
  };
  const usual = moderated();
  provider.script = async (response, asked) => {
    await together();
    return usual(response, asked);
  };
  const { key } = await tenantWith(gateway, policy);
  expect((await ask(key, 'A quiet afternoon.')).status).toBe(200);
});

test.each([{ stream: true }, {}])('no header and no byte leaves before the input is cleared: %j', async (more) => {
  const { gateway, provider } = given();
  let cleared = false;
  const usual = moderated();
  provider.script = async (response, asked) => {
    if (isModeration(asked)) {
      await sleep(80);
      cleared = true;
    }
    return usual(response, asked);
  };
  const { key } = await tenantWith(gateway, policy);
  const response = await ask(key, 'A quiet afternoon.', more);
  expect(cleared).toBe(true);
  expect(await response.text()).toContain('Hello');
});

test('a model that is still at work is stopped when the input is refused, and what it has read is metered', async () => {
  const { gateway, provider, ledger } = given();
  let left = false;
  const usual = moderated();
  provider.script = (response, asked) => {
    if (isModeration(asked)) return usual(response, asked);
    response.on('close', () => {
      left = true;
    });
  };
  const { key, projectId } = await tenantWith(gateway, policy);
  const response = await ask(key, unsafeText);
  expect(response.status).toBe(400);
  expect(response.headers.get('x-sluice-safety')).toBe('blocked');
  expect(await ledger(projectId)).toEqual([
    expect.objectContaining({
      outcome: 'cancelled',
      estimated: true,
      inputTokens: expect.any(Number),
      outputTokens: 0,
    }),
  ]);
  const [row] = await ledger(projectId);
  expect(row && 'costMicroUsd' in row && row.costMicroUsd).toBeGreaterThan(0);
  expect(left).toBe(true);
});

test('a refused input is refused also where the provider has failed: nobody need try again', async () => {
  const { gateway, provider } = given();
  provider.script = moderated(refusal(500, { message: 'out of order' }), { after: 60 });
  const { key } = await tenantWith(gateway, policy);
  expect((await ask(key, unsafeText)).status).toBe(400);
  expect((await ask(key, 'A quiet afternoon.')).status).toBe(502);
});

test('a long stream that is refused at its first chunk is not read to its end', async () => {
  const { gateway, provider, ledger } = given();
  const words = Array.from({ length: 80 }, (_, index) => `word ${index} `);
  let ended = false;
  const usual = moderated(async (response, asked) => {
    await stream(spoken(words, usage(10, 80)), { pauseMs: 10 })(response, asked);
    ended = true;
  });
  provider.script = usual;
  const { key, projectId } = await tenantWith(gateway, policy);
  expect((await ask(key, unsafeText, { stream: true })).status).toBe(400);
  const [row] = await ledger(projectId);
  expect(row).toMatchObject({ outcome: 'cancelled', state: 'settled' });
  expect(ended).toBe(false);
});

test('an answer that is being checked when its input is refused is no violation of its own', async () => {
  const { gateway, provider } = given();
  const usual = moderated(answer(completion('A quiet afternoon.')));
  provider.script = async (response, asked) => {
    if (isModeration(asked)) await sleep(moderationInputs(asked).includes(unsafeText) ? 60 : 300);
    return usual(response, asked);
  };
  const { key, projectId } = await tenantWith(gateway, {
    moderation: { input: 'block', output: 'block', alongside: true, timeout_ms: 2_000 },
  });
  expect((await ask(key, unsafeText)).status).toBe(400);
  expect(await violationsOf(gateway, projectId)).toEqual([
    expect.objectContaining({ stage: 'input', categories: ['violence'] }),
  ]);
});

test('an answer whose input was refused is not kept in the cache', async () => {
  const { gateway, provider } = given();
  provider.script = moderated(undefined, { after: 40 });
  const { key } = await tenantWith(gateway, policy);
  const again = {
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'x-sluice-cache': 'on' },
  };
  const send = () =>
    gateway.fetch(`${baseURL}/chat/completions`, {
      method: 'POST',
      ...again,
      body: JSON.stringify({ model: 'test-model', messages: [{ role: 'user', content: unsafeText }] }),
    });
  expect((await send()).status).toBe(400);
  await gateway.idle();
  expect((await send()).status).toBe(400);
});

test.each([{ stream: true }, {}])(
  'what is known to be unsafe is not asked again, and costs nothing: %j',
  async (more) => {
    const { gateway, provider, ledger } = given();
    provider.script = moderated();
    const { key, projectId } = await tenantWith(gateway, policy);
    await ask(key, unsafeText);
    await gateway.idle();
    provider.asked.length = 0;
    expect((await ask(key, unsafeText, more)).status).toBe(400);
    expect(provider.asked).toEqual([]);
    const rows = await ledger(projectId);
    expect(rows.filter((row) => 'outcome' in row && row.outcome === 'blocked' && row.costMicroUsd === 0)).toHaveLength(
      1,
    );
  },
);

test('a model that is stopped has not failed: no message stands in for it', async () => {
  const { gateway, provider, database } = given();
  provider.script = moderated(() => {}, { after: 40 });
  const { key, projectId } = await tenantWith(gateway, policy);
  const resilience = { cache: 'off', cacheTtlSeconds: null, onDisconnect: 'drain', fallbackMessage: 'Later.' } as const;
  await holdTo(database, projectId, { resilience });
  expect((await ask(key, unsafeText)).status).toBe(400);
  await gateway.idle();
  expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
});
