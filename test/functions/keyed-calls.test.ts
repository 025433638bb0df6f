/** `Idempotency-Key` on model calls: asked once, charged once, and answered as often as they are sent. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type DynamoDBDocumentClient, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { expectTrueBooks } from '../invariants/support/books.ts';
import { clientsOf, houseOf, muchLater } from '../invariants/support/house.ts';
import { forgetCircuits } from '../support/forget-circuits.ts';
import { adminKey, oneProvider, type Tenant, testGateway } from '../support/gateway.ts';
import { holdTo } from '../support/policy.ts';
import { question, scene } from '../support/scene.ts';
import {
  answer,
  completion,
  counting,
  refusal,
  type Script,
  spoken,
  stream,
  wellBehaved,
} from '../support/scripted-provider.ts';

const realPause = { pause: async (ms: number) => void (await sleep(ms)) };
const here = scene({ override: () => realPause });

const under = (idempotencyKey: string) => ({ headers: { 'Idempotency-Key': idempotencyKey } });
const content = (data: { choices: { message: { content: string | null } }[] }) => data.choices[0]?.message.content;
const ask = ({ client }: Tenant, key: string, more: object = {}) =>
  client.chat.completions.create({ ...question, ...more }, under(key)).withResponse();
const isReplay = ({ response }: { response: Response }) => response.headers.get('idempotent-replayed') === 'true';

async function streamedText(tenant: Tenant, key: string): Promise<string> {
  return (await tenant.client.chat.completions.stream({ ...question, stream: true }, under(key)).finalContent()) ?? '';
}

const rows = async () => {
  const { db, names } = here().database;
  const { Items = [] } = await db.send(new ScanCommand({ TableName: names.idempotency }));
  return Items;
};

describe('a call that is sent again under its key', () => {
  test('is asked once, charged once, and answered alike', async () => {
    const { gateway, provider, ledger } = here();
    const tenant = await gateway.tenant();
    provider.script = counting();
    const first = await ask(tenant, 'once');
    await gateway.idle();
    const again = await ask(tenant, 'once');
    expect([isReplay(first), isReplay(again)]).toEqual([false, true]);
    expect(again.data).toEqual(first.data);
    expect(again.response.headers.get('x-request-id')).not.toBe(first.response.headers.get('x-request-id'));
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'succeeded', costMicroUsd: 30 }]);
  });

  test('as a stream has the same frames', async () => {
    const { gateway, provider, ledger } = here();
    const tenant = await gateway.tenant();
    provider.script = counting();
    const raw = () =>
      gateway
        .fetch('http://gateway.test/v1/chat/completions', {
          method: 'POST',
          headers: { authorization: `Bearer ${tenant.key}`, 'Idempotency-Key': 'stream' },
          body: JSON.stringify({ ...question, stream: true }),
        })
        .then(async (response) => ({ type: response.headers.get('content-type'), text: await response.text() }));
    const first = await raw();
    await gateway.idle();
    expect(await raw()).toEqual(first);
    expect(first.text).toContain('[DONE]');
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toHaveLength(1);
  });

  test('while the first is under way waits for its answer, on whichever instance', async () => {
    const { database, gateway, provider, ledger } = here();
    const tenant = await gateway.tenant();
    const other = await testGateway(database, oneProvider(provider.baseURL), { override: () => realPause });
    provider.script = counting(400);
    const clients = [tenant.client, other.withKey(tenant.key), tenant.client, other.withKey(tenant.key)];
    const answers = await Promise.all(
      clients.map((client) => client.chat.completions.create(question, under('together')).withResponse()),
    );
    expect(new Set(answers.map(({ data }) => content(data)))).toEqual(new Set(['answer 1']));
    expect(answers.filter(isReplay)).toHaveLength(3);
    expect(provider.asked).toHaveLength(1);
    await other.idle();
    expect(await ledger(tenant.projectId)).toHaveLength(1);
  });

  test('is given to the SDK that gave up waiting and tried again: the first goes on for it', async () => {
    const { gateway, provider, ledger } = here();
    const tenant = await gateway.tenant();
    provider.script = counting(1_400);
    const options = { ...under('gave-up'), timeout: 1_000, maxRetries: 3 };
    expect(content(await tenant.client.chat.completions.create(question, options))).toBe('answer 1');
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toMatchObject([{ outcome: 'succeeded', costMicroUsd: 30 }]);
  });

  test('after its caller has left in the midst of a stream has all of it', async () => {
    const { gateway, provider, ledger } = here();
    const tenant = await gateway.tenant();
    provider.script = stream(spoken(['a', 'b', 'c']), { pauseMs: 20 });
    const left = await tenant.client.chat.completions.create({ ...question, stream: true }, under('left'));
    for await (const _ of left) break;
    await gateway.idle();
    expect(await streamedText(tenant, 'left')).toBe('abc');
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toHaveLength(1);
  });

  test('gives back what a repetition was let in with: limits and money are those of one call (I2, I3)', async () => {
    const { gateway, provider, database } = here();
    const tenant = await gateway.tenant();
    await holdTo(database, tenant.projectId, {
      limits: { requestsPerMinute: 600, tokensPerMinute: 1_000_000 },
      spendLimitMicroUsd: 1_000_000,
      concurrentStreams: 1,
    });
    provider.script = counting();
    for (let times = 0; times < 4; times++) {
      expect(await streamedText(tenant, 'given-back')).toBe('answer 1');
      await gateway.idle();
    }
    const { nowMs } = gateway.clock;
    const house = houseOf({ clients: clientsOf(database.endpoint), names: database.names, now: () => nowMs });
    await house.sweepAt(muchLater(nowMs));
    expect(await expectTrueBooks(house, tenant.projectId, nowMs)).toHaveLength(1);
  });

  test('is answered also where another call would be refused', async () => {
    const { gateway, provider, database } = here();
    const tenant = await gateway.tenant();
    provider.script = counting();
    await ask(tenant, 'refused');
    await gateway.idle();
    await holdTo(database, tenant.projectId, { spendLimitMicroUsd: 0 });
    gateway.clock.nowMs += 30_000;
    await expect(ask(tenant, 'another')).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
    expect(content((await ask(tenant, 'refused')).data)).toBe('answer 1');
    gateway.clock.nowMs += 86_400_000;
    await expect(ask(tenant, 'refused')).rejects.toMatchObject({ status: 429, code: 'insufficient_quota' });
  });

  test('with another body is refused, and names the header', async () => {
    const { gateway, provider, ledger } = here();
    const tenant = await gateway.tenant();
    await ask(tenant, 'body');
    await gateway.idle();
    await expect(ask(tenant, 'body', { temperature: 1 })).rejects.toMatchObject({
      status: 400,
      param: 'Idempotency-Key',
    });
    expect(provider.asked).toHaveLength(1);
    expect(await ledger(tenant.projectId)).toHaveLength(1);
  });

  test('is asked again for another key, endpoint or caller (I5), and after a day', async () => {
    const { gateway, provider } = here();
    const [one, other] = [await gateway.tenant(), await gateway.tenant()];
    provider.script = counting();
    const said = async (tenant: Tenant, key = 'apart') => {
      const { data } = await ask(tenant, key);
      await gateway.idle();
      return content(data);
    };
    expect([await said(one), await said(other), await said(one, 'apart-2'), await said(one)]).toEqual([
      'answer 1',
      'answer 2',
      'answer 3',
      'answer 1',
    ]);
    provider.script = wellBehaved;
    await one.client.embeddings.create({ model: 'test-model', input: 'x' }, under('apart'));
    await one.client.moderations.create({ input: 'x' }, under('apart'));
    expect(provider.asked.map(({ path }) => path.split('/').at(-1)).slice(-2)).toEqual(['embeddings', 'moderations']);
    gateway.clock.nowMs += 86_399_000;
    expect(await said(one)).toBe('answer 1');
    gateway.clock.nowMs += 2_000;
    expect(await said(one)).toBe('Hello there');
  });

  test('is sealed where it is kept (I6), however large it is', async () => {
    const { gateway, provider } = here();
    const tenant = await gateway.tenant();
    const huge = 'canary of an answer '.repeat(40_000);
    provider.script = answer(completion(huge));
    await ask(tenant, 'huge-canary');
    await gateway.idle();
    const kept = JSON.stringify(await rows(), (_, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value,
    );
    for (const secret of ['canary', 'Say hello', tenant.key]) expect(kept).not.toContain(secret);
    const again = await ask(tenant, 'huge-canary');
    expect([isReplay(again), content(again.data) === huge]).toEqual([true, true]);
  });
});

describe('a first one that did not end well', () => {
  test.each<[string, Script]>([
    ['failed', refusal(500, { message: 'x' })],
    ['met a rate limit', refusal(429, { message: 'x' })],
    ['was refused', refusal(400, { message: 'x' })],
  ])('%s: the next asks anew', async (_, script) => {
    const { gateway, provider } = here();
    const tenant = await gateway.tenant();
    provider.script = script;
    await expect(ask(tenant, 'failed')).rejects.toThrow();
    await gateway.idle();
    await forgetCircuits(here());
    provider.script = counting();
    expect(content((await ask(tenant, 'failed')).data)).toBe('answer 1');
  });

  test('broke off in the midst of its stream: the next asks anew', async () => {
    const { gateway, provider } = here();
    const tenant = await gateway.tenant();
    provider.script = stream(spoken(['half']).slice(0, 2), { thenCut: true });
    await expect(streamedText(tenant, 'cut')).rejects.toThrow();
    await gateway.idle();
    provider.script = counting();
    expect(await streamedText(tenant, 'cut')).toBe('answer 1');
  });

  test('failed while another was waiting for it: that one asks', async () => {
    const { gateway, provider, ledger } = here();
    const tenant = await gateway.tenant();
    let times = 0;
    provider.script = async (response, asked) => {
      times += 1;
      if (times > 1) return wellBehaved(response, asked);
      await sleep(300);
      // The caller's own mistake, so that nothing is tried again by itself.
      return refusal(400, { message: 'x' })(response, asked);
    };
    const outcomes = await Promise.allSettled([ask(tenant, 'handed-on'), ask(tenant, 'handed-on')]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const made = await ledger(tenant.projectId);
    expect(made.map((row) => row.state === 'settled' && row.outcome).sort()).toEqual(['refused', 'succeeded']);
  });
});

test('a fallback message is no answer: the next asks anew', async () => {
  const { gateway, provider } = here();
  const tenant = await gateway.tenant();
  const policy = `/organization/projects/${tenant.projectId}/resilience_policy`;
  await gateway.withKey(adminKey).post(policy, { body: { fallback_message: 'Back soon.' } });
  provider.script = refusal(500, { message: 'x' });
  expect(content((await ask(tenant, 'message')).data)).toBe('Back soon.');
  await gateway.idle();
  provider.script = counting();
  expect(content((await ask(tenant, 'message')).data)).toBe('answer 1');
});

describe('a ledger that is slower than the claim', () => {
  const slow = (db: DynamoDBDocumentClient): DynamoDBDocumentClient =>
    new Proxy(db, {
      get(target, property, receiver) {
        if (property !== 'send') return Reflect.get(target, property, receiver);
        return async (command: { constructor: { name: string }; input: { TableName?: string } }) => {
          const isRow = command.constructor.name === 'PutCommand' && command.input.TableName?.endsWith('-usage');
          if (isRow) await sleep(100);
          return target.send(command as never);
        };
      },
    });
  const slowly = scene({ override: ({ db }) => ({ ...realPause, db: slow(db) }) });

  test('has no row of a repetition in the end', async () => {
    const { gateway, ledger } = slowly();
    const tenant = await gateway.tenant();
    await Promise.all([ask(tenant, 'slow'), ask(tenant, 'slow'), ask(tenant, 'slow')]);
    expect(await ledger(tenant.projectId)).toHaveLength(1);
  });
});

describe('a function that died', () => {
  const died = scene();

  /** As if it had ended there and then: its claim is never answered. */
  async function dead(tenant: Tenant, key: string): Promise<void> {
    const { gateway, database } = died();
    await ask(tenant, key);
    await gateway.idle();
    const { db, names } = database;
    const { UpdateCommand } = await import('@aws-sdk/lib-dynamodb');
    const { Items = [] } = await db.send(new ScanCommand({ TableName: names.idempotency }));
    for (const { id } of Items) {
      await db.send(
        new UpdateCommand({
          TableName: names.idempotency,
          Key: { id },
          UpdateExpression: 'SET #state = :claimed, expiresAt = :end REMOVE answer',
          ExpressionAttributeNames: { '#state': 'state' },
          ExpressionAttributeValues: { ':claimed': 'claimed', ':end': gateway.clock.nowMs / 1000 + 900 },
        }),
      );
    }
  }

  test('holds its key for as long as it could have run: until then the next is told to come again', async () => {
    const { gateway, provider } = died();
    const tenant = await gateway.tenant();
    await dead(tenant, 'dead-1');
    provider.asked.length = 0;
    const request = { ...under('dead-1').headers, 'X-Stainless-Timeout': '30' };
    const refused = tenant.client.chat.completions.create(question, { headers: request });
    await expect(refused).rejects.toMatchObject({ status: 409, code: 'conflict' });
    await refused.catch(({ headers }) => expect(headers.get('x-should-retry')).toBe('true'));
    expect(provider.asked).toEqual([]);
  });

  test('has lost it then, and the next asks anew', async () => {
    const { gateway, provider } = died();
    const tenant = await gateway.tenant();
    await dead(tenant, 'dead-2');
    provider.asked.length = 0;
    gateway.clock.nowMs += 901_000;
    expect(isReplay(await ask(tenant, 'dead-2'))).toBe(false);
    expect(provider.asked).toHaveLength(1);
  });
});

test('a key that is none is refused, and nobody is asked', async () => {
  const { gateway, provider } = here();
  const tenant = await gateway.tenant();
  await expect(ask(tenant, 'k'.repeat(256))).rejects.toMatchObject({ status: 400, param: 'Idempotency-Key' });
  expect(provider.asked).toEqual([]);
});

test('a call without a key leaves nothing behind', async () => {
  const before = await rows();
  const { gateway } = here();
  const tenant = await gateway.tenant();
  await tenant.client.chat.completions.create(question);
  await gateway.idle();
  expect(await rows()).toHaveLength(before.length);
});
