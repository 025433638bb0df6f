/** MISSION get_weather, FunctionRegistry, process_with_functions: a model's tool call is executed, fed back and answered, streamed and not. */
import { question, runScene, weather } from '../support/run-scene.ts';
import { attack, canarySecret, tenantWith } from '../support/safety-scene.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { registered } from '../support/tool-server.ts';

const { given, tools, runOf } = runScene();

const ownTool = {
  type: 'function',
  function: { name: 'note', parameters: { type: 'object', properties: {} } },
} as const;

const streamed = async (body: typeof question) => {
  const { data, response } = await given()
    .tenant.client.chat.completions.create({ ...body, stream: true, stream_options: { include_usage: true } })
    .withResponse();
  const chunks = [];
  for await (const chunk of data) chunks.push(chunk);
  return { chunks, response, text: chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('') };
};

test('a tool that the model calls is run, and its result answered, whole', async () => {
  given().provider.script = saying([weatherIn('Paris')], 'It is sunny in Paris.');
  const { data, response } = await given().tenant.client.chat.completions.create(question).withResponse();
  expect(data.choices).toMatchObject([{ message: { content: 'It is sunny in Paris.' }, finish_reason: 'stop' }]);
  expect(data.choices[0]?.message.tool_calls).toBeUndefined();
  expect(data.usage).toMatchObject({ prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 });
  expect(tools().called).toMatchObject([{ name: 'get_weather', given: { location: 'Paris' } }]);
  const [first, second] = given().provider.asked;
  expect(first?.body['tools']).toMatchObject([{ type: 'function', function: { name: 'get_weather' } }]);
  expect(second?.body['messages']).toMatchObject([
    { role: 'user' },
    { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'get_weather' } }] },
    { role: 'tool', tool_call_id: 'call_1', content: expect.stringContaining('"sunny"') },
  ]);
  // Two answers of 10 and 5 tokens at $1 and $4 a million.
  expect(response.headers.get('x-sluice-cost-usd')).toBe('0.000060');
  expect(await runOf(response)).toMatchObject({
    status: 'completed',
    failure: null,
    steps: [
      { type: 'model_call', input_tokens: 10, output_tokens: 5, cost_usd: 0.00003, provider: 'scripted' },
      { type: 'tool_call', name: 'get_weather', call_id: 'call_1', outcome: 'answered' },
      { type: 'model_call' },
    ],
  });
});

test('the same as a stream: nothing of the call is told, and the answer as it comes', async () => {
  given().provider.script = saying([weatherIn('Paris')], 'It is sunny in Paris.');
  const { chunks, text } = await streamed(question);
  expect(text).toBe('It is sunny in Paris.');
  expect(chunks.some(({ choices }) => choices[0]?.delta.tool_calls)).toBe(false);
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1);
  expect(chunks.filter(({ choices }) => choices[0]?.delta.role)).toHaveLength(1);
  expect(chunks.at(-1)).toMatchObject({ choices: [], usage: { prompt_tokens: 20, completion_tokens: 10 } });
});

test("the official package's stream helper puts it together", async () => {
  given().provider.script = saying([weatherIn('Paris')], 'It is sunny.');
  const final = await given()
    .tenant.client.chat.completions.stream({ ...question })
    .finalChatCompletion();
  expect(final.choices).toMatchObject([{ message: { role: 'assistant', content: 'It is sunny.' } }]);
});

test.each(['whole', 'streamed'])('I3: every step is metered, %s', async (how) => {
  const tenant = await given().gateway.tenant();
  given().provider.script = saying([weatherIn('Paris')], [weatherIn('Lyon', 'call_2')], 'Sunny in both.');
  const body = { ...question, stream: how === 'streamed' };
  const answer = await tenant.client.chat.completions.create(body).asResponse();
  await answer.text();
  expect(await given().ledger(tenant.projectId)).toMatchObject(
    [1, 2, 3].map(() => ({ state: 'settled', outcome: 'succeeded', inputTokens: 10 })),
  );
});

test('calls in one answer are run at the same time', async () => {
  let waiting = 0;
  let together = 0;
  tools().script = async (response) => {
    together = Math.max(together, ++waiting);
    while (together < 3) await new Promise((later) => setTimeout(later, 5));
    waiting -= 1;
    response.end('{}');
  };
  const calls = ['Paris', 'Lyon', 'Nice'].map((location, index) => weatherIn(location, `call_${index}`));
  given().provider.script = saying(calls, 'Fine.');
  await given().tenant.client.chat.completions.create(question);
  expect(together).toBe(3);
  expect(given().provider.asked[1]?.body['messages']).toHaveLength(5);
});

test('a tool that fails is told to the model, without where it is', async () => {
  tools().script = (response) => void response.writeHead(500).end('stack trace of 10.0.0.7');
  given().provider.script = saying([weatherIn('Paris')], 'I cannot tell.');
  const { data, response } = await given().tenant.client.chat.completions.create(question).withResponse();
  expect(data.choices[0]?.message.content).toBe('I cannot tell.');
  const messages = given().provider.asked[1]?.body['messages'] as readonly { readonly content: string }[] | undefined;
  const result = messages?.[2];
  expect(result?.content).not.toContain('10.0.0.7');
  expect(result?.content).not.toContain('127.0.0.1');
  expect((await runOf(response)).steps[1]).toMatchObject({ type: 'tool_call', outcome: 'error' });
});

test('arguments that break the schema are told to the model, and the tool is not called', async () => {
  given().provider.script = saying([{ ...weatherIn('x'), given: { town: 'Paris' } }], 'Sorry.');
  await given().tenant.client.chat.completions.create(question);
  expect(tools().called).toEqual([]);
  expect(given().provider.asked[1]?.text).toContain('location');
});

test('the same call again is not run again, and a model that goes on so has to answer', async () => {
  given().provider.script = saying(
    [weatherIn('Paris')],
    [weatherIn('Paris', 'call_2')],
    [weatherIn('Paris', 'call_3')],
    'Sunny.',
  );
  const { data, response } = await given().tenant.client.chat.completions.create(question).withResponse();
  expect(data.choices[0]?.message.content).toBe('Sunny.');
  expect(tools().called).toHaveLength(1);
  expect(given().provider.asked.map(({ body }) => body['tool_choice'])).toEqual([
    undefined,
    undefined,
    undefined,
    'none',
  ]);
  expect((await runOf(response)).steps.flatMap(({ outcome }) => outcome ?? [])).toEqual([
    'answered',
    'repeated',
    'repeated',
  ]);
});

describe("beside the caller's own tools", () => {
  const both = { ...question, tools: [weather, ownTool] };

  test.each(['whole', 'streamed'])("a call of the caller's is the caller's, %s", async (how) => {
    given().provider.script = saying([{ id: 'call_9', name: 'note', given: {} }]);
    if (how === 'whole') {
      const { choices } = await given().tenant.client.chat.completions.create(both);
      expect(choices).toMatchObject([{ finish_reason: 'tool_calls', message: { tool_calls: [{ id: 'call_9' }] } }]);
    } else {
      const final = await given().tenant.client.chat.completions.stream(both).finalChatCompletion();
      expect(final.choices).toMatchObject([
        { finish_reason: 'tool_calls', message: { tool_calls: [{ id: 'call_9', function: { name: 'note' } }] } },
      ]);
    }
    expect(given().provider.asked).toHaveLength(1);
  });

  test.each(['whole', 'streamed'])(
    "with both in one answer only the caller's are told, and none is run, %s",
    async (how) => {
      given().provider.script = saying([weatherIn('Paris'), { id: 'call_9', name: 'note', given: {} }]);
      const { client } = given().tenant;
      const { choices } =
        how === 'whole'
          ? await client.chat.completions.create(both)
          : await client.chat.completions.stream(both).finalChatCompletion();
      expect(choices[0]?.message.tool_calls).toMatchObject([{ id: 'call_9' }]);
      expect(choices[0]?.message.tool_calls).toHaveLength(1);
      expect(tools().called).toEqual([]);
    },
  );
});

test('I8: what a tool brings is guarded like any input', async () => {
  const tenant = await tenantWith(given().gateway, { injection: { mode: 'block' } });
  tools().script = (response) => void response.end(JSON.stringify({ weather: attack }));
  given().provider.script = saying([weatherIn('Paris')], 'Never said.');
  const failed = tenant.client.chat.completions.create(question);
  await expect(failed).rejects.toMatchObject({ status: 400, code: 'prompt_injection' });
  expect(given().provider.asked).toHaveLength(1);
  const rows = await given().ledger(tenant.projectId);
  expect(rows).toHaveLength(2);
  for (const outcome of ['blocked', 'succeeded']) expect(rows).toContainEqual(expect.objectContaining({ outcome }));
});

test('I8: a secret that a tool brings does not get to the model', async () => {
  const tenant = await tenantWith(given().gateway, { redaction: { input: ['secrets'] } });
  tools().script = (response) => void response.end(JSON.stringify({ weather: canarySecret }));
  given().provider.script = saying([weatherIn('Paris')], 'Fine.');
  const { response } = await tenant.client.chat.completions.create(question).withResponse();
  expect(given().provider.asked[1]?.text).not.toContain(canarySecret);
  expect(response.headers.get('x-sluice-safety')).toBe('redacted');
});

test('a caller who leaves is not worked for any more: the tool that runs is the last', async () => {
  const tenant = await given().gateway.tenant();
  const leaving = new AbortController();
  tools().script = async (response) => {
    leaving.abort();
    await new Promise((later) => setTimeout(later, 20));
    response.end('{}');
  };
  given().provider.script = saying([weatherIn('Paris')], 'Never said.');
  const stream = await tenant.client.chat.completions.create({ ...question, stream: true }, { signal: leaving.signal });
  await expect(
    (async () => {
      for await (const _ of stream);
    })(),
  ).resolves.toBeUndefined();
  expect(await given().ledger(tenant.projectId)).toMatchObject([{ state: 'settled' }]);
  expect(given().provider.asked).toHaveLength(1);
});

test("a run of another project's tools is none: what is not registered for it is a 400", async () => {
  const other = await given().gateway.tenant();
  await registered(given().gateway, tools().url, { name: 'private', projects: [other.projectId] });
  const body = { ...question, tools: [{ type: 'function' as const, function: { name: 'sluice:private' } }] };
  await expect(given().tenant.client.chat.completions.create(body)).rejects.toMatchObject({
    status: 400,
    param: 'tools[0].function.name',
  });
  expect(given().provider.asked).toEqual([]);
});

test('THREATS 9: an answer that took a tool is not given again', async () => {
  given().provider.script = saying([weatherIn('Paris')], 'Sunny.', [weatherIn('Paris')], 'Rainy.');
  const ask = () => given().tenant.client.chat.completions.create(question, { headers: { 'x-sluice-cache': 'on' } });
  expect((await ask()).choices[0]?.message.content).toBe('Sunny.');
  await given().gateway.idle();
  expect((await ask()).choices[0]?.message.content).toBe('Rainy.');
});

test("what tools take is no time of the gateway's own", async () => {
  tools().script = (response) => {
    given().gateway.clock.nowMs += 5_000;
    response.end('{}');
  };
  given().provider.script = saying([weatherIn('Paris')], 'Sunny.');
  const { response } = await given().tenant.client.chat.completions.create(question).withResponse();
  expect(Number(response.headers.get('x-sluice-overhead-ms'))).toBeLessThan(1_000);
  expect(Number(response.headers.get('openai-processing-ms'))).toBeGreaterThanOrEqual(5_000);
});
