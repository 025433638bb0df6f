import { sendableItems, withoutOrphans } from '../../../shared/history/sendable-items.ts';

test('a call of a tool that the gateway ran becomes a call of a function and its result, and never goes out as it is', () => {
  const call = {
    id: 'mcp_1',
    type: 'mcp_call',
    server_label: 'sluice',
    name: 'weather',
    arguments: '{"city":"Paris"}',
  };
  const outcomes = [{ output: 'rain', error: null }, { output: null, error: 'It was down.' }, {}];
  expect(outcomes.map((outcome) => sendableItems([{ ...call, status: 'completed', ...outcome }]))).toEqual(
    ['rain', 'It was down.', 'The call has not ended.'].map((output) => [
      { type: 'function_call', call_id: 'mcp_1', name: 'weather', arguments: '{"city":"Paris"}' },
      { type: 'function_call_output', call_id: 'mcp_1', output },
    ]),
  );
});

test('ids and states of what a provider has not stored stay here; those of its own tools go back to it', () => {
  const search = { id: 'ws_1', type: 'web_search_call', status: 'completed' };
  const remote = { id: 'mcp_2', type: 'mcp_call', server_label: 'theirs', name: 'x', arguments: '{}' };
  expect(
    sendableItems([
      { id: 'msg_1', role: 'user', content: 'x', status: 'completed' },
      { id: 'fc_1', type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}', status: 'completed' },
      search,
      remote,
      { type: 'mcp_list_tools', server_label: 'sluice', tools: [] },
    ]),
  ).toEqual([
    { role: 'user', content: 'x' },
    { type: 'function_call', call_id: 'call_1', name: 'f', arguments: '{}' },
    search,
    remote,
  ]);
});

test('reasoning goes back where all of it is here, and not where only the provider had it', () => {
  const summary = [{ type: 'summary_text', text: 'thought' }];
  expect(
    sendableItems([
      { id: 'rs_1', type: 'reasoning', summary },
      { id: 'rs_2', type: 'reasoning', summary, encrypted_content: 'x' },
    ]),
  ).toEqual([{ type: 'reasoning', summary, encrypted_content: 'x' }]);
});

test('what refers to an item that is kept elsewhere is left for who refuses it', () => {
  const references = [{ type: 'item_reference', id: 'msg_1' }, { id: 'msg_2' }];
  expect(sendableItems(references)).toEqual(references);
});

test('where a history was cut, no result is left without its call', () => {
  const call = { type: 'function_call', call_id: 'b', name: 'f', arguments: '{}' };
  const result = (call_id: string) => ({ type: 'function_call_output', call_id, output: 'x' });
  expect(withoutOrphans([result('a'), { role: 'user', content: 'x' }, call, result('b')])).toEqual([
    { role: 'user', content: 'x' },
    call,
    result('b'),
  ]);
});
