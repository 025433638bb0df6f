/** Histories as a demanding caller makes them: long, repeated, cut in their midst. */

import { withoutOrphans } from '../../../shared/history/sendable-items.ts';
import { dynamoStoredResponseStore } from '../../../shared/stored-responses/stored-response-store.ts';
import { scene } from '../../support/scene.ts';
import { asking, wordsOf } from './scene.ts';

const on = scene();
const { ask, turn } = asking(on);

test('a request of 250 pictures that are six megabytes together is kept, and followed on', async () => {
  const turns = Array.from({ length: 250 }, (_, index) => ({
    role: 'user',
    content: [{ type: 'input_image', detail: 'low', image_url: `data:image/png;base64,${index}${'A'.repeat(23_000)}` }],
  }));
  const first = await turn({ input: turns }, 'a1');
  const { sent } = await ask({ input: 'q2', previous_response_id: first });
  expect(sent).toHaveLength(252);
});

test('the answer to a request that is sent again is there under its own id, and can be followed on', async () => {
  const { tenant, gateway, database } = on();
  const { id } = await tenant.client.conversations.create();
  const body = { input: 'q', conversation: id };
  await turn(body, 'first');
  const again = await turn(body, 'second', { headers: { 'x-stainless-retry-count': '1' } });
  const responses = dynamoStoredResponseStore(database.db, database.names.responses, {
    bodies: { put: async () => {}, get: async () => undefined, delete: async () => {} },
    now: () => gateway.clock.nowMs,
  });
  expect(await responses.get(tenant.projectId, again)).toMatchObject({
    status: 'completed',
    response: { id: again },
    items: { in: id, first: 0, output: 1, next: 2 },
  });
  const { sent } = await ask({ input: '?', previous_response_id: again });
  expect(wordsOf(sent)).toEqual(['user: q', 'assistant: first', 'user: ?']);
});

test.each([
  [
    'an approval',
    { type: 'mcp_approval_request', id: 'mcpr_1' },
    { type: 'mcp_approval_response', approval_request_id: 'mcpr_1' },
  ],
  [
    'the output of a shell',
    { type: 'local_shell_call', id: 'lsh_1', call_id: 'c1' },
    { type: 'local_shell_call_output', id: 'lsh_1' },
  ],
  [
    'the result of a function',
    { type: 'function_call', call_id: 'c1' },
    { type: 'function_call_output', call_id: 'c1' },
  ],
])('%s stays with what it belongs to, and goes where that was cut off', (_, call, result) => {
  expect(withoutOrphans([call, result])).toEqual([call, result]);
  expect(withoutOrphans([result])).toEqual([]);
});

test('pictures of more than 12 MB are left out only where something may be', async () => {
  const picture = (index: number) => ({
    role: 'user',
    content: [
      { type: 'input_image', detail: 'low', image_url: `data:image/png;base64,${index}${'A'.repeat(4_300_000)}` },
    ],
  });
  const first = await turn({ input: [picture(1)] }, 'a1');
  const second = await turn({ input: [picture(2)], previous_response_id: first }, 'a2');
  const third = await turn({ input: [picture(3)], previous_response_id: second }, 'a3');
  const more = { input: 'q', previous_response_id: third };
  await expect(ask(more)).rejects.toMatchObject({ why: 'context_length_exceeded', param: 'input' });
  for (const [body, options] of [
    [{ ...more, truncation: 'auto' }, {}],
    [more, { truncation: 'auto' as const }],
  ] as const) {
    const { sent } = await ask(body, options);
    expect(wordsOf(sent).filter((word) => word.startsWith('assistant'))).toEqual([
      'assistant: a1',
      'assistant: a2',
      'assistant: a3',
    ]);
    expect(sent).toHaveLength(6);
  }
  await expect(ask({ ...more, truncation: 'disabled' }, { truncation: 'auto' })).rejects.toMatchObject({
    why: 'context_length_exceeded',
  });
});

test('a result whose call was deleted from its conversation is not sent', async () => {
  const { conversations } = on().tenant.client;
  const { id } = await conversations.create({
    items: [
      { role: 'user', content: 'q' },
      { type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'f', arguments: '{}' },
      { type: 'function_call_output', call_id: 'call_1', output: 'r' },
    ],
  });
  expect(wordsOf((await ask({ input: '?', conversation: id })).sent)).toHaveLength(4);
  await conversations.items.delete('fc_1', { conversation_id: id });
  expect(wordsOf((await ask({ input: '?', conversation: id })).sent)).toEqual(['user: q', 'user: ?']);
});
