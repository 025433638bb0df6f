/** Responses that follow on each other, and on conversations, through the official SDK. */
import { scene } from '../support/scene.ts';
import { answer } from '../support/scripted-provider.ts';
import { respondedWith } from '../support/scripted-responses.ts';

const on = scene();
const model = 'test-model';
const text = (content: string) => [{ type: 'input_text', text: content }];
const asked = () => on().provider.asked.at(-1)?.body['input'];

test('what a response follows on is asked with it, and nothing that only the gateway knows', async () => {
  const { provider, tenant } = on();
  provider.script = answer(respondedWith('Paris.'));
  const first = await tenant.client.responses.create({ model, input: 'What is the capital of France?' });
  expect(first.id).toMatch(/^resp_\w{20}$/);
  provider.script = answer(respondedWith('About two million.'));
  const second = await tenant.client.responses.create({
    model,
    input: 'How many live there?',
    previous_response_id: first.id,
  });
  expect(second).toMatchObject({ previous_response_id: first.id, output_text: 'About two million.' });
  expect(asked()).toEqual([
    { type: 'message', role: 'user', content: text('What is the capital of France?') },
    {
      type: 'message',
      role: 'assistant',
      content: [{ type: 'output_text', text: 'Paris.', annotations: [], logprobs: [] }],
    },
    { type: 'message', role: 'user', content: 'How many live there?' },
  ]);
  expect(provider.asked.at(-1)?.body).not.toHaveProperty('previous_response_id');
});

test('a conversation has question and answer, whole and streamed, by the time that the caller has the last byte', async () => {
  const { provider, tenant } = on();
  const { conversations } = tenant.client;
  const { id } = await conversations.create({ items: [{ role: 'developer', content: 'Be brief.' }] });
  provider.script = answer(respondedWith('Paris.'));
  const response = await tenant.client.responses.create({ model, input: 'Capital of France?', conversation: id });
  expect(response.conversation).toEqual({ id });
  const { data } = await conversations.items.list(id, { order: 'asc' });
  expect(data).toMatchObject([
    { role: 'developer', content: text('Be brief.') },
    { role: 'user', content: text('Capital of France?') },
    { role: 'assistant', content: [{ text: 'Paris.' }], id: response.output[0]?.id },
  ]);
});

test('a response that nobody knows, or that was not to be stored, is no previous one', async () => {
  const { tenant } = on();
  const { id } = await tenant.client.responses.create({ model, input: 'x', store: false });
  for (const previous_response_id of [id, 'resp_none']) {
    await expect(tenant.client.responses.create({ model, input: 'y', previous_response_id })).rejects.toMatchObject({
      status: 400,
      code: 'previous_response_not_found',
      param: 'previous_response_id',
    });
  }
  await expect(tenant.client.responses.create({ model, input: 'y', conversation: 'conv_none' })).rejects.toMatchObject({
    status: 404,
  });
});
