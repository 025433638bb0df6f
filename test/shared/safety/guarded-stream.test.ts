import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { guardedStream } from '../../../shared/safety/guarded-stream.ts';
import { chunk, done, frame, spoken, usage, usageChunk } from '../../support/scripted-provider.ts';
import { pieces } from '../streaming/pieces.ts';
import {
  dataIn,
  guarded,
  heldChecks,
  moderating,
  off,
  reading,
  redacting,
  settled,
  source,
  told,
  unless,
} from './streamed.ts';

const says = (content: string, index = 0) => {
  const said = chunk({ content });
  return frame({ ...said, choices: said.choices.map((choice) => ({ ...choice, index })) });
};
const finish = frame(chunk({}, 'stop'));
const role = frame(chunk({ role: 'assistant', content: '' }));
const secret = 'sk-proj-aB3dE5gH7jK9mN1pQ3sT5vW7xY9zA1cD3eF5gH7j';
const ignored = { dialect: 'chat', onRefused: () => {} } as const;
const open = (frames: AsyncIterable<Uint8Array>, guard: Parameters<typeof guardedStream>[1], onRefused = () => {}) =>
  reading(guardedStream(frames, guard, { dialect: 'chat', onRefused }));

describe('a stream in which nothing is found', () => {
  const toolCall = frame(
    chunk({ tool_calls: [{ index: 0, id: 'call_1', type: 'function', function: { name: 'look_up', arguments: '' } }] }),
  );
  const stream = [
    ...spoken(['Hello ', 'there. ', 'All is well, and 😀 is well.']).slice(0, -3),
    toolCall,
    frame(chunk({ tool_calls: [{ index: 0, function: { arguments: '{"city":"Z\\u00fcrich"' } }], made_up: 7 })),
    frame(chunk({ tool_calls: [{ index: 0, function: { arguments: ',"days":3}' } }] })),
    frame(chunk({}, 'tool_calls')),
    frame(usageChunk(usage(10, 5))),
    done,
  ];

  test.each([
    ['nothing on', off],
    ['redaction', redacting()],
    ['moderation', moderating(async () => 'cleared')],
    ['flags', moderating(async () => 'refused', { holdsBack: false })],
    [
      'all of it',
      { ...redacting(), ...moderating(async () => 'cleared', { windowChars: 20 }), restore: createRedactor([]) },
    ],
  ])('leaves byte for byte, with %s', async (_, guard) => {
    expect((await guarded(stream, guard)).text).toBe(stream.join(''));
  });

  test('is told its comments and its doubled members no more: what leaves is what was looked at', async () => {
    const doubled = `: ${secret}\n\nid: ${secret}\ndata: {"choices":[{"index":0,"delta":{"content":"${secret}","content":"Hi."}}]}\n\n`;
    const { text } = await guarded([doubled, finish, done], redacting());
    expect(text).toBe(`data: {"choices":[{"index":0,"delta":{"content":"Hi."}}]}\n\n${finish}${done}`);
  });
});

describe('what is held back', () => {
  test('leaves as soon as its sentence is cleared, while the next one is still being said', async () => {
    const { asked, check } = heldChecks();
    const from = source();
    const read = open(from.frames, moderating(check));
    await from.say(role, says('The first sentence is'));
    expect(read.text()).toBe(role);
    await from.say(says(' said. The second'));
    expect(asked.map(({ text }) => text)).toEqual(['The first sentence is said. ']);
    expect(read.text()).toBe(role);
    asked[0]?.answer('cleared');
    await settled();
    // The frame in which a new sentence begins is held until that is cleared, too.
    expect(read.text()).toBe(role + says('The first sentence is'));
    await from.say(says(' one has no end'), finish);
    expect(asked[1]?.text).toBe('The first sentence is said. The second one has no end');
    asked[1]?.answer('cleared');
    await from.say(done);
    await from.end();
    await read.over;
    expect(read.text()).toBe(
      [role, says('The first sentence is'), says(' said. The second'), says(' one has no end'), finish, done].join(''),
    );
  });

  test('is checked when it has the size of a window, if no sentence ends', async () => {
    const { asked, check } = heldChecks();
    const from = source();
    open(from.frames, moderating(check, { windowChars: 30 }));
    await from.say(says('no end of '), says('a sentence '), says('is in '));
    expect(asked).toEqual([]);
    await from.say(says('sight'));
    expect(asked.map(({ text }) => text)).toEqual(['no end of a sentence is in sight']);
    await from.end();
  });

  test('is checked several windows at a time, leaves in order, and gathers when too many are under way', async () => {
    const { asked, check } = heldChecks();
    const from = source();
    const read = open(from.frames, moderating(check));
    const sentences = [1, 2, 3, 4, 5, 6].map((n) => says(`This is sentence number ${n}. `));
    for (const sentence of sentences) await from.say(sentence);
    expect(asked.length).toBe(4);
    asked[1]?.answer('cleared');
    await settled();
    expect(read.text()).toBe('');
    expect(asked[4]?.text).toMatch(/number 5\. This is sentence number 6\. $/);
    asked[0]?.answer('cleared');
    await settled();
    expect(read.text()).toBe(sentences.slice(0, 2).join(''));
    for (const { answer } of asked) answer('cleared');
    await from.say(finish, done);
    await from.end();
    await read.over;
    expect(read.text()).toBe([...sentences, finish, done].join(''));
  });

  test('is read no further when there is much of it, and further when it has left', async () => {
    const { asked, check } = heldChecks();
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (; read < 400; read++) yield Buffer.from(says('word '.repeat(4_000)));
      yield Buffer.from(finish + done);
    }
    const out = open(endless(), moderating(check));
    for (let turn = 0; turn < 2_000; turn++) await Promise.resolve();
    await settled();
    expect(read).toBeGreaterThan(10);
    expect(read).toBeLessThan(150);
    for (let next = 0; next < asked.length || !out.state.ended; next++) {
      asked[next]?.answer('cleared');
      await settled();
    }
    expect(out.text().match(/data:/g)?.length).toBe(402);
  });

  test('is not read ahead of a caller who does not read', async () => {
    let read = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        read++;
        yield Buffer.from(says(`Sentence number ${read} is this one. `));
      }
    }
    const stream = guardedStream(
      endless(),
      moderating(async () => 'cleared'),
      ignored,
    )[Symbol.asyncIterator]();
    await stream.next();
    for (let turn = 0; turn < 20; turn++) await settled();
    expect(read).toBeLessThan(5);
    await stream.return?.();
  });

  test('is not held where nothing is to be held back: checks go on beside', async () => {
    const { asked, check } = heldChecks();
    const from = source();
    const read = open(from.frames, moderating(check, { holdsBack: false }));
    const words = Array.from({ length: 7 }, (_, n) => says(`A sentence that is flagged ${n}. `));
    for (const word of words) await from.say(word);
    await from.say(finish, done);
    await from.end();
    await read.over;
    expect(read.text()).toBe([...words, finish, done].join(''));
    for (let next = 0; next < asked.length; next++) {
      asked[next]?.answer('refused');
      await settled();
    }
    expect(asked.map(({ text }) => text).join('')).toContain('flagged 6. ');
  });
});

describe('a stream that is refused', () => {
  test('ends with content_filter, and nothing unchecked has left (I8)', async () => {
    let stops = 0;
    const from = source();
    const read = open(from.frames, moderating(unless('poison'), { windowChars: 40 }), () => {
      stops++;
    });
    await from.say(role, says('The first sentence is harmless. '));
    await from.say(
      says('The second one has poi'),
      says('son in it. '),
      says('The third is harmless again. '),
      finish,
      done,
    );
    await read.over;
    expect(stops).toBe(1);
    expect(from.seen.returned).toBe(1);
    expect(read.text()).toBe(
      `${role}${says('The first sentence is harmless. ')}data: ${JSON.stringify({
        object: 'chat.completion.chunk',
        id: 'chatcmpl-scripted',
        created: 1_700_000_000,
        model: 'scripted',
        choices: [{ index: 0, delta: {}, logprobs: null, finish_reason: 'content_filter' }],
      })}\n\n${done}`,
    );
  });

  test('says who speaks, where nothing has left, and its usage, where that is known', async () => {
    const { asked, check } = heldChecks();
    const from = source();
    const read = open(from.frames, moderating(check));
    await from.say(...spoken(['poison']).slice(1));
    asked[0]?.answer('refused');
    await read.over;
    const [end, used, ...rest] = dataIn(read.text());
    expect(end?.['choices']).toEqual([
      { index: 0, delta: { role: 'assistant' }, logprobs: null, finish_reason: 'content_filter' },
    ]);
    expect(used?.['usage']).toEqual(usage(10, 1));
    expect(rest).toEqual([]);
  });

  test('ends every choice that has not ended, and leaves those that have as they are', async () => {
    const ended = frame({ ...chunk({}), choices: [{ index: 1, delta: {}, finish_reason: 'stop', logprobs: null }] });
    const frames = [role, says('Yes.', 1), ended, says('This goes well at first. '), says('poison', 2), finish, done];
    const { text, refusals } = await guarded(frames, moderating(unless('poison')));
    expect(refusals).toBe(1);
    expect(told(text).map(({ index, finish_reason }) => [index, finish_reason])).toEqual([
      [0, 'content_filter'],
      [1, 'stop'],
      [2, 'content_filter'],
    ]);
    expect(text).not.toContain('poison');
  });

  test('where a sentence that is split over windows is poison only as a whole', async () => {
    const words = ['All that is po', 'ison is poison for those who drink'];
    const { text } = await guarded(spoken(words), moderating(unless('poison'), { windowChars: 12 }));
    expect(told(text)[0]?.finish_reason).toBe('content_filter');
  });

  test('where a check fails against its word', async () => {
    const { text } = await guarded(
      spoken(['Hello.']),
      moderating(() => Promise.reject(new Error('down'))),
    );
    expect(told(text)[0]).toMatchObject({ finish_reason: 'content_filter', message: { content: '' } });
  });

  test.each<[string, object]>([
    ['refusal', { refusal: 'poison' }],
    ['reasoning', { reasoning: 'poison' }],
    ['reasoning_content', { reasoning_content: 'poison' }],
    ['reasoning details', { reasoning_details: [{ type: 'reasoning.text', text: 'poison', index: 0 }] }],
    ['the arguments of a tool', { tool_calls: [{ index: 0, function: { arguments: '{"a":"poi\\u0073on"}' } }] }],
    ['the name of a tool', { tool_calls: [{ index: 0, function: { name: 'poison', arguments: '' } }] }],
    [
      'the input of a custom tool',
      { tool_calls: [{ index: 0, type: 'custom', custom: { name: 'x', input: 'poison' } }] },
    ],
    ['the arguments of a function', { function_call: { name: 'x', arguments: 'poison' } }],
    ['a transcript', { audio: { id: 'audio_1', transcript: 'poison' } }],
    ['an annotation', { annotations: [{ type: 'url_citation', url_citation: { title: 'poison' } }] }],
    ['a member that nobody knows', { brand_new: { parts: ['poison'] } }],
  ])('for what it says in %s', async (_, delta) => {
    const { text } = await guarded([role, frame(chunk(delta)), finish, done], moderating(unless('poison')));
    expect(told(text)[0]?.finish_reason).toBe('content_filter');
    expect(text).not.toContain('poi');
  });

  test.each<[string, unknown]>([
    ['sound', chunk({ audio: { id: 'audio_1', data: 'UklGRg==' } })],
    ['a picture', chunk({ images: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,iVBO' } }] })],
    ['choices that are none', { ...chunk({}), choices: ['poison'] }],
    ['what is too deep', chunk({ content: JSON.parse(`${'['.repeat(100)}"poison"${']'.repeat(100)}`) })],
  ])('for %s, which nobody can look at, unless nothing is held back (I8)', async (_, unreadable) => {
    const frames = [role, says('Listen. '), frame(unreadable), finish, done];
    const { text, refusals } = await guarded(
      frames,
      moderating(async () => 'cleared'),
    );
    expect(refusals).toBe(1);
    expect(told(text)[0]?.finish_reason).toBe('content_filter');
    expect(text).not.toContain(JSON.stringify(unreadable));
    const flagging = moderating(async () => 'cleared', { holdsBack: false });
    expect((await guarded(frames, flagging)).text).toBe(frames.join(''));
  });

  test('for text that cannot be read is refused by redaction, too, and sound and pictures are none of its concern', async () => {
    const sound = [role, frame(chunk({ audio: { id: 'audio_1', data: 'UklGRg==' } })), finish, done];
    expect((await guarded(sound, redacting())).text).toBe(sound.join(''));
    const none = [role, frame({ ...chunk({}), choices: ['ada@example.com'] }), finish, done];
    expect((await guarded(none, redacting())).refusals).toBe(1);
  });

  test('for texts without end, in number', async () => {
    const frames = Array.from({ length: 1_100 }, (_, n) =>
      frame(chunk({ tool_calls: [{ index: n, function: { arguments: '1' } }] })),
    );
    expect((await guarded([...frames, finish, done], redacting())).refusals).toBe(1);
  });
});

describe('a stream that breaks off', () => {
  const error = frame({
    error: {
      message: 'The model provider failed to answer.',
      type: 'server_error',
      param: null,
      code: 'upstream_error',
    },
  });

  test.each<[string, string | Error]>([
    ['says an error', error],
    ['throws', new Error('boom')],
  ])('has told what was cleared, tells its error, and no more, when it %s (I7)', async (_, end) => {
    const stream = pieces(role, says('A sentence that is cleared. '), says('And one that is not'), end);
    const { text, refusals } = await guarded(
      stream,
      moderating(async () => 'cleared'),
    );
    expect(refusals).toBe(0);
    const [last] = dataIn(text).slice(-1);
    expect(text).toContain('A sentence that is cleared. ');
    expect(text).not.toContain('And one');
    expect(text).not.toContain('[DONE]');
    expect(text).not.toContain('boom');
    expect(Object.keys(last ?? {})).toEqual(['error']);
  });

  test.each([
    ['as an event', frame({ type: 'error', code: 'x', message: 'Write to ada@example.com' })],
    ['under an escaped name', 'data: {"err\\u006fr":{"message":"Write to ada@example.com"}}\n\n'],
    ['beside a text', frame({ ...chunk({ content: 'Write to ada@example.com' }), error: 'x' })],
    ['by name', 'event: error\ndata: {"message":"Write to ada@example.com"}\n\n'],
  ])('tells of its error nothing that was not looked at: %s', async (_, end) => {
    const { text } = await guarded([role, end, finish, done], redacting());
    expect(text).not.toContain('ada@');
    expect(dataIn(text).at(-1)).toMatchObject({ error: { code: 'upstream_error' } });
  });

  test('without an end of its own has told all of it', async () => {
    const { text } = await guarded([role, says(`Write to ada@example.com`)], redacting());
    expect(text).toBe(role + says('Write to [EMAIL_1]'));
  });

  test('by the caller, who leaves, leaves its source and its checks alone', async () => {
    const { asked, check } = heldChecks();
    const from = source();
    const stream = guardedStream(from.frames, moderating(check), ignored)[Symbol.asyncIterator]();
    await from.say(says('A sentence that is never cleared. '));
    const next = stream.next();
    await settled();
    await stream.return?.();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(from.seen.returned).toBe(1);
    asked[0]?.answer('refused');
    await settled();
    expect(await stream.next()).toEqual({ done: true, value: undefined });
    expect(from.seen.returned).toBe(1);
  });

  test('before it has begun leaves its source', async () => {
    const from = source();
    await guardedStream(from.frames, redacting(), ignored)[Symbol.asyncIterator]().return?.();
    expect(from.seen).toEqual({ returned: 1, read: 0 });
  });
});

describe('the end of a text', () => {
  test('is where another one of its choice begins, which need not wait for it', async () => {
    const from = source();
    const read = open(from.frames, redacting());
    const answer = says('The answer');
    const thought = frame(chunk({ reasoning_content: 'It is ada' }));
    await from.say(role, thought);
    expect(read.text()).toBe(role);
    await from.say(answer);
    expect(read.text()).toBe(role + thought);
    await from.say(finish);
    expect(read.text()).toBe(role + thought + answer + finish);
    await from.end();
  });

  test('is not where two texts come in the same frames, and is for both where the next begins', async () => {
    const twice = (text: string) =>
      frame(chunk({ reasoning: text, reasoning_details: [{ type: 'reasoning.text', text, index: 0 }] }));
    const from = source();
    const read = open(from.frames, redacting());
    await from.say(role, twice('It is '), twice('ada@exam'), twice('ple.com'), says('The answer '));
    expect(read.text()).toBe(role + twice('It is ') + twice('[EMAIL_1]') + twice(''));
    await from.say(finish);
    expect(read.text()).toContain('The answer');
    await from.end();
  });

  test('comes for each of two that take turns, if their turns are long enough to say something', async () => {
    const think = (text: string) => frame(chunk({ reasoning: text }));
    const long = 'One more thing is to be said of this, and it is long. '.repeat(6);
    const from = source();
    const read = open(from.frames, redacting());
    await from.say(think('a'), says('b'), think(`${long}c`));
    expect(read.text()).toBe(think('a') + says('b'));
    await from.say(says('d'));
    expect(read.text()).toBe(think('a') + says('b') + think(`${long}c`));
    await from.say(think('e'), says('f'));
    expect(read.text()).toBe(think('a') + says('b') + think(`${long}c`));
    await from.say(finish);
    expect(told(read.text() + done)[0]?.message).toMatchObject({ content: 'bdf', reasoning: `a${long}ce` });
    await from.end();
  });

  test('that goes on after all is read in the light of what has left, and keeps the whole from leaving', async () => {
    const think = (text: string) => frame(chunk({ reasoning_content: text }));
    const parts = [secret.slice(0, 12), secret.slice(12, 30), secret.slice(30)] as const;
    const frames = [
      role,
      says(parts[0]),
      think('a'),
      says(parts[1]),
      think('b'),
      says(parts[2]),
      think('c'),
      finish,
      done,
    ];
    const { text } = await guarded(frames, redacting());
    const [choice] = told(text);
    expect(choice?.message.content).not.toContain(secret.slice(0, 20));
    expect(choice?.message.content).not.toContain(secret.slice(-12));
    expect(choice?.message['reasoning_content']).toBe('abc');
  });
});
