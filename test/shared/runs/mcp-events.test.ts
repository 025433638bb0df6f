import { toldAsServers } from '../../../shared/runs/mcp-events.ts';
import { shownId, shownOutput } from '../../../shared/runs/shown-output.ts';
import { sampleTool } from '../tools/sample-tool.ts';

const tools = new Map([['get_weather', sampleTool()]]);
const stepId = 'gen_0123456789abcdef';
const item = (callId: string, name = 'get_weather') => ({
  id: `fc_${callId}`,
  type: 'function_call',
  call_id: callId,
  name,
  arguments: '',
});
const id = shownId(item('a'), stepId);
const servers = (offset = 0) => toldAsServers(tools, stepId, offset);
const added = (of: object) => ({ type: 'response.output_item.added', output_index: 1, item: of });

test("a call that begins is told of as a server's, in the place that it has in the whole response", () => {
  const [first, second, ...more] = servers(3).told(added(item('a')));
  expect(first).toMatchObject({
    type: 'response.output_item.added',
    output_index: 4,
    item: { id, type: 'mcp_call', server_label: 'sluice', name: 'get_weather', status: 'in_progress' },
  });
  expect(second).toEqual({ type: 'response.mcp_call.in_progress', item_id: id, output_index: 4 });
  expect(more).toEqual([]);
});

test('its arguments come as the model says them, under its new id and without a name', () => {
  const { told } = servers(3);
  told(added(item('a')));
  const rest = { item_id: 'fc_a', output_index: 1 };
  expect(told({ type: 'response.function_call_arguments.delta', delta: '{"l', ...rest })).toStrictEqual([
    { type: 'response.mcp_call_arguments.delta', delta: '{"l', item_id: id, output_index: 4 },
  ]);
  const done = { type: 'response.function_call_arguments.done', name: 'get_weather', arguments: '{}', ...rest };
  expect(told(done)).toStrictEqual([
    { type: 'response.mcp_call_arguments.done', arguments: '{}', item_id: id, output_index: 4 },
  ]);
});

test('its end is held back until the tool has been run, and then told with what it has brought', () => {
  const { told, ended } = servers(3);
  told(added(item('a')));
  expect(told({ type: 'response.output_item.done', output_index: 1, item: item('a') })).toEqual([]);
  const items = [{ type: 'message', id: 'msg_1' }, item('a')];
  const call = { id: 'a', name: 'get_weather', argumentsText: '{}' };
  const result = { kind: 'answered' as const, text: 'sunny', durationMs: 1 };
  const shown = shownOutput(items, tools, [{ call, result }], stepId);
  expect(ended(items, shown)).toEqual([
    { type: 'response.mcp_call.completed', item_id: id, output_index: 4 },
    { type: 'response.output_item.done', output_index: 4, item: shown[1] },
  ]);
});

test('one that brought nothing, or was not run, has failed', () => {
  const items = [item('a'), item('b')];
  const call = { id: 'a', name: 'get_weather', argumentsText: '{}' };
  const result = { kind: 'failed' as const, why: 'error' as const, message: 'It broke.', durationMs: 1 };
  const shown = shownOutput(items, tools, [{ call, result }], stepId);
  expect(servers().ended(items, shown)).toMatchObject([
    { type: 'response.mcp_call.failed', item_id: id, output_index: 0 },
    { item: { status: 'failed', error: 'It broke.' } },
    { type: 'response.mcp_call.failed', output_index: 1 },
    { item: { status: 'incomplete' } },
  ]);
});

test('ends are told of what is shown only', () => {
  expect(servers().ended([item('a')], [])).toEqual([]);
});

test("calls of its caller's own tools, and all else, are told as they are, but for their place", () => {
  const { told } = servers(2);
  told(added(item('a')));
  const text = { type: 'response.output_text.delta', item_id: 'msg_1', output_index: 0, delta: 'x', name: 'n' };
  expect(told(text)).toEqual([{ ...text, output_index: 2 }]);
  const mine = { ...added(item('b', 'get_time')), output_index: 2 };
  expect(told(mine)).toEqual([{ ...mine, output_index: 4 }]);
  const delta = { type: 'response.function_call_arguments.delta', item_id: 'fc_b', output_index: 2, delta: '{' };
  expect(told(delta)).toEqual([{ ...delta, output_index: 4 }]);
  const done = { type: 'response.output_item.done', output_index: 2, item: item('b', 'get_time') };
  expect(told(done)).toEqual([{ ...done, output_index: 4 }]);
});

test('events without a place get none', () => {
  const created = { type: 'response.created', response: {} };
  expect(servers(2).told(created)).toStrictEqual([created]);
  expect(servers(2).told({ ...created, output_index: 'x' })).toStrictEqual([{ ...created, output_index: 'x' }]);
});
