/** A chat completion that comes bit by bit, as the events of a response. */
import fc from 'fast-check';
import { zodTextFormat } from 'openai/helpers/zod';
import type { Response, ResponseOutputItem, ResponseStreamEvent } from 'openai/resources/responses/responses';
import { z } from 'zod';
import { GatewayError } from '../../../shared/errors.ts';
import { translation } from '../../../shared/responses/translation.ts';
import { chunk, completion, done, frame, spoken, usage, usageChunk } from '../../support/scripted-provider.ts';
import { anyCuts, cutAt, joined, pieces } from '../streaming/pieces.ts';
import { askingFor, chatProvider, clientOf } from './chat-provider.ts';

const streamed = async (...given: (string | Error)[]): Promise<string> => {
  const { chunks } = await chatProvider({ chunks: pieces(...given) }).translated.stream(askingFor({ stream: true }));
  return joined(chunks);
};

const eventsIn = (text: string): ResponseStreamEvent[] =>
  text
    .split('\n\n')
    .filter((one) => one !== '')
    .map((one) => {
      const [, name, data] = /^event: (.*)\ndata: (.*)$/.exec(one) ?? [];
      const event = JSON.parse(String(data));
      if (event.type !== name) throw new Error(`${event.type} is called ${name}`);
      return event;
    });

const events = async (...given: (string | Error)[]) => eventsIn(await streamed(...given));
const typesIn = (all: readonly ResponseStreamEvent[]) => all.map(({ type }) => type.replace('response.', ''));

const says = (content: string) => frame(chunk({ content }));
const finish = (reason = 'stop') => frame(chunk({}, reason));
const call = (index: number | null, more: Record<string, unknown>) =>
  frame(chunk({ tool_calls: [{ ...(index !== null && { index }), ...more }] }));
const named = (name: string, args = '') => ({ function: { name, arguments: args } });
const args = (text: string) => ({ function: { arguments: text } });

const last = (all: readonly ResponseStreamEvent[]): Response => {
  const event = all.at(-1);
  if (event?.type !== 'response.completed' && event?.type !== 'response.incomplete') throw new Error('it has no end');
  return event.response;
};
const callsIn = ({ output }: Pick<Response, 'output'>) =>
  output.flatMap((item) => (item.type === 'function_call' ? [[item.call_id, item.name, item.arguments]] : []));

describe('the events', () => {
  test('of a text come in the order that is documented, and are numbered', async () => {
    const all = await events(...spoken(['Hello', ' there'], usage(10, 2)));
    expect(typesIn(all)).toEqual([
      ...['created', 'in_progress', 'output_item.added', 'content_part.added'],
      ...['output_text.delta', 'output_text.delta', 'output_text.done', 'content_part.done'],
      ...['output_item.done', 'completed'],
    ]);
    expect(all.map(({ sequence_number }) => sequence_number)).toEqual(all.map((_, index) => index));
    expect(all[0]).toMatchObject({ response: { id: 'resp_1', status: 'in_progress', output: [], usage: null } });
    expect(last(all)).toMatchObject({
      status: 'completed',
      model: 'scripted',
      output: [{ type: 'message', status: 'completed', content: [{ text: 'Hello there' }] }],
      usage: { input_tokens: 10, output_tokens: 2, total_tokens: 12 },
    });
  });

  test('of reasoning, a refusal and calls end each item before the next, but calls, which end together', async () => {
    const all = await events(
      frame(chunk({ role: 'assistant', reasoning_content: 'Hm' })),
      frame(chunk({ reasoning_content: '.' })),
      says('I'),
      frame(chunk({ refusal: 'No.' })),
      call(0, { id: 'a', type: 'function', ...named('f') }),
      call(0, args('{}')),
      call(1, { id: 'b', type: 'custom', custom: { name: 'g', input: 'x' } }),
      finish('tool_calls'),
      done,
    );
    expect(typesIn(all)).toEqual([
      ...['created', 'in_progress'],
      ...['output_item.added', 'content_part.added', 'reasoning_text.delta', 'reasoning_text.delta'],
      ...['reasoning_text.done', 'content_part.done', 'output_item.done'],
      ...['output_item.added', 'content_part.added', 'output_text.delta', 'output_text.done', 'content_part.done'],
      ...['content_part.added', 'refusal.delta', 'refusal.done', 'content_part.done', 'output_item.done'],
      ...['output_item.added', 'function_call_arguments.delta', 'output_item.added', 'custom_tool_call_input.delta'],
      ...['function_call_arguments.done', 'output_item.done', 'custom_tool_call_input.done', 'output_item.done'],
      'completed',
    ]);
  });

  test.each([
    ['length', 'max_output_tokens'],
    ['content_filter', 'content_filter'],
  ])('end incomplete where the answer was cut off: %s', async (reason, why) => {
    const all = await events(says('Par'), finish(reason), done);
    expect(all.at(-1)).toMatchObject({
      type: 'response.incomplete',
      response: { status: 'incomplete', incomplete_details: { reason: why }, output: [{ status: 'incomplete' }] },
    });
  });

  test('hold probabilities with the pieces that they are of, and all together', async () => {
    const logprob = (token: string) => ({ token, bytes: [97], logprob: -0.1, top_logprobs: [] });
    const piece = (token: string) => {
      const said = chunk({ content: token });
      return frame({ ...said, choices: [{ ...said.choices[0], logprobs: { content: [logprob(token)] } }] });
    };
    const all = await events(piece('a'), piece('b'), finish(), done);
    expect(all.filter(({ type }) => type === 'response.output_text.delta')).toMatchObject([
      { delta: 'a', logprobs: [logprob('a')] },
      { delta: 'b', logprobs: [logprob('b')] },
    ]);
    expect(last(all).output).toMatchObject([{ content: [{ logprobs: [logprob('a'), logprob('b')] }] }]);
  });

  test('have no empty message behind one that was followed by reasoning', async () => {
    const all = await events(says('a'), frame(chunk({ reasoning: 'Hm.' })), finish(), done);
    expect(last(all).output.map(({ type }) => type)).toEqual(['message', 'reasoning']);
  });

  test('are of one model, whatever later chunks say, and end for the reason that was given', async () => {
    const renamed = { ...chunk({}, ''), model: 'other' };
    const all = await events(says('a'), finish('length'), frame(renamed), done);
    expect(last(all)).toMatchObject({ model: 'scripted', status: 'incomplete' });
  });

  test('are of the one choice that there is', async () => {
    const other = { ...chunk({}), choices: [{ index: 1, delta: { content: 'other' }, finish_reason: 'stop' }] };
    expect(last(await events(frame(other), says('a'), finish(), done)).output).toMatchObject([
      { content: [{ text: 'a' }] },
    ]);
  });
});

describe('calls of tools, as providers cut them up', () => {
  const ends = [finish('tool_calls'), done];
  const both = [
    ['a', 'f', '{"x":1}'],
    ['b', 'g', '{"y":2}'],
  ];
  test.each<[string, string[]]>([
    [
      'by index, one after the other',
      [
        ...[call(0, { id: 'a', ...named('f') }), call(0, args('{"x"')), call(0, args(':1}'))],
        ...[call(1, { id: 'b', ...named('g') }), call(1, args('{"y":2}'))],
      ],
    ],
    [
      'by index, mixed',
      [
        ...[call(0, { id: 'a', ...named('f') }), call(1, { id: 'b', ...named('g') })],
        ...[call(1, args('{"y"')), call(0, args('{"x"')), call(0, args(':1}')), call(1, args(':2}'))],
      ],
    ],
    [
      'each in one piece',
      [call(0, { id: 'a', ...named('f', '{"x":1}') }), call(1, { id: 'b', ...named('g', '{"y":2}') })],
    ],
    [
      'all in one chunk',
      [
        frame(
          chunk({
            tool_calls: [
              { index: 0, id: 'a', ...named('f', '{"x":1}') },
              { index: 1, id: 'b', ...named('g', '{"y":2}') },
            ],
          }),
        ),
      ],
    ],
    [
      'without an index',
      [
        ...[call(null, { id: 'a', ...named('f', '{"x"') }), call(null, args(':1}'))],
        ...[call(null, { id: 'b', ...named('g') }), call(null, { id: 'b', ...args('{"y":2}') })],
      ],
    ],
    [
      'all at index 0',
      [call(0, { id: 'a', ...named('f', '{"x":1}') }), call(0, { id: 'b', ...named('g', '{"y":2}') })],
    ],
    [
      'with the id and the name on every piece',
      [
        ...[call(0, { id: 'a', ...named('f', '{"x"') }), call(0, { id: 'a', ...named('f', ':1}') })],
        call(1, { id: 'b', ...named('g', '{"y":2}') }),
      ],
    ],
    [
      'with another id on every piece',
      [
        ...[call(0, { id: 'a', ...named('f', '{"x"') }), call(0, { id: 'z', ...args(':1}') })],
        call(1, { id: 'b', ...named('g', '{"y":2}') }),
      ],
    ],
    [
      'with an empty id and name on later pieces',
      [
        ...[call(0, { id: 'a', ...named('f', '{"x"') }), call(0, { id: '', ...named('', ':1}') })],
        call(1, { id: 'b', ...named('g', '{"y":2}') }),
      ],
    ],
    [
      'with the name after the arguments',
      [
        ...[call(0, { id: 'a', ...args('{"x"') }), call(0, named('f', ':1}'))],
        call(1, { id: 'b', ...named('g', '{"y":2}') }),
      ],
    ],
    [
      'with nothing in some',
      [
        ...[
          call(0, { id: 'a', ...named('f', '{"x":1}') }),
          frame(chunk({ tool_calls: [null] })),
          frame(chunk({ tool_calls: null })),
        ],
        call(1, { id: 'b', ...named('g', '{"y":2}') }),
      ],
    ],
  ])('%s', async (_, given) => {
    const all = await events(...given, ...ends);
    expect(callsIn(last(all))).toEqual(both);
    const pieces = new Map<string, string>();
    for (const event of all) {
      if (event.type !== 'response.function_call_arguments.delta') continue;
      pieces.set(event.item_id, (pieces.get(event.item_id) ?? '') + event.delta);
    }
    expect([...pieces.values()].sort()).toEqual(both.map(([, , json]) => json));
  });

  test('get an id where they have none, and {} where they have no arguments', async () => {
    const all = await events(call(0, named('f')), ...ends);
    expect(callsIn(last(all))).toEqual([['call_1000', 'f', '{}']]);
    expect(typesIn(all)).toContain('function_call_arguments.delta');
  });

  test('without an index belong to the call of their id, not to the last', async () => {
    const given = [
      ...[call(null, { id: 'a', ...named('f', '{"x"') }), call(null, { id: 'b', ...named('g', '{"y":2}') })],
      call(null, { id: 'a', ...args(':1}') }),
    ];
    expect(callsIn(last(await events(...given, ...ends)))).toEqual(both);
  });

  test('to tools that take any text may have none', async () => {
    const all = await events(call(0, { id: 'a', custom: { name: 'sql', input: '' } }), ...ends);
    expect(last(all).output).toMatchObject([{ type: 'custom_tool_call', input: '' }]);
  });

  test('that were cut off leave the last one incomplete, and no other', async () => {
    const given = [call(0, { id: 'a', ...named('f', '{}') }), call(1, { id: 'b', ...named('g', '{"y') })];
    expect(last(await events(...given, finish('length'), done)).output).toMatchObject([
      { call_id: 'a', status: 'completed', arguments: '{}' },
      { call_id: 'b', status: 'incomplete', arguments: '{"y' },
    ]);
  });

  test('without a name are no answer', async () => {
    await expect(streamed(call(0, { id: 'a', ...args('{}') }), ...ends)).rejects.toMatchObject({
      why: 'upstream_error',
    });
  });
});

describe('an end', () => {
  test.each([
    ['is [DONE]', [says('a'), finish(), done]],
    ['may lack [DONE], once the choice has ended', [says('a'), finish()]],
    ['may lack a reason, with [DONE]', [says('a'), done]],
    ['may have an empty reason before it', [frame(chunk({ content: 'a' }, '')), finish(), done]],
    ['may have anything behind it', [says('a'), finish(), done, says('b'), frame({ error: {} }), new Error('reset')]],
    ['may have its lines end otherwise', [(says('a') + finish() + done).replaceAll('\n', '\r\n')]],
    ['may have comments before it', [': hello\n\n', says('a'), ': still here\n\n', finish(), done]],
  ])('%s', async (_, given) => {
    const all = await events(...given);
    expect(typesIn(all).filter((type) => type === 'completed')).toHaveLength(1);
    expect(last(all).output).toMatchObject([{ content: [{ text: 'a' }] }]);
  });

  test('is given up where the provider does not close after it', async () => {
    let closed: () => void = () => {};
    const chunks = (async function* () {
      yield Buffer.from(spoken(['a']).join(''));
      await new Promise<void>((resolve) => {
        closed = resolve;
      });
    })();
    const { translated, events: seen } = chatProvider({ chunks });
    const answer = await translated.stream(askingFor());
    const reading = joined(answer.chunks);
    while (seen.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    closed();
    expect(last(eventsIn(await reading)).status).toBe('completed');
  });
});

describe('a failure', () => {
  const gatewayError = new GatewayError('upstream_idle_timeout');
  test.each<[string, (string | Error)[], string]>([
    ['nothing at all', [], 'upstream_error'],
    ['the end alone', [done], 'upstream_error'],
    ['comments alone', [': hello\n\n'], 'upstream_error'],
    ['an error', [frame({ error: { message: 'x' } })], 'upstream_error'],
    ['an error by name', ['event: error\ndata: {}\n\n'], 'upstream_error'],
    ['no JSON', ['data: {"choices\n\n'], 'upstream_error'],
    ['a choice that failed', [finish('error')], 'upstream_error'],
    ['silence', [gatewayError], 'upstream_idle_timeout'],
  ])('before the first event rejects the call (I7): %s', async (_, given, why) => {
    const { translated } = chatProvider({ chunks: pieces(...given) });
    await expect(translated.stream(askingFor())).rejects.toMatchObject({ why });
  });

  test.each<[string, (string | Error)[], string]>([
    ['a close before the end', [], 'upstream_error'],
    ['an error', [frame({ error: { message: 'x' } })], 'upstream_error'],
    ['silence', [gatewayError], 'upstream_idle_timeout'],
    ['half a frame', ['data: {"choi'], 'upstream_error'],
  ])('after it is thrown behind what has been said: %s', async (_, given, why) => {
    const { chunks } = await chatProvider({ chunks: pieces(says('a'), ...given) }).translated.stream(askingFor());
    const read: Uint8Array[] = [];
    const reading = (async () => {
      for await (const bytes of chunks) read.push(bytes);
    })();
    await expect(reading).rejects.toMatchObject({ why });
    expect(typesIn(eventsIn(Buffer.concat(read).toString()))).not.toContain('completed');
  });

  test('whoever leaves closes the provider’s stream', async () => {
    let closed = false;
    const chunks = (async function* () {
      try {
        for (;;) yield Buffer.from(says('a'));
      } finally {
        closed = true;
      }
    })();
    const answer = await chatProvider({ chunks }).translated.stream(askingFor());
    for await (const _ of answer.chunks) break;
    expect(closed).toBe(true);
  });
});

/** What models say, in the order in which OpenAI's do. */
const word = fc.string({
  unit: fc.constantFrom('a', 'é', '😀', ' ', '"', '\\', '\n', '[DONE]', 'data: ', '\r\n', '\n\n'),
});
const anyAnswer = fc.record({
  reasoning: fc.array(word, { maxLength: 3 }),
  words: fc.array(word, { maxLength: 5 }),
  refusal: fc.array(word, { maxLength: 2 }),
  calls: fc.array(fc.record({ name: fc.constantFrom('f', 'g'), pieces: fc.array(word, { maxLength: 3 }) }), {
    maxLength: 3,
  }),
  order: fc.array(fc.nat(20), { maxLength: 9 }),
  finish: fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls'),
  counted: fc.boolean(),
});

type Answer = typeof anyAnswer extends fc.Arbitrary<infer Value> ? Value : never;

/** The pieces of the calls, mixed as told; those of one call stay in their order. */
function mixed({ calls, order }: Answer): string[] {
  const queues = calls.map(({ pieces }, index) => pieces.map((text) => call(index, args(text))));
  const begun = calls.map(({ name }, index) => call(index, { id: `call_${index}`, type: 'function', ...named(name) }));
  const first = order.flatMap((at) => queues[at % Math.max(1, queues.length)]?.shift() ?? []);
  return [...begun, ...first, ...queues.flat()];
}

const streamOf = (answer: Answer): string =>
  [
    frame(chunk({ role: 'assistant', content: '' })),
    ...answer.reasoning.map((reasoning) => frame(chunk({ reasoning }))),
    ...answer.words.map((content) => says(content)),
    ...answer.refusal.map((refusal) => frame(chunk({ refusal }))),
    ...mixed(answer),
    finish(answer.finish),
    ...(answer.counted ? [frame(usageChunk(usage(3, 4)))] : []),
    done,
  ].join('');

const wholeOf = ({ reasoning, words, refusal, calls, finish: finish_reason, counted }: Answer) => {
  const tool_calls = calls.map(({ name, pieces }, index) => ({
    id: `call_${index}`,
    type: 'function',
    ...named(name, pieces.join('')),
  }));
  const message = { reasoning: reasoning.join(''), content: words.join(''), refusal: refusal.join(''), tool_calls };
  return { ...completion(''), choices: [{ index: 0, message, finish_reason }], usage: counted ? usage(3, 4) : null };
};

test('a stream, put together by the SDK, is the whole answer, wherever it was cut', async () => {
  await fc.assert(
    fc.asyncProperty(anyAnswer, anyCuts, async (answer, cuts) => {
      const { translated } = chatProvider({ chunks: cutAt(Buffer.from(streamOf(answer)), cuts) });
      const stream = clientOf(translated).responses.stream({ model: 'm', input: 'Hi' });
      const seen = new Map<number, ResponseOutputItem>();
      stream.on('event', (event) => {
        if (event.type === 'response.output_item.done') seen.set(event.output_index, event.item);
      });
      const { output_text, ...final } = await stream.finalResponse();
      const made = { id: 'resp_1', createdAt: final.created_at, completedAt: final.created_at };
      const expected = translation.responseOf(wholeOf(answer), { model: 'm', input: 'Hi' }, made);
      expect(withoutParsed(final)).toEqual(expected);
      expect(output_text).toBe(answer.words.join(''));
      expect(withoutParsed([...seen.values()])).toEqual(expected?.['output']);
    }),
    { numRuns: 60 },
  );
});

/** What the SDK adds of its own. */
const withoutParsed = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, (name, member) =>
      /^(parsed|parsed_arguments|output_parsed|_request_id)$/.test(name) ? undefined : member,
    ),
  );

describe('the SDK', () => {
  test('iterates over the events', async () => {
    const { translated, asked } = chatProvider({ chunks: pieces(...spoken(['Hello', ' there'])) });
    const stream = await clientOf(translated).responses.create({ model: 'm', input: 'Hi', stream: true });
    let text = '';
    for await (const event of stream) if (event.type === 'response.output_text.delta') text += event.delta;
    expect(text).toBe('Hello there');
    expect(asked[0]?.body).toMatchObject({ stream: true, stream_options: { include_usage: true } });
    expect(asked[0]?.headers).toEqual(askingFor().headers);
  });

  test('parses a structured answer that comes as a stream', async () => {
    const format = zodTextFormat(z.object({ capital: z.string() }), 'capital');
    const { translated } = chatProvider({ chunks: pieces(...spoken(['{"capital":', '"Paris"}'])) });
    const stream = clientOf(translated).responses.stream({ model: 'm', input: 'Hi', text: { format } });
    expect((await stream.finalResponse()).output_parsed).toEqual({ capital: 'Paris' });
  });

  test('parses arguments that come as a stream', async () => {
    const tool = { type: 'function' as const, name: 'f', strict: true, parameters: { type: 'object', properties: {} } };
    const given = [call(0, { id: 'a', ...named('f', '{"x"') }), call(0, args(':1}')), finish('tool_calls'), done];
    const { translated } = chatProvider({ chunks: pieces(...given) });
    const stream = clientOf(translated).responses.stream({ model: 'm', input: 'Hi', tools: [tool] });
    expect((await stream.finalResponse()).output).toMatchObject([{ call_id: 'a', parsed_arguments: { x: 1 } }]);
  });
});

test('what is in the hands of the provider takes no more time than it is long', async () => {
  const many = <Value>(value: (index: number) => Value) => Array.from({ length: 5_000 }, (_, index) => value(index));
  const thoughts = many((index) => frame(chunk(index % 2 === 0 ? { reasoning: 'a' } : { content: 'b' })));
  const calls = many((index) => call(index, { id: 'a', ...named('f', '{}') }));
  const startedAt = performance.now();
  const all = await events(...thoughts, ...calls, finish(), done);
  expect(performance.now() - startedAt).toBeLessThan(20_000);
  expect(last(all).output).toHaveLength(10_000);
});
