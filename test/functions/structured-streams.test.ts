/** What an answer is besides its text stays as it is where the text is held to a format. */
import { zodResponseFormat } from 'openai/helpers/zod';
import * as z from 'zod';
import { question, scene } from '../support/scene.ts';
import {
  answer,
  chunk,
  completion,
  done,
  frame,
  spoken,
  stream,
  usage,
  usageChunk,
} from '../support/scripted-provider.ts';

const on = scene();
const body = { ...question, response_format: zodResponseFormat(z.object({ a: z.number() }), 'a') };

test('a stream that conforms is given again from the cache, with its usage', async () => {
  const { gateway, provider } = on();
  const { client } = await gateway.tenant();
  provider.script = stream(spoken(['{"a":', '1}']));
  const streamed = { ...body, stream: true as const, stream_options: { include_usage: true } };
  for (const cache of ['miss', 'hit']) {
    const asked = client.chat.completions.create(streamed, { headers: { 'x-sluice-cache': 'on' } });
    const { data, response } = await asked.withResponse();
    const chunks = [];
    for await (const one of data) chunks.push(one);
    await gateway.idle();
    expect(response.headers.get('x-sluice-cache')).toBe(cache);
    expect(chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('')).toBe('{"a":1}');
    expect(chunks.filter(({ choices }) => choices[0]?.finish_reason)).toHaveLength(1);
    expect(chunks.at(-1)?.usage).toMatchObject({ prompt_tokens: 10, completion_tokens: 2 });
  }
  expect(provider.asked).toHaveLength(1);
});

test('several choices in one stream come each in order, though they end at different times', async () => {
  const { provider, tenant } = on();
  const choice = (index: number, delta: object, finish_reason: string | null = null) => ({
    index,
    delta,
    finish_reason,
  });
  const both = (...choices: object[]) => frame({ ...chunk({}), choices });
  provider.script = stream([
    both(choice(0, { role: 'assistant', content: '{"a":' }), choice(1, { role: 'assistant', content: '{"a"' })),
    both(choice(0, { content: '1}' }, 'stop'), choice(1, { content: ':' })),
    both(choice(1, { content: '2}' })),
    both(choice(1, {}, 'stop')),
    frame(usageChunk(usage(10, 5))),
    done,
  ]);
  const final = await tenant.client.chat.completions.stream({ ...body, n: 2 }).finalChatCompletion();
  expect(final.choices.map(({ message }) => message.parsed)).toEqual([{ a: 1 }, { a: 2 }]);
});

test('what is known of its tokens is told', async () => {
  const { provider, tenant } = on();
  const logprobs = { content: [{ token: 'x', logprob: -0.1, bytes: null, top_logprobs: [] }], refusal: null };
  const message = { role: 'assistant', content: '{"a":1}' };
  provider.script = answer({ ...completion(''), choices: [{ index: 0, message, finish_reason: 'stop', logprobs }] });
  const { choices } = await tenant.client.chat.completions.create({ ...body, logprobs: true });
  expect(choices[0]?.logprobs).toEqual(logprobs);
});
