import { functionOf } from '../../../shared/runs/chat-calls.ts';
import { chatDialect, messageIn } from '../../../shared/runs/chat-dialect.ts';
import { sampleTool } from '../tools/sample-tool.ts';

const tools = new Map([['get_weather', sampleTool()]]);

const call = (id: string, name: string, given = '{}') => ({
  id,
  type: 'function',
  function: { name, arguments: given },
});
const saying = (message: object) => ({
  id: 'chatcmpl_1',
  choices: [{ index: 0, finish_reason: 'tool_calls', message }],
});
const calling = (...calls: readonly object[]) => saying({ role: 'assistant', content: null, tool_calls: calls });

describe('calls in a completion', () => {
  test("are the gateway's where it has a tool of that name", () => {
    const answer = calling(call('call_1', 'get_weather', '{"location":"Paris"}'), call('call_2', 'get_weather'));
    expect(chatDialect.callsIn(answer, tools)).toMatchObject({
      own: [
        { id: 'call_1', name: 'get_weather', argumentsText: '{"location":"Paris"}' },
        { id: 'call_2', name: 'get_weather', argumentsText: '{}' },
      ],
      others: false,
    });
  });

  test("are its caller's otherwise, also beside the gateway's", () => {
    const { own, others } = chatDialect.callsIn(
      calling(call('call_1', 'get_time'), call('call_2', 'get_weather')),
      tools,
    );
    expect(own.map(({ id }) => id)).toEqual(['call_2']);
    expect(others).toBe(true);
  });

  test.each([
    ['an answer without choices', {}],
    ['choices that are none', { choices: 7 }],
    ['no choice', { choices: [] }],
    ['a choice without a message', { choices: [{}] }],
    ['a message that is text', { choices: [{ message: 'text' }] }],
    ['a message that is a list', { choices: [{ message: [] }] }],
    ['a message without calls', saying({ content: 'It is sunny.' })],
    ['calls that are none', saying({ tool_calls: 'x' })],
    ['calls that are no objects', saying({ tool_calls: [null, 7, []] })],
  ])('are none in %s', (_, answer) => {
    expect(chatDialect.callsIn(answer, tools)).toEqual({ own: [], others: false });
  });

  test.each([
    ['no function', {}],
    ['a function that is text', { function: 'get_weather' }],
    ['a name that is a number', { function: { name: 7 } }],
  ])("with %s are nothing that the gateway could run, and so its caller's", (_, odd) => {
    expect(chatDialect.callsIn(calling({ id: 'call_1', ...odd }), tools)).toEqual({ own: [], others: true });
  });

  test('without an id get one, and arguments that are JSON become a text', () => {
    const odd = { id: 7, function: { name: 'get_weather', arguments: { location: 'Paris' } } };
    expect(chatDialect.callsIn(calling(odd), tools).own).toEqual([
      { id: 'call_0_of_this_answer', name: 'get_weather', argumentsText: '{"location":"Paris"}' },
    ]);
    expect(functionOf({})).toEqual({ name: '', argumentsText: '' });
  });

  test("are not the gateway's to run in an answer that was cut off: it may have half of one", () => {
    const [choice] = calling(call('call_1', 'get_weather')).choices;
    const cut = (reason: string) => ({ choices: [{ ...choice, finish_reason: reason }] });
    expect(chatDialect.callsIn(cut('length'), tools)).toEqual({ own: [], others: false });
    expect(chatDialect.callsIn(cut('stop'), tools).own).toHaveLength(1);
  });

  test('are those of the first choice', () => {
    const { choices } = calling(call('call_1', 'get_weather'));
    expect(messageIn({ choices: [...choices, { message: { content: 'other' } }] })).toEqual(choices[0]?.message);
  });
});

describe('a completion as its caller sees it', () => {
  test("has its own calls and none of the gateway's", () => {
    const mine = call('call_1', 'get_time');
    expect(chatDialect.shown(calling(call('call_2', 'get_weather'), mine), tools)).toEqual(calling(mine));
  });

  test("has no list of calls where all were the gateway's", () => {
    const shown = chatDialect.shown(calling(call('call_2', 'get_weather')), tools);
    expect(messageIn(shown)).toStrictEqual({ role: 'assistant', content: null });
  });

  test('is the very same where the gateway has no tool in the request', () => {
    const answer = calling(call('call_1', 'get_weather'));
    expect(chatDialect.shown(answer, new Map())).toBe(answer);
  });

  test('keeps all else of itself and of its choices', () => {
    const answer = { ...saying({ role: 'assistant', content: 'Sunny.', refusal: null }), usage: { total_tokens: 3 } };
    expect(chatDialect.shown(answer, tools)).toEqual(answer);
  });

  test('does not show what tools have brought', () => {
    expect(chatDialect.showsOutcomes).toBe(false);
  });
});

describe('the next request of a run in chat', () => {
  const body = { model: 'm', temperature: 0, messages: [{ role: 'user', content: 'q' }] };
  const answered = (id: string, text: string) => ({
    call: { id, name: 'get_weather', argumentsText: '{}' },
    result: { kind: 'answered' as const, text, durationMs: 1 },
  });

  test('has the answer with its calls, and after it what each has brought', () => {
    const failed = {
      call: { id: 'call_2', name: 'get_weather', argumentsText: '{}' },
      result: { kind: 'failed' as const, why: 'timed_out' as const, message: 'Too slow.', durationMs: 1 },
    };
    const answer = calling(call('call_1', 'get_weather', '{"a":1}'), call('call_2', 'get_weather'));
    expect(chatDialect.withOutcomes(body, answer, [answered('call_1', 'sunny'), failed])).toEqual({
      ...body,
      messages: [
        { role: 'user', content: 'q' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [call('call_1', 'get_weather', '{"a":1}'), call('call_2', 'get_weather')],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'sunny' },
        { role: 'tool', tool_call_id: 'call_2', content: 'Too slow.' },
      ],
    });
    expect(body.messages).toHaveLength(1);
  });

  test('has no call without a result: providers refuse that', () => {
    const answer = calling(call('call_1', 'get_weather'), call('call_2', 'get_time'));
    const { messages } = chatDialect.withOutcomes(body, answer, [answered('call_1', 'sunny')]);
    expect(messages).toMatchObject([{}, { tool_calls: [{ id: 'call_1' }] }, { tool_call_id: 'call_1' }]);
    expect((messages as { tool_calls?: unknown[] }[])[1]?.tool_calls).toHaveLength(1);
  });

  test('has of the answer only what every provider knows, and its text', () => {
    const answer = saying({
      role: 'assistant',
      content: 'Let me see.',
      reasoning_content: 'hm',
      tool_calls: [{ ...call('call_1', 'get_weather'), index: 0, extra: true }],
    });
    const { messages } = chatDialect.withOutcomes(body, answer, [answered('call_1', 'sunny')]);
    expect((messages as unknown[])[1]).toStrictEqual({
      role: 'assistant',
      content: 'Let me see.',
      tool_calls: [call('call_1', 'get_weather')],
    });
  });

  test('has null for a text that is not there, as the format wants it', () => {
    const answer = saying({ tool_calls: [call('call_1', 'get_weather')] });
    const { messages } = chatDialect.withOutcomes({ model: 'm', messages: 'odd' }, answer, [
      answered('call_1', 'sunny'),
    ]);
    expect(messages).toMatchObject([{ role: 'assistant', content: null }, { role: 'tool' }]);
  });
});
