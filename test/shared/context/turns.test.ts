import { cutsOf } from '../../../shared/context/turns.ts';

const user = { role: 'user', content: 'q' };

describe('no cut stands between a call and its late result', () => {
  test.each<[string, object, object]>([
    ['chat', { role: 'assistant', tool_calls: [{ id: 'a' }] }, { role: 'tool', tool_call_id: 'a' }],
    ['deprecated chat', { role: 'assistant', function_call: { name: 'f' } }, { role: 'function', name: 'f' }],
    ['functions', { type: 'function_call', call_id: 'a' }, { type: 'function_call_output', call_id: 'a' }],
    ['shells', { type: 'local_shell_call', id: 'a', call_id: 'b' }, { type: 'local_shell_call_output', id: 'a' }],
    [
      'approvals',
      { type: 'mcp_approval_request', id: 'a' },
      { type: 'mcp_approval_response', approval_request_id: 'a' },
    ],
  ])('%s', (_, call, result) => {
    expect(cutsOf([user, call, user, result, user])).toEqual([0, 4]);
    expect(cutsOf([user, call, user, user])).toEqual([0, 2, 3]);
  });
});
