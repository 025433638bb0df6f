/** Where runs of tools meet what else the gateway does: fallback messages, leaving callers, hostile arguments, ids of providers. */
import { setTimeout as sleep } from 'node:timers/promises';
import { zodResponseFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { adminKey, baseURL, oneProvider } from '../support/gateway.ts';
import { askedOfResponses, question, runScene } from '../support/run-scene.ts';
import { answer, completion, refusal, type Script, spoken, stream } from '../support/scripted-provider.ts';
import {
  begun,
  calledEvents,
  completed,
  eventFrame,
  eventFrames,
  functionCall,
  respondedEvents,
  response,
  responseUsage,
} from '../support/scripted-responses.ts';
import { saying, weatherIn } from '../support/tool-answers.ts';

const { given, tools } = runScene((url) => {
  const config = oneProvider(url);
  return { ...config, resilience: { ...config.resilience, fallbackMessage: 'Ask again later.' } };
});

const inTurn = (...scripts: readonly Script[]): Script => {
  let times = 0;
  return (reply, question) => scripts[Math.min(times++, scripts.length - 1)]?.(reply, question);
};
const paris = '{"location":"Paris"}';

test.each(['whole', 'streamed'])(
  'where nobody answers any more, the fallback message ends the run, %s',
  async (how) => {
    given().provider.script = inTurn(saying([weatherIn('Paris')]), refusal(500, { message: 'x' }));
    const { completions } = given().tenant.client.chat;
    const { choices } =
      how === 'whole' ? await completions.create(question) : await completions.stream(question).finalChatCompletion();
    expect(choices).toMatchObject([{ message: { role: 'assistant', content: 'Ask again later.' } }]);
    expect(tools().called).toHaveLength(1);
  },
);

test('a fallback message in a stream is of the same completion as what came before', async () => {
  given().provider.script = inTurn(saying([weatherIn('Paris')]), refusal(500, { message: 'x' }));
  const body = { ...question, stream: true as const, stream_options: { include_usage: true } };
  const chunks = [];
  for await (const chunk of await given().tenant.client.chat.completions.create(body)) chunks.push(chunk);
  expect(new Set(chunks.map(({ id }) => id)).size).toBe(1);
  expect(chunks.filter(({ choices }) => choices[0]?.delta.role)).toHaveLength(1);
  expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 5 });
});

test.each([
  ['no JSON', '{"location":'],
  ['a list', '["Paris"]'],
  ['deep', '['.repeat(200_000)],
  ['huge', JSON.stringify({ location: 'a'.repeat(1_000_000) })],
])('arguments that are %s call nothing, and the model is told', async (_, given_) => {
  given().provider.script = saying([{ ...weatherIn('x'), given: given_ }], 'Sorry.');
  const { choices } = await given().tenant.client.chat.completions.create(question);
  expect(choices[0]?.message.content).toBe('Sorry.');
  expect(tools().called).toEqual([]);
});

describe.each([
  ['while the model begins to answer', 1],
  ['while the tool runs', 2],
  ['while the last answer comes', 3],
] as const)('a caller who leaves %s', (_, when) => {
  test.each(['chat', 'responses'])('leaves nothing open, and no more is begun, of %s', async (kind) => {
    const tenant = await given().gateway.tenant();
    const leaving = new AbortController();
    const leave = async (at: number) => {
      if (at === when) leaving.abort();
      await sleep(15);
    };
    tools().script = async (reply) => {
      await leave(2);
      reply.end('{}');
    };
    const called =
      kind === 'chat'
        ? saying([weatherIn('Paris')])
        : stream(
            eventFrames([
              ...begun,
              ...calledEvents('get_weather', [paris]),
              completed([functionCall('get_weather', paris)], responseUsage(10, 5)),
            ]),
          );
    const last = stream(kind === 'chat' ? spoken(['It', ' is']) : respondedEvents(['It', ' is']));
    given().provider.script = inTurn(
      async (reply, question) => {
        await called(reply, question);
        await leave(1);
      },
      async (reply, question) => {
        await leave(3);
        await last(reply, question);
      },
    );
    const options = { signal: leaving.signal };
    const read = async () => {
      const events =
        kind === 'chat'
          ? await tenant.client.chat.completions.create({ ...question, stream: true }, options)
          : await tenant.client.responses.create({ ...askedOfResponses, stream: true }, options);
      for await (const _event of events as AsyncIterable<unknown>);
    };
    await read().catch(() => undefined);
    const rows = await given().ledger(tenant.projectId);
    for (const row of rows) expect(row.state).toBe('settled');
    expect(rows.length).toBeLessThanOrEqual(when === 3 ? 2 : when);
    expect(given().gateway.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('responses of a provider', () => {
  test('that gives an item another id in each event are told of under one', async () => {
    let count = 0;
    const events = [
      ...begun,
      ...calledEvents('get_weather', ['{"location":', '"Paris"}']).map((event) => ({
        ...event,
        ...('item_id' in event && { item_id: `other_${++count}` }),
      })),
      completed([functionCall('get_weather', paris)], responseUsage(10, 5)),
    ];
    given().provider.script = inTurn(stream(eventFrames(events)), stream(respondedEvents(['Sunny.'])));
    const types: string[] = [];
    const ids = new Set<string>();
    for await (const event of await given().tenant.client.responses.create({ ...askedOfResponses, stream: true })) {
      types.push(event.type);
      if (event.type.startsWith('response.mcp_call') && 'item_id' in event) ids.add(event.item_id);
    }
    expect(types.filter((type) => type.startsWith('response.function_call'))).toEqual([]);
    expect(ids.size).toBe(1);
  });

  test.each(['whole', 'streamed'])('that were cut off call nothing, %s', async (how) => {
    const cut = response('incomplete', [functionCall('get_weather', paris, 'incomplete')], {
      incomplete_details: { reason: 'max_output_tokens' },
      usage: responseUsage(10, 5),
    });
    const called = calledEvents('get_weather', [paris]);
    given().provider.script =
      how === 'whole'
        ? answer(cut)
        : stream([
            ...eventFrames([...begun, ...called]),
            eventFrame({ type: 'response.incomplete', sequence_number: 99, response: cut }),
          ]);
    const { responses } = given().tenant.client;
    const bytes = await (
      await responses.create({ ...askedOfResponses, stream: how === 'streamed' }).asResponse()
    ).text();
    expect(bytes).toContain('"status":"incomplete"');
    expect(bytes).toContain('It was not run.');
    expect(tools().called).toEqual([]);
  });
});

test('an answer without tools is put right however long its request took', async () => {
  const { provider, tenant, gateway } = given();
  provider.script = inTurn(
    (reply, question) => {
      gateway.clock.nowMs += 125_000;
      return answer(completion('no JSON'))(reply, question);
    },
    answer(completion('{"weather":"sunny"}')),
  );
  const { choices } = await tenant.client.chat.completions.create({
    model: 'test-model',
    messages: question.messages,
    response_format: zodResponseFormat(z.object({ weather: z.string() }), 'weather'),
  });
  expect(choices[0]?.message.content).toBe('{"weather":"sunny"}');
});

test('a run whose caller has left is not told of as one that was completed', async () => {
  const leaving = new AbortController();
  tools().script = async (reply) => {
    leaving.abort();
    await sleep(20);
    reply.end('{}');
  };
  given().provider.script = saying([weatherIn('Paris')], 'Never said.');
  const { data, response: headers } = await given()
    .tenant.client.chat.completions.create({ ...question, stream: true }, { signal: leaving.signal })
    .withResponse();
  const read = async () => {
    for await (const _ of data);
  };
  await read().catch(() => undefined);
  await given().gateway.idle();
  const run = await given().gateway.fetch(`${baseURL}/organization/runs/${headers.headers.get('x-sluice-run-id')}`, {
    headers: { authorization: `Bearer ${adminKey}` },
  });
  expect(await run.json()).toMatchObject({ status: 'cancelled', failure: null });
});
