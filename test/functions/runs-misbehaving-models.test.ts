/** Runs of tools with models that call them otherwise than the documentation of chat completions has it. */
import { adminKey } from '../support/gateway.ts';
import { scene } from '../support/scene.ts';
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  type Script,
  stream,
  usage,
  usageChunk,
} from '../support/scripted-provider.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';
import { loopbackTools, registered, servedTools } from '../support/tool-server.ts';

const tools = servedTools();
const given = scene({ environment: loopbackTools });

beforeAll(async () => {
  await registered(given().gateway, tools().url);
});

const question = {
  model: 'test-model',
  messages: [{ role: 'user' as const, content: 'What is the weather?' }],
  tools: [{ type: 'function' as const, function: { name: 'sluice:get_weather' } }],
};
const ownTool = {
  type: 'function',
  function: { name: 'note', parameters: { type: 'object', properties: {} } },
} as const;

const call = (id: string | undefined, args: unknown, name = 'get_weather') => ({
  ...(id !== undefined && { id }),
  type: 'function',
  function: { name, arguments: args },
});
const calling = (calls: readonly unknown[], finish_reason: string | null = 'tool_calls') => ({
  ...completion(''),
  choices: [{ index: 0, message: { role: 'assistant', content: null, tool_calls: calls }, finish_reason }],
});
/** One thing after the other, whatever it is. */
const inTurn = (...scripts: readonly Script[]): Script => {
  let times = 0;
  return (response, asked) => scripts[Math.min(times++, scripts.length - 1)]?.(response, asked);
};
const ended = [frame(chunk({}, 'tool_calls')), frame(usageChunk(usage(10, 5))), done];
const role = frame(chunk({ role: 'assistant', content: null }));
const delta = (...calls: readonly unknown[]) => frame(chunk({ tool_calls: calls }));

const ask = () => given().tenant.client.chat.completions.create(question);
const final = () => given().tenant.client.chat.completions.stream(question).finalChatCompletion();
const locations = () => tools().called.map((called) => called.given['location']);
const asBytes = async () =>
  (
    await given()
      .tenant.client.chat.completions.create({ ...question, stream: true })
      .asResponse()
  ).text();

describe('calls', () => {
  test.each([
    ['without ids', undefined, undefined],
    ['with empty ids', '', ''],
    ['with the same id', 'call_0', 'call_0'],
  ])('%s are each run, and each has its own result', async (_, first, second) => {
    const calls = [call(first, '{"location":"Paris"}'), call(second, '{"location":"Lyon"}')];
    given().provider.script = inTurn(answer(calling(calls)), answer(completion('Fine.')));
    await ask();
    expect(locations().sort()).toEqual(['Lyon', 'Paris']);
    expect(new Set(tools().called.map(({ headers }) => headers['idempotency-key'])).size).toBe(2);
    const [, asked, ...results] = (given().provider.asked[1]?.body['messages'] ?? []) as Record<string, unknown>[];
    const ids = ((asked?.['tool_calls'] ?? []) as { id: string }[]).map(({ id }) => id);
    expect(ids).toHaveLength(2);
    expect(new Set(ids).size).toBe(2);
    expect(ids.every((id) => id !== '')).toBe(true);
    expect(results).toMatchObject([
      { tool_call_id: ids[0], content: expect.stringContaining('Paris') },
      { tool_call_id: ids[1], content: expect.stringContaining('Lyon') },
    ]);
  });

  test('whose arguments are JSON and not a text of it are run with them', async () => {
    given().provider.script = inTurn(
      answer(calling([call('call_1', { location: 'Paris' })])),
      answer(completion('Fine.')),
    );
    await ask();
    expect(locations()).toEqual(['Paris']);
  });

  test.each([
    ['without numbers', [call('a', '{"location":"Paris"}'), call('b', '{"location":"Lyon"}')]],
    [
      'with the same number each',
      [
        { index: 0, ...call('a', '{"location":"Paris"}') },
        { index: 0, ...call('b', '{"location":"Lyon"}') },
      ],
    ],
  ])('that come %s in a stream are each run', async (_, calls) => {
    given().provider.script = inTurn(stream([role, ...calls.map((one) => delta(one)), ...ended]), saying('Fine.'));
    expect((await final()).choices[0]?.message.content).toBe('Fine.');
    expect(locations().sort()).toEqual(['Lyon', 'Paris']);
  });

  test('that come whole, with the end of the answer and without a role, are run', async () => {
    const all = frame(chunk({ tool_calls: [{ index: 0, ...call('a', '{"location":"Paris"}') }] }, 'tool_calls'));
    given().provider.script = inTurn(stream([all, done]), saying('Fine.'));
    expect((await final()).choices[0]?.message).toMatchObject({ role: 'assistant', content: 'Fine.' });
    expect(locations()).toEqual(['Paris']);
  });

  test('that end with `stop` are run', async () => {
    given().provider.script = inTurn(
      answer(calling([call('a', '{"location":"Paris"}')], 'stop')),
      answer(completion('Fine.')),
    );
    expect((await ask()).choices[0]?.message.content).toBe('Fine.');
  });

  test("of the caller's own are told once, however often the answer ends", async () => {
    const own = delta({ index: 0, ...call('call_9', '{"text":"x"}', 'note') });
    given().provider.script = stream([role, own, frame(chunk({}, 'tool_calls')), ...ended]);
    const body = { ...question, tools: [...question.tools, ownTool] };
    const told = await given().tenant.client.chat.completions.stream(body).finalChatCompletion();
    expect(told.choices[0]?.message.tool_calls).toMatchObject([
      { id: 'call_9', function: { arguments: '{"text":"x"}' } },
    ]);
  });
});

describe('an answer that was cut off', () => {
  test.each(['length', 'content_filter'])('by %s calls nothing, whole', async (reason) => {
    given().provider.script = answer(calling([call('a', '{"location":"Paris"}'), call('b', '')], reason));
    const { choices } = await ask();
    expect(choices).toMatchObject([{ finish_reason: reason }]);
    expect(choices[0]?.message.tool_calls).toBeUndefined();
    expect(tools().called).toEqual([]);
  });

  test('calls nothing, as a stream', async () => {
    const called = delta({ index: 0, ...call('a', '{"location":"Paris"}') });
    given().provider.script = stream([role, called, frame(chunk({}, 'length')), done]);
    expect(await asBytes()).toContain('"finish_reason":"length"');
    expect(tools().called).toEqual([]);
  });
});

test('what says nothing of the answer does not end it: a chunk without choices', async () => {
  const empty = frame({ id: '', object: 'chat.completion.chunk', model: '' });
  given().provider.script = inTurn(
    stream([empty, role, delta({ index: 0, ...call('a', '{"location":"Paris"}') }), ...ended]),
    saying('Fine.'),
  );
  const text = await asBytes();
  expect(text).toContain('Fine.');
  expect(text.trimEnd().endsWith('[DONE]')).toBe(true);
});

test('a later answer that breaks off ends the stream with an error, without [DONE], and the run has failed (I7)', async () => {
  given().provider.script = inTurn(
    saying([weatherIn('Paris')]),
    stream([role, frame(chunk({ content: 'It' }))], { thenCut: true }),
  );
  const { data, response } = await given()
    .tenant.client.chat.completions.create({ ...question, stream: true })
    .withResponse();
  const read = async () => {
    for await (const _ of data);
  };
  await expect(read()).rejects.toMatchObject({ code: expect.stringContaining('upstream') });
  await given().gateway.idle();
  const run = await given()
    .gateway.admin()
    .get(`/organization/runs/${response.headers.get('x-sluice-run-id')}`, {
      headers: { authorization: `Bearer ${adminKey}` },
    });
  expect(run).toMatchObject({ status: 'failed', failure: expect.stringContaining('upstream') });
});

test('once a tool was run, the SDK does not begin all over where a later question fails', async () => {
  given().provider.script = inTurn(
    answer(calling([call('a', '{"location":"Paris"}')])),
    answer({ error: { message: 'x' } }, 500),
  );
  const client = given().tenant.client.withOptions({ maxRetries: 2 });
  await expect(client.chat.completions.create(question)).rejects.toMatchObject({ status: 502 });
  expect(tools().called).toHaveLength(1);
});

test('what is allowed to be called stays so', async () => {
  given().provider.script = saying([weatherIn('Paris')], 'Fine.');
  const allowed = {
    mode: 'required' as const,
    tools: [{ type: 'function', function: { name: 'sluice:get_weather' } }],
  };
  await given().tenant.client.chat.completions.create({
    ...question,
    tools: [...question.tools, ownTool],
    tool_choice: { type: 'allowed_tools', allowed_tools: allowed },
  });
  expect(given().provider.asked[1]?.body['tool_choice']).toEqual({
    type: 'allowed_tools',
    allowed_tools: { mode: 'auto', tools: [{ type: 'function', function: { name: 'get_weather' } }] },
  });
});

test('a call that was one too many at the same time is run when it is made again', async () => {
  const many = Array.from({ length: 17 }, (_, index) => weatherIn(`town ${index}`, `call_${index}`));
  given().provider.script = saying(many, [weatherIn('town 16', 'call_again')], 'Fine.');
  await ask();
  expect(locations()).toHaveLength(17);
  expect(locations().at(-1)).toBe('town 16');
});
