/** What the official SDK makes of a guarded stream. */
import OpenAI from 'openai';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { guardedStream } from '../../../shared/safety/guarded-stream.ts';
import type { OutputGuard } from '../../../shared/safety/output-guard.ts';
import type { StreamDialect } from '../../../shared/safety/refusals.ts';
import { chunk, done, frame, spoken, usage } from '../../support/scripted-provider.ts';
import { pieces } from '../streaming/pieces.ts';
import { moderating, redacting, unless } from './streamed.ts';

const client = (frames: readonly string[], guard: OutputGuard, dialect: StreamDialect = 'chat') =>
  new OpenAI({
    apiKey: 'sk-none',
    maxRetries: 0,
    fetch: async () => {
      const stream = guardedStream(pieces(...frames), guard, { dialect, onRefused: () => {} });
      return new Response(ReadableStream.from(stream), { headers: { 'content-type': 'text/event-stream' } });
    },
  });

const asked = { model: 'm', messages: [{ role: 'user', content: 'Hi' }] } as const;
const messages = [...asked.messages];
const callFrames = (args: readonly string[]) => [
  frame(chunk({ role: 'assistant', content: null })),
  frame(
    chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'send', arguments: '' } }] }),
  ),
  ...args.map((piece) => frame(chunk({ tool_calls: [{ index: 0, function: { arguments: piece } }] }))),
  frame(chunk({}, 'tool_calls')),
  done,
];

describe('the SDK’s own stream', () => {
  test('ends with content_filter where the answer is refused, and is no error', async () => {
    const words = ['All is well. ', 'So far, so good, one would say. ', 'poison'];
    const answer = await client(spoken(words), moderating(unless('poison')))
      .chat.completions.stream({ ...asked, messages })
      .finalChatCompletion();
    expect(answer.choices[0]?.finish_reason).toBe('content_filter');
    expect(answer.choices[0]?.message.content).toBe(words.slice(0, 2).join(''));
  });

  test('ends with content_filter where nothing has left', async () => {
    const answer = await client(spoken(['poison']).slice(1), moderating(unless('poison')))
      .chat.completions.stream({ ...asked, messages })
      .finalChatCompletion();
    expect(answer.choices[0]).toMatchObject({
      finish_reason: 'content_filter',
      message: { role: 'assistant', content: null },
    });
  });

  test('has the calls of tools with their arguments redacted and restored, and its usage', async () => {
    const redactor = createRedactor(['email']);
    redactor.redact('grace@example.org');
    const frames = callFrames(['{"to":["[EMA', 'IL_1]","ada@exam', 'ple.com"]', ',"n":1}']);
    const answer = await client(frames, { ...redacting(['email']), restore: redactor })
      .chat.completions.stream({ ...asked, messages })
      .finalChatCompletion();
    const call = answer.choices[0]?.message.tool_calls?.[0];
    expect(answer.choices[0]?.finish_reason).toBe('tool_calls');
    expect(call).toMatchObject({ id: 'call_1', function: { name: 'send' } });
    expect(JSON.parse(call?.type === 'function' ? call.function.arguments : '')).toEqual({
      to: ['grace@example.org', '[EMAIL_1]'],
      n: 1,
    });
  });

  test('says of a call that is refused in the midst of its arguments that it is not to be made', async () => {
    const frames = callFrames(['{"text":"This is a sentence. ', 'And this one is poison."}']);
    const answer = await client(frames, moderating(unless('poison')))
      .chat.completions.stream({ ...asked, messages })
      .finalChatCompletion();
    expect(answer.choices[0]?.finish_reason).toBe('content_filter');
  });

  test('has its usage where the provider had told it', async () => {
    const answer = await client(spoken(['Hello.'], usage(10, 1)), redacting())
      .chat.completions.stream({ ...asked, messages, stream_options: { include_usage: true } })
      .finalChatCompletion();
    expect(answer.usage).toEqual(usage(10, 1));
  });
});
