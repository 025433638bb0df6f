/** A caller who leaves before the last byte: what becomes of the provider, and of the accounts (I3). */
import type { ServerResponse } from 'node:http';
import type { Config } from '../../shared/config/schema.ts';
import { adminKey, baseURL, oneProvider, type Tenant } from '../support/gateway.ts';
import { question, scene } from '../support/scene.ts';
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  type Script,
  usage,
  usageChunk,
} from '../support/scripted-provider.ts';

type Wait = { readonly ms: number; readonly wake: () => void; over: boolean };
const waits: Wait[] = [];
/** Waits that last until the test ends them. */
const meanwhile = (ms: number, signal: AbortSignal) =>
  new Promise<void>((resolve) => {
    const wait: Wait = { ms, wake: resolve, over: false };
    signal.addEventListener('abort', () => {
      wait.over = true;
      resolve();
    });
    waits.push(wait);
  });

const drainSeconds = 40;
/** One failure would open the circuit, so that what is no failure shows. */
const price = { input: 1, output: 4 };
const impatient = (url: string): Config => ({
  ...oneProvider(url),
  models: {
    'test-model': { targets: ['scripted/a'], price },
    'failing-model': { targets: ['scripted/failing'], price },
  },
  defaults: { limits: { concurrentStreams: 1 } },
  resilience: { attempts: 1, drainSeconds, circuit: { failures: 1 } },
});
const on = scene({ override: () => ({ meanwhile }) }, impatient);

beforeEach(() => {
  waits.length = 0;
});

/** Says a few words, then waits to be told how it goes on; knows whether it was hung up on. */
function held() {
  let response: ServerResponse | undefined;
  const { promise: leftAlone, resolve: hungUp } = Promise.withResolvers<void>();
  const script: Script = (given) => {
    response = given;
    given.once('close', hungUp);
    given.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const content of ['Once', ' upon']) given.write(frame(chunk({ content })));
  };
  return {
    script,
    leftAlone,
    finish: () => response?.end(frame(chunk({}, 'stop')) + frame(usageChunk(usage(100, 50))) + done),
  };
}

async function tenantWith(onDisconnect: 'drain' | 'cancel'): Promise<Tenant> {
  const { gateway } = on();
  const tenant = await gateway.tenant();
  await gateway
    .withKey(adminKey)
    .post(`/organization/projects/${tenant.projectId}/resilience_policy`, { body: { on_disconnect: onDisconnect } });
  return tenant;
}

/** Reads the first word and leaves. */
async function leaveEarly({ client }: Tenant, model = question.model): Promise<void> {
  for await (const _ of await client.chat.completions.create({ ...question, model, stream: true })) break;
}

const drainWait = async (): Promise<Wait> => {
  for (;;) {
    const found = waits.find(({ ms }) => ms === drainSeconds * 1000);
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

const logLine = () =>
  on()
    .gateway.logs.filter(({ message }) => message === 'request')
    .at(-1)?.facts;

describe('on_disconnect: cancel', () => {
  test('stops a silent provider at once, and counts what was seen, marked as estimated', async () => {
    const { provider, ledger } = on();
    const tenant = await tenantWith('cancel');
    const { script, leftAlone } = held();
    provider.script = script;
    await leaveEarly(tenant);
    await leftAlone;
    const rows = await ledger(tenant.projectId);
    expect(rows).toMatchObject([{ state: 'settled', outcome: 'cancelled', estimated: true, outputTokens: 2 }]);
    expect(rows[0]).toMatchObject({ inputTokens: expect.any(Number), costMicroUsd: expect.any(Number) });
    expect(rows[0]?.state === 'settled' && rows[0].inputTokens > 0 && rows[0].costMicroUsd > 0).toBe(true);
    expect(logLine()).toMatchObject({ callerLeft: true, outcome: 'ok' });
  });

  test('says nothing about the provider: its circuit stays closed', async () => {
    const { provider, ledger } = on();
    const tenant = await tenantWith('cancel');
    const { script, leftAlone } = held();
    provider.script = script;
    await leaveEarly(tenant);
    await leftAlone;
    await ledger(tenant.projectId);
    provider.script = answer(completion('still asked'));
    const { choices } = await tenant.client.chat.completions.create(question);
    expect(choices[0]?.message.content).toBe('still asked');
  });

  test('frees what the call held, the open stream included', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await tenantWith('cancel');
    for (let call = 0; call < 3; call++) {
      const { script, leftAlone } = held();
      provider.script = script;
      await leaveEarly(tenant);
      await leftAlone;
      // A second stream at the same time would be refused.
      await ledger(tenant.projectId);
    }
    const rows = await ledger(tenant.projectId);
    expect(rows.map(({ state }) => state)).toEqual(['settled', 'settled', 'settled']);
    expect(gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });

  test('keeps the usage that the provider had told by then', async () => {
    const { provider, ledger } = on();
    const tenant = await tenantWith('cancel');
    const { promise: gone, resolve: hungUp } = Promise.withResolvers<void>();
    provider.script = (response) => {
      response.once('close', hungUp);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame({ ...chunk({ content: 'Once' }), usage: usage(100, 1) }));
    };
    await leaveEarly(tenant);
    await gone;
    expect(await ledger(tenant.projectId)).toMatchObject([
      { outcome: 'cancelled', estimated: false, inputTokens: 100, outputTokens: 1 },
    ]);
  });

  test('a caller who leaves before the first chunk is left as soon as it is there', async () => {
    const { provider, gateway, ledger } = on();
    const tenant = await tenantWith('cancel');
    const { promise: wasAsked, resolve: asked } = Promise.withResolvers<void>();
    let response: ServerResponse | undefined;
    provider.script = (given) => {
      response = given;
      given.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders();
      asked();
    };
    const leaving = new AbortController();
    const sent = gateway
      .fetch(`${baseURL}/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...question, stream: true }),
        signal: leaving.signal,
      })
      .catch(() => null);
    await wasAsked;
    leaving.abort();
    response?.write(frame(chunk({ content: 'Once' })));
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'cancelled', estimated: true }]);
    await sent;
  });
});

describe('on_disconnect: drain', () => {
  test('reads on for the provider’s own count, and holds no clock afterwards', async () => {
    const { provider, ledger } = on();
    const tenant = await tenantWith('drain');
    const { script, finish } = held();
    provider.script = script;
    await leaveEarly(tenant);
    const wait = await drainWait();
    finish();
    expect(await ledger(tenant.projectId)).toMatchObject([
      { outcome: 'succeeded', estimated: false, inputTokens: 100, outputTokens: 50 },
    ]);
    expect(wait.over).toBe(true);
    expect(logLine()).toMatchObject({ callerLeft: true });
  });

  test('reads on for no longer than it may, and then counts what was seen', async () => {
    const { provider, ledger } = on();
    const tenant = await tenantWith('drain');
    const { script, leftAlone } = held();
    provider.script = script;
    await leaveEarly(tenant);
    (await drainWait()).wake();
    await leftAlone;
    expect(await ledger(tenant.projectId)).toMatchObject([
      { state: 'settled', outcome: 'cancelled', estimated: true, outputTokens: 2 },
    ]);
  });

  test('a provider that breaks off meanwhile has failed, as it would have with a caller', async () => {
    const { provider, ledger } = on();
    const tenant = await tenantWith('drain');
    let response: ServerResponse | undefined;
    provider.script = (given) => {
      response = given;
      given.writeHead(200, { 'content-type': 'text/event-stream' });
      given.write(frame(chunk({ content: 'Once' })));
    };
    await leaveEarly(tenant, 'failing-model');
    await drainWait();
    response?.destroy();
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'cut', estimated: true }]);
  });
});

test.each(['drain', 'cancel'] as const)(
  'a whole answer is finished and counted although its caller has left (%s)',
  async (onDisconnect) => {
    const { provider, ledger } = on();
    const tenant = await tenantWith(onDisconnect);
    const { promise: wasAsked, resolve: asked } = Promise.withResolvers<void>();
    let response: ServerResponse | undefined;
    provider.script = (given) => {
      response = given;
      asked();
    };
    const leaving = new AbortController();
    const sent = tenant.client.chat.completions.create(question, { signal: leaving.signal }).catch(() => null);
    await wasAsked;
    leaving.abort();
    await sent;
    response?.writeHead(200, { 'content-type': 'application/json' });
    response?.end(JSON.stringify(completion('to nobody', usage(100, 50))));
    expect(await ledger(tenant.projectId)).toMatchObject([
      { outcome: 'succeeded', estimated: false, inputTokens: 100, outputTokens: 50 },
    ]);
  },
);

test('a caller who stays, before a provider that is silent, gets comments that the SDK reads over', async () => {
  const { provider, gateway } = on();
  const tenant = await tenantWith('cancel');
  const { script, finish } = held();
  provider.script = script;
  const response = await gateway.fetch(`${baseURL}/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${tenant.key}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...question, stream: true }),
  });
  const reader = response.body?.getReader();
  let text = '';
  const until = async (what: string) => {
    while (!text.includes(what)) text += new TextDecoder().decode((await reader?.read())?.value);
  };
  await until('upon');
  const silence = waits.find(({ ms }) => ms === 15_000);
  gateway.clock.nowMs += 15_000;
  silence?.wake();
  await until(': keep-alive\n\n');
  finish();
  await until('[DONE]');
  expect(text.match(/: keep-alive\n\n/g)).toHaveLength(1);
  expect(text.endsWith(done)).toBe(true);
  await gateway.idle();
  expect(waits.filter(({ over }) => !over)).toEqual([]);
});
