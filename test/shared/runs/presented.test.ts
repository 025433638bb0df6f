import { unprepared } from '../../../shared/inference/preparation.ts';
import { presented } from '../../../shared/runs/presented.ts';

const prepared = unprepared({ kind: 'responses', endpoint: '/responses', body: { model: 'm' }, streamed: false }, 0);
const history = {
  responseId: 'resp_ours',
  conversationId: null,
  previousResponseId: null,
  stored: true,
  keep: async () => {},
};

/** As a provider echoes what it was asked: that is the gateway's question, not its caller's. */
const echoed = {
  id: 'resp_theirs',
  output: [],
  background: true,
  instructions: 'theirs',
  max_output_tokens: 9,
  metadata: { theirs: '1' },
  tool_choice: 'required',
  tools: [{ type: 'function', name: 'theirs' }],
  truncation: 'auto',
  conversation: { id: 'conv_theirs' },
  previous_response_id: 'resp_before',
  store: false,
  temperature: 1,
};

test('what its caller left out is as the API has it by default, whatever the provider echoes', () => {
  expect(presented(echoed, { body: { model: 'm' }, prepared: { ...prepared, history } })).toStrictEqual({
    id: 'resp_ours',
    output: [],
    background: false,
    instructions: null,
    max_output_tokens: null,
    metadata: {},
    tool_choice: 'auto',
    tools: [],
    truncation: 'disabled',
    conversation: null,
    previous_response_id: null,
    store: true,
    temperature: 1,
  });
});

test('what its caller asked for is said as it was asked', () => {
  const asked = {
    background: false,
    instructions: 'Be short.',
    max_output_tokens: 100,
    metadata: { mine: '1' },
    tool_choice: 'none',
    tools: [{ type: 'function', name: 'sluice:get_weather' }],
    truncation: 'auto',
  };
  expect(presented({ id: 'resp_theirs' }, { body: { model: 'm', ...asked }, prepared })).toMatchObject(asked);
});

test('its conversation, and the response that it goes on from, are those of its history', () => {
  const going = { ...history, conversationId: 'conv_1', previousResponseId: 'resp_before_ours', stored: false };
  expect(presented(echoed, { body: {}, prepared: { ...prepared, history: going } })).toMatchObject({
    id: 'resp_ours',
    conversation: { id: 'conv_1' },
    previous_response_id: 'resp_before_ours',
    store: false,
  });
});

test("without a history it keeps the provider's id, and is not stored", () => {
  expect(presented({ ...echoed, store: true }, { body: null, prepared })).toMatchObject({
    id: 'resp_theirs',
    conversation: null,
    previous_response_id: null,
    store: false,
  });
});
