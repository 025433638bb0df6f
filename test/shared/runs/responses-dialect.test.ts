import {
  callShown,
  inputItems,
  isOwnCall,
  outcomeShown,
  responsesDialect,
} from '../../../shared/runs/responses-dialect.ts';
import { sampleTool } from '../tools/sample-tool.ts';

const tools = new Map([['get_weather', sampleTool()]]);

const call = (callId: string, name = 'get_weather', given = '{}') => ({
  id: `fc_${callId}`,
  type: 'function_call',
  call_id: callId,
  name,
  arguments: given,
  status: 'completed',
});
const outcome = (id: string) => ({
  call: { id, name: 'get_weather', argumentsText: '{}' },
  result: { kind: 'answered' as const, text: 'sunny', durationMs: 1 },
});
const failure = (id: string) => ({
  call: { id, name: 'get_weather', argumentsText: '{}' },
  result: { kind: 'failed' as const, why: 'error' as const, message: 'It broke.', durationMs: 1 },
});

describe('calls in a response', () => {
  test("are the gateway's where it has a function of that name, and its caller's otherwise", () => {
    const message = { type: 'message', name: 'get_weather' };
    expect(responsesDialect.callsIn({ output: [message, call('a', 'get_weather', '{"n":1}')] }, tools)).toEqual({
      own: [{ id: 'a', name: 'get_weather', argumentsText: '{"n":1}' }],
      others: false,
    });
    expect(responsesDialect.callsIn({ output: [call('a', 'get_time'), call('b')] }, tools)).toMatchObject({
      own: [{ id: 'b' }],
      others: true,
    });
  });

  test("of custom tools are its caller's, whatever their name: the gateway runs functions", () => {
    const custom = { type: 'custom_tool_call', call_id: 'a', name: 'get_weather', input: 'x' };
    expect(responsesDialect.callsIn({ output: [custom] }, tools)).toEqual({ own: [], others: true });
  });

  test.each(['incomplete', 'failed', 'cancelled'])(
    "are not the gateway's to run in a response that is %s",
    (status) => {
      const output = [call('a')];
      expect(responsesDialect.callsIn({ status, output }, tools)).toEqual({ own: [], others: false });
      expect(responsesDialect.callsIn({ status: 'completed', output }, tools).own).toHaveLength(1);
    },
  );

  test('are none where there is no output, or none that is a list of objects', () => {
    for (const response of [{}, { output: null }, { output: 'x' }, { output: [null, 7, 'function_call'] }]) {
      expect(responsesDialect.callsIn(response, tools)).toEqual({ own: [], others: false });
    }
  });

  test("without a name are not the gateway's, and what else is missing of them is empty", () => {
    expect(isOwnCall({ type: 'function_call' }, tools)).toBe(false);
    expect(isOwnCall({ type: 'mcp_call', name: 'get_weather' }, tools)).toBe(false);
    const bare = { type: 'function_call', name: 'get_weather', call_id: 7 };
    expect(responsesDialect.callsIn({ output: [bare] }, tools).own).toEqual([
      { id: '', name: 'get_weather', argumentsText: '' },
    ]);
  });
});

describe('a call as its caller sees it', () => {
  const begun = {
    id: 'mcp_1',
    type: 'mcp_call',
    server_label: 'sluice',
    name: 'get_weather',
    arguments: '{}',
    approval_request_id: null,
    output: null,
    error: null,
    status: 'in_progress',
  };

  test("is at first a server's call of which nothing is known", () => {
    expect(callShown(call('a'), 'mcp_1')).toStrictEqual(begun);
    const { arguments: _, ...withoutArguments } = call('a');
    expect(callShown(withoutArguments, 'mcp_1')).toStrictEqual({ ...begun, arguments: '' });
  });

  test('then has what it has brought, or why it has not, or that it was not run', () => {
    const shown = (brought: Parameters<typeof outcomeShown>[2]) => outcomeShown(call('a'), 'mcp_1', brought);
    expect(shown(outcome('a'))).toStrictEqual({ ...begun, status: 'completed', output: 'sunny' });
    expect(shown(failure('a'))).toStrictEqual({ ...begun, status: 'failed', error: 'It broke.' });
    expect(shown(null)).toStrictEqual({ ...begun, status: 'incomplete', error: 'It was not run.' });
  });

  test('stays in the response, which is shown as it is', () => {
    const response = { output: [call('a')] };
    expect(responsesDialect.shown(response, tools)).toBe(response);
    expect(responsesDialect.showsOutcomes).toBe(true);
  });
});

describe('the next request of a run in responses', () => {
  const next = (output: readonly object[], input: unknown = [{ role: 'user', content: 'q' }]) =>
    responsesDialect.withOutcomes({ model: 'm', temperature: 0, input }, { output }, [outcome('a'), failure('b')]);
  const results = [
    { type: 'function_call_output', call_id: 'a', output: 'sunny' },
    { type: 'function_call_output', call_id: 'b', output: 'It broke.' },
  ];

  test('has the input, the answer and what its calls have brought, in this order', () => {
    expect(next([call('a'), call('b')])).toEqual({
      model: 'm',
      temperature: 0,
      input: [
        { role: 'user', content: 'q' },
        { type: 'function_call', call_id: 'a', name: 'get_weather', arguments: '{}' },
        { type: 'function_call', call_id: 'b', name: 'get_weather', arguments: '{}' },
        ...results,
      ],
    });
  });

  test('says no id and no status of an item: no provider has kept it', () => {
    const message = { id: 'msg_1', type: 'message', status: 'completed', role: 'assistant', content: [] };
    expect((next([message])['input'] as unknown[])[1]).toStrictEqual({
      type: 'message',
      role: 'assistant',
      content: [],
    });
  });

  test('has reasoning where it was handed out to be given back, with its id, and else none', () => {
    const reasoning = { id: 'rs_1', type: 'reasoning', summary: [], status: 'completed' };
    expect(next([reasoning, { ...reasoning, encrypted_content: null }, call('a')])['input']).toHaveLength(4);
    expect((next([{ ...reasoning, encrypted_content: 'x' }])['input'] as unknown[])[1]).toStrictEqual({
      id: 'rs_1',
      type: 'reasoning',
      summary: [],
      encrypted_content: 'x',
    });
  });

  test('takes an input that is one text for a message of the user, and none for nothing', () => {
    expect(next([], 'q')['input']).toEqual([{ role: 'user', content: 'q' }, ...results]);
    expect(inputItems(null)).toEqual([]);
    expect(inputItems(undefined)).toEqual([]);
    expect(inputItems('')).toEqual([{ role: 'user', content: '' }]);
  });
});
