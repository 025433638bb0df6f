/** Requests with the same answer, at the same time, in one instance: one of them asks. */
import { setTimeout as sleep } from 'node:timers/promises';
import { asked, cached, newQuestion, streamed } from '../support/cache-scene.ts';
import { holdTo } from '../support/policy.ts';
import { scene } from '../support/scene.ts';
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  refusal,
  type Script,
  wellBehaved,
} from '../support/scripted-provider.ts';

const on = scene();

/** Answers the first once the others have had time to come. */
const slowly =
  (script: Script): Script =>
  async (response, question) => {
    await sleep(100);
    return script(response, question);
  };

test('the others wait for it, and are served with what it gets, whole and streamed', async () => {
  const { gateway, provider, ledger } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  provider.script = slowly(wellBehaved);
  const answers = await Promise.all([
    ...Array.from({ length: 5 }, () => asked(tenant.client, body)),
    ...Array.from({ length: 3 }, () => streamed(tenant.client, body)),
  ]);
  expect(answers.map(({ cache }) => cache).sort()).toEqual([...Array(7).fill('hit'), 'miss']);
  expect(answers.map((one) => ('text' in one ? one.text : one.data.choices[0]?.message.content))).toEqual(
    Array(8).fill('Hello there'),
  );
  expect(provider.asked).toHaveLength(1);
  const rows = await ledger(tenant.projectId);
  expect(rows.filter((row) => row.state === 'settled' && row.outcome === 'cached')).toHaveLength(7);
});

test('they wait for a stream, too', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  provider.script = slowly(wellBehaved);
  const first = streamed(tenant.client, body);
  await sleep(20);
  const answers = await Promise.all([first, asked(tenant.client, body), streamed(tenant.client, body)]);
  expect(answers.map(({ cache }) => cache)).toEqual(['miss', 'hit', 'hit']);
  expect(provider.asked).toHaveLength(1);
});

test('where the first fails they ask by themselves, and none waits for another again', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  let times = 0;
  provider.script = (response, question) => {
    times += 1;
    return slowly(times === 1 ? refusal(400, { message: 'not today' }) : wellBehaved)(response, question);
  };
  const answers = await Promise.allSettled(Array.from({ length: 4 }, () => asked(tenant.client, body)));
  expect(answers.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'fulfilled', 'rejected']);
  expect(provider.asked).toHaveLength(4);
  // What they got by themselves is kept all the same.
  await gateway.idle();
  expect((await asked(tenant.client, body)).cache).toBe('hit');
});

test('where its answer may not be given again, each gets one of its own', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  const whole = completion('half');
  const cut = { ...whole, choices: [{ ...whole.choices[0], finish_reason: 'length' }] };
  provider.script = slowly(answer(cut));
  const answers = await Promise.all(Array.from({ length: 3 }, () => asked(tenant.client, body)));
  expect(answers.map(({ cache }) => cache)).toEqual(['miss', 'miss', 'miss']);
  expect(provider.asked).toHaveLength(3);
});

test('who has waited for half of its time asks by itself, while there is time', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  let release = () => {};
  provider.script = (response, question) => {
    release = () => void wellBehaved(response, question);
  };
  const first = asked(tenant.client, body);
  while (provider.asked.length === 0) await sleep(5);
  provider.script = wellBehaved;
  expect((await asked(tenant.client, body, { ...cached(), timeout: 3_000 })).cache).toBe('miss');
  release();
  expect((await first).cache).toBe('miss');
});

test('who wants an answer of its own waits for nobody', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  provider.script = slowly(wellBehaved);
  await Promise.all([asked(tenant.client, body), asked(tenant.client, body, cached('no-cache'))]);
  expect(provider.asked).toHaveLength(2);
});

test('the next one after a failure asks anew', async () => {
  const { gateway, provider } = on();
  const tenant = await gateway.tenant();
  const body = newQuestion();
  provider.script = refusal(400, { message: 'no' });
  await expect(asked(tenant.client, body)).rejects.toMatchObject({ status: 400 });
  provider.script = wellBehaved;
  expect((await asked(tenant.client, body)).cache).toBe('miss');
});

test.each([
  ['read to its end for the accounts', 'drain', 'hit', 1],
  ['given up', 'cancel', 'miss', 2],
] as const)(
  'a stream whose caller has left, and is %s, is for the others: %s, %s',
  async (_, onDisconnect, expected, times) => {
    const { gateway, database, provider } = on();
    const tenant = await gateway.tenant();
    const resilience = { cache: 'off', cacheTtlSeconds: null, onDisconnect, fallbackMessage: null } as const;
    await holdTo(database, tenant.projectId, { resilience });
    const body = newQuestion();
    let finish = () => {};
    provider.script = (response, question) => {
      if (question.body['stream'] !== true) return answer(completion('all of it'))(response, question);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(frame(chunk({ content: 'all' })));
      finish = () => void response.end(frame(chunk({ content: ' of it' }, 'stop')) + done);
    };
    const first = await tenant.client.chat.completions.create({ ...body, stream: true }, cached());
    for await (const __ of first) break;
    const second = asked(tenant.client, body);
    // Long enough for it to be let in, and to be waiting.
    await sleep(50);
    finish();
    const { cache, data } = await second;
    expect([cache, data.choices[0]?.message.content]).toEqual([expected, 'all of it']);
    expect(provider.asked).toHaveLength(times);
  },
);
