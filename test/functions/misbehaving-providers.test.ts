/** What a caller gets of a single provider that misbehaves, in every way there is, and what the ledger has of it (I3, I7). */
import OpenAI, { APIError } from 'openai';
import type { Config } from '../../shared/config/schema.ts';
import type { SettledAttempt, StoredAttempt } from '../../shared/usage/attempt.ts';
import { type MisbehavingProvider, startMisbehaving } from '../support/misbehaving-provider.ts';
import { type Misbehaviour, type MisbehaviourName, misbehaving, misbehavioursOf } from '../support/misbehaviours.ts';
import { scene } from '../support/scene.ts';
import { usage } from '../support/scripted-provider.ts';

const price = { input: 1, output: 4 };
/** The same provider, with time for everything and with none for silence. */
const on = scene(
  {},
  (baseURL): Config => ({
    providers: {
      patient: { kind: 'openai', baseURL },
      impatient: { kind: 'openai', baseURL, timeouts: { firstChunkMs: 700, idleMs: 700 } },
      hurried: { kind: 'openai', baseURL, timeouts: { totalMs: 700 } },
    },
    models: {
      patient: { targets: ['patient/a'], price, contextWindow: 128_000 },
      impatient: { targets: ['impatient/a'], price, contextWindow: 128_000 },
      hurried: { targets: ['hurried/a'], price, contextWindow: 128_000 },
    },
    // What one attempt comes to: nothing is tried again, and no circuit opens.
    resilience: { attempts: 1, circuit: { failures: 1_000_000 } },
  }),
);

const said = 'Grüße aus dem 🌍';
const used = usage(23, 5);

const questionTo = ({ ends }: Misbehaviour, whoWaits: 'impatient' | 'hurried') => ({
  model: ends.startsWith('silent') ? whoWaits : 'patient',
  messages: [{ role: 'user' as const, content: 'Say hello' }],
});

type Got = { readonly text: string; readonly error: APIError | null };

const asError = (error: unknown): APIError => {
  if (error instanceof APIError) return error;
  throw error;
};

async function whole(client: OpenAI, misbehaviour: Misbehaviour): Promise<Got> {
  try {
    const answer = await client.chat.completions.create(questionTo(misbehaviour, 'hurried'));
    return { text: answer.choices[0]?.message.content ?? '', error: null };
  } catch (error) {
    return { text: '', error: asError(error) };
  }
}

async function streamed(client: OpenAI, misbehaviour: Misbehaviour): Promise<Got> {
  let text = '';
  try {
    for await (const { choices } of await client.chat.completions.create({
      ...questionTo(misbehaviour, 'impatient'),
      stream: true,
    })) {
      text += choices[0]?.delta.content ?? '';
    }
    return { text, error: null };
  } catch (error) {
    return { text, error: asError(error) };
  }
}

function check({ ends }: Misbehaviour, { text, error }: Got): void {
  expect(JSON.stringify([text, error?.message, error?.error])).not.toContain('canary');
  switch (ends) {
    case 'answered':
      expect([text, error]).toEqual([said, null]);
      return;
    case 'refused':
      expect(error).toMatchObject({ code: 'bad_tool', param: 'tools' });
      return;
    case 'rate limited':
      expect(error).toMatchObject({ status: 429, code: 'rate_limit_exceeded' });
      return;
    case 'credential refused':
      expect(error).toMatchObject({ status: 502, code: 'upstream_auth' });
      return;
    case 'failed':
      expect(error).toMatchObject({ status: 502, code: 'upstream_error' });
      return;
    case 'silent':
      expect(error).toMatchObject({ status: 504, code: expect.stringMatching(/^upstream_(\w+_)?timeout$/) });
      return;
    case 'cut':
    case 'silent midway':
      expect(said.startsWith(text) && text.length > 0).toBe(true);
      // In the stream's own words: its status was 200.
      expect(error).toMatchObject({ status: undefined, type: 'server_error' });
      expect(error?.code).toBe(ends === 'cut' ? 'upstream_error' : 'upstream_idle_timeout');
  }
}

function checkRow({ ends, tells }: Misbehaviour, row: StoredAttempt | undefined, name: string): void {
  expect(row?.state).toBe('settled');
  const { outcome, inputTokens, outputTokens, estimated } = row as SettledAttempt;
  const expected = {
    answered: ['succeeded'],
    refused: ['refused'],
    cut: ['cut'],
    'silent midway': ['cut'],
    silent: ['timed_out'],
    failed: ['failed'],
    'credential refused': ['failed'],
    'rate limited': ['failed'],
  }[ends];
  expect(expected).toContain(outcome);
  if (tells) expect([inputTokens, outputTokens]).toEqual(name === 'has used nothing' ? [0, 0] : [23, 5]);
  expect(estimated).toBe((ends === 'answered' || ends === 'cut' || ends === 'silent midway') && !tells);
}

const calls = { whole, stream: streamed };

describe.each(['whole', 'stream'] as const)('asked for an answer (%s)', (call) => {
  test.each(misbehavioursOf(call))('a provider that %s', async (name, misbehaviour) => {
    const { provider, gateway, ledger } = on();
    const { client, projectId } = await gateway.tenant();
    provider.script = misbehaving(name, { used, pauseMs: 2, now: () => gateway.clock.nowMs });
    check(misbehaviour, await calls[call](client, misbehaviour));
    const rows = await ledger(projectId);
    expect(rows).toHaveLength(1);
    checkRow(misbehaviour, rows[0], name);
  });
});

describe('as a process of its own', () => {
  let alone: MisbehavingProvider;
  beforeAll(async () => {
    alone = await startMisbehaving('first');
  });
  afterAll(() => alone.stop());

  const asked = async (user: string) => {
    const client = new OpenAI({ baseURL: alone.baseURL, apiKey: 'x', maxRetries: 0 });
    return client.chat.completions.create({ model: 'm', messages: [], user }).then(
      ({ choices }) => choices[0]?.message.content,
      (error: APIError) => error.status ?? error.constructor.name,
    );
  };

  test('it misbehaves as the request says, or as it was told, and remembers what it told', async () => {
    const before = (await alone.told()).length;
    expect(await asked('first: answers 503; second: answers 500')).toBe(503);
    expect(await asked('second: answers 500')).toBe(said);
    await alone.behave('answers 529');
    expect(await asked('')).toBe(529);
    await alone.behave('behaves well');
    const told = (await alone.told()).slice(before);
    expect(told.map(({ misbehaviour }): MisbehaviourName => misbehaviour)).toEqual([
      'answers 503',
      'behaves well',
      'answers 529',
    ]);
    expect(new Set(told.map(({ completionTokens }) => completionTokens)).size).toBe(3);
  });

  test('it refuses connections for as long as it was told, and then takes them again', async () => {
    await alone.refuse(300);
    expect(await asked('')).toBe('APIConnectionError');
    let answer = await asked('');
    while (answer === 'APIConnectionError') answer = await asked('');
    expect(answer).toBe(said);
  });
});
