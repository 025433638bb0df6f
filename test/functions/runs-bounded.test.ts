/** A run of tools ends: when somebody says so, when its time, its steps or its dollars are over. */
import { oneProvider } from '../support/gateway.ts';
import { question, type Run, runScene } from '../support/run-scene.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';

const { given, tools, admin } = runScene();
const poor = runScene((baseURL) => ({ ...oneProvider(baseURL), runs: { maxDollars: 0.001 } }));

describe('a run ends', () => {
  /** Cancels the run that calls it, and says so to the test. */
  async function cancelling() {
    const tenant = await given().gateway.tenant();
    const runs = async () => {
      const { data } = await admin<{ data: Run[] }>('GET', `/organization/projects/${tenant.projectId}/runs`);
      return data;
    };
    given().provider.script = saying([weatherIn('Paris')], 'Never said.');
    tools().script = async (response) => {
      const [run] = await runs();
      await admin('POST', `/organization/runs/${run?.id}/cancel`);
      response.end('{}');
    };
    return { tenant, runs };
  }

  test('when it was cancelled, before its next question', async () => {
    const { tenant, runs } = await cancelling();
    const failed = await tenant.client.chat.completions.create(question).catch((error: unknown) => error);
    expect(failed).toMatchObject({ status: 409, code: 'run_cancelled' });
    expect((failed as { headers: Headers }).headers.get('x-should-retry')).toBe('false');
    expect(given().provider.asked).toHaveLength(1);
    expect(await given().ledger(tenant.projectId)).toMatchObject([{ state: 'settled', outcome: 'succeeded' }]);
    expect(await runs()).toMatchObject([{ status: 'cancelled', failure: 'run_cancelled' }]);
  });

  test('in a stream with an error in it, and without [DONE] (I7)', async () => {
    const { tenant } = await cancelling();
    const response = await tenant.client.chat.completions.create({ ...question, stream: true }).asResponse();
    const text = await response.text();
    expect(text).toContain('"code":"run_cancelled"');
    expect(text).not.toContain('[DONE]');
  });

  test('when time is over', async () => {
    given().provider.script = saying([weatherIn('Paris')], 'Never said.');
    tools().script = (response) => {
      given().gateway.clock.nowMs += 121_000;
      response.end('{}');
    };
    const failed = given().tenant.client.chat.completions.create(question);
    await expect(failed).rejects.toMatchObject({ status: 502, code: 'run_limit_reached' });
    expect(given().provider.asked).toHaveLength(1);
  });

  test('after so many steps: the last time no tool may be called', async () => {
    let times = 0;
    given().provider.script = (response, asked) => {
      times += 1;
      return saying(times < 8 ? [weatherIn(`town ${times}`, `call_${times}`)] : 'Enough.')(response, asked);
    };
    const { choices } = await given().tenant.client.chat.completions.create(question);
    expect(choices[0]?.message.content).toBe('Enough.');
    expect(given().provider.asked.map(({ body }) => body['tool_choice'])).toEqual([
      ...Array(7).fill(undefined),
      'none',
    ]);
  });

  test('where the model calls tools all the same', async () => {
    let times = 0;
    given().provider.script = (response, asked) => saying([weatherIn(`town ${++times}`)])(response, asked);
    const failed = given().tenant.client.chat.completions.create(question);
    await expect(failed).rejects.toMatchObject({ status: 502, code: 'run_limit_reached' });
    expect(given().provider.asked).toHaveLength(8);
    expect(tools().called).toHaveLength(7);
  });
});

test('I2: the dollars of a run shrink what its questions may put out', async () => {
  const { client } = given().tenant;
  given().provider.script = saying([weatherIn('Paris')], 'Sunny.');
  // A dollar affords 250,000 tokens of output less the input; each of these is asked for with what is left.
  await client.chat.completions.create({ ...question, max_completion_tokens: 400_000 });
  const [first, second] = given().provider.asked.map(({ body }) => Number(body['max_completion_tokens']));
  expect(first).toBeLessThan(250_000);
  expect(second).toBeLessThan(first ?? 0);
});

test('I2: where they do not afford another answer, the run ends, and has cost no more', async () => {
  const { given: on, tools: called } = poor;
  const tenant = await on().gateway.tenant();
  on().provider.script = saying([weatherIn('Paris')], 'Never said.');
  called().script = (response) => void response.end(JSON.stringify({ weather: 'sunny '.repeat(500) }));
  const failed = tenant.client.chat.completions.create(question);
  await expect(failed).rejects.toMatchObject({ status: 502, code: 'run_limit_reached' });
  expect(on().provider.asked).toHaveLength(1);
  expect(await on().ledger(tenant.projectId)).toMatchObject([{ state: 'settled', costMicroUsd: 30 }]);
});

test('I2: what cannot be afforded at all is refused before anybody is asked', async () => {
  const { given: on } = poor;
  const tenant = await on().gateway.tenant();
  const messages = [{ role: 'user' as const, content: 'sunny '.repeat(500) }];
  const failed = tenant.client.chat.completions.create({ ...question, messages });
  await expect(failed).rejects.toMatchObject({ status: 502, code: 'run_limit_reached' });
  expect(on().provider.asked).toEqual([]);
  expect(await on().ledger(tenant.projectId)).toEqual([]);
});
