import { shownId, shownOutput } from '../../../shared/runs/shown-output.ts';
import { sampleTool } from '../tools/sample-tool.ts';

const tools = new Map([['get_weather', sampleTool()]]);
const stepId = 'gen_0123456789abcdef';
const item = (callId: string, name = 'get_weather') => ({
  id: `fc_${callId}`,
  type: 'function_call',
  call_id: callId,
  name,
  arguments: '{}',
});
const answered = (id: string, text: string) => ({
  call: { id, name: 'get_weather', argumentsText: '{}' },
  result: { kind: 'answered' as const, text, durationMs: 1 },
});

test('each call of a tool of the gateway stands in its place, with the outcome that is its own', () => {
  const message = { id: 'msg_1', type: 'message' };
  const mine = item('call_3', 'get_time');
  const outcomes = [answered('call_2', 'rainy'), answered('call_1', 'sunny')];
  const shown = shownOutput([message, item('call_1'), mine, item('call_2')], tools, outcomes, stepId);
  expect(shown).toMatchObject([
    { id: 'msg_1' },
    { type: 'mcp_call', id: shownId(item('call_1'), stepId), status: 'completed', output: 'sunny' },
    { id: 'fc_call_3' },
    { type: 'mcp_call', id: shownId(item('call_2'), stepId), status: 'completed', output: 'rainy' },
  ]);
  expect(shown[0]).toBe(message);
  expect(shown[2]).toBe(mine);
});

test('a call without an outcome was not run', () => {
  expect(shownOutput([item('call_1')], tools, [answered('call_2', 'rainy')], stepId)).toMatchObject([
    { status: 'incomplete', output: null },
  ]);
});

test('its id is of letters and digits, and no longer than an id may be', () => {
  expect(shownId(item('call_1'), stepId)).toBe('mcp_456789abcdefcall1');
  const long = shownId(item(`${'x'.repeat(100)}-_./é\n9`), stepId);
  expect(long).toBe(`mcp_456789abcdef${'x'.repeat(23)}9`);
});

test('calls that the model numbers anew in each answer have different ids in different steps', () => {
  expect(shownId(item('call_0'), 'gen_000000000001')).not.toBe(shownId(item('call_0'), 'gen_000000000002'));
});
