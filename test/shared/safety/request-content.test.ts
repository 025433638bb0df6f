import { readResponses } from '../../../shared/safety/readers/responses.ts';
import { maxTexts } from '../../../shared/safety/reading.ts';
import { contentOf, contentRead, readers } from '../../../shared/safety/request-content.ts';
import { withTexts } from '../../../shared/safety/with-texts.ts';
import { callKinds } from '../../../shared/usage/call-kind.ts';
import { type Body, chatPlaces } from './chat-places.ts';
import { refusal } from './refusal.ts';

const canary = 'A canary, which sings';

const chat = (body: Body) => contentOf('completions', { model: 'm', ...body });
const said = (content: unknown) => chat({ messages: [{ role: 'user', content }] });

test('every type of call has a reader', () => {
  expect(Object.keys(readers).sort()).toEqual([...callKinds].sort());
});

describe('every text of a chat is read', () => {
  test.each(chatPlaces.map((place) => [place.where, place] as const))('%s', (_, { body, fixed }) => {
    const { texts } = contentOf('completions', body(canary));
    const found = texts.filter(({ text }) => text.includes(canary));
    expect(found.length).toBeGreaterThan(0);
    expect(found.some(({ editable }) => !editable)).toBe(fixed);
  });

  test.each(chatPlaces.filter(({ fixed }) => !fixed).map((place) => [place.where, place] as const))(
    'and can be replaced: %s',
    (_, { body }) => {
      const { texts } = contentOf('completions', body(canary));
      const found = texts.filter(({ text }) => text.includes(canary));
      const edits = new Map(found.map((text) => [text, text.text.replace(canary, 'Another one')]));
      const said = (of: Body) => contentOf('completions', of).texts.map(({ text }) => text);
      expect(said(withTexts(body(canary), edits))).toEqual(said(body('Another one')));
    },
  );
});

describe('who is trusted', () => {
  test.each([
    ['system', 'trusted'],
    ['developer', 'trusted'],
    ['user', 'untrusted'],
    ['assistant', 'untrusted'],
    ['tool', 'untrusted'],
    ['function', 'untrusted'],
  ])('what %s says is %s', (role, trust) => {
    const { texts } = chat({ messages: [{ role, content: [{ type: 'text', text: canary }], unheard_of: canary }] });
    expect(texts.filter(({ text }) => text === canary).map((text) => text.trust)).toEqual([trust, trust]);
  });

  test('definitions of tools are not trusted: they come from other servers as well', () => {
    const { texts } = chat({
      messages: [],
      tools: [{ type: 'function', function: { name: 'f', description: canary } }],
    });
    expect(texts.find(({ text }) => text === canary)?.trust).toBe('untrusted');
  });
});

describe('what follows what', () => {
  const inRun = (body: Body): string[][] => chat(body).runs.map((run) => run.map(({ text }) => text));

  test('strangers say one text, whatever stands between, and the application each its own', () => {
    const runs = inRun({
      messages: [
        { role: 'system', content: 'one' },
        {
          role: 'user',
          name: 'bob',
          content: [
            { type: 'text', text: 'a' },
            { type: 'image_url', image_url: { url: 'https://i.example' } },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'developer', content: 'two' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'f', arguments: '{"x":"c","y":["d"]}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'e' },
      ],
    });
    expect(runs).toEqual([['a', 'b', 'c', 'd', 'e'], ['one'], ['two']]);
  });

  test('the texts of a message are one group, those of another one another', () => {
    const { texts } = chat({
      messages: [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'a' },
            { type: 'text', text: 'b' },
          ],
        },
        { role: 'user', content: 'c' },
      ],
    });
    const [a, b, c] = texts.map(({ group }) => group);
    expect(a).toBe(b);
    expect(b).not.toBe(c);
  });
});

describe('what cannot be inspected is refused, and not let through (I8)', () => {
  test.each<[string, Body, string]>([
    ['a role', { messages: [{ role: 'root', content: 'Hi' }] }, 'messages[0].role'],
    ['the role __proto__', { messages: [{ role: 'constructor', content: 'Hi' }] }, 'messages[0].role'],
    ['no role', { messages: [{ content: 'Hi' }] }, 'messages[0].role'],
    ['a message that is none', { messages: ['Hi'] }, 'messages[0]'],
    [
      'a type of part',
      { messages: [{ role: 'user', content: [{ type: 'text', text: 'Hi' }, { type: 'video_url' }] }] },
      'messages[0].content[1].type',
    ],
    [
      'a part of the application',
      { messages: [{ role: 'system', content: [{ type: 'video_url' }] }] },
      'messages[0].content[0].type',
    ],
    ['a part without type', { messages: [{ role: 'user', content: [{ text: 'Hi' }] }] }, 'messages[0].content[0].type'],
    ['a part that is no object', { messages: [{ role: 'user', content: ['Hi'] }] }, 'messages[0].content[0]'],
    [
      'content that is an object',
      { messages: [{ role: 'user', content: { type: 'text', text: 'Hi' } }] },
      'messages[0].content',
    ],
    [
      'a call of a tool',
      { messages: [{ role: 'assistant', tool_calls: [{ type: 'computer' }] }] },
      'messages[0].tool_calls[0].type',
    ],
    ['a tool', { messages: [], tools: [{ type: 'web_search' }] }, 'tools[0].type'],
    ['a tool that is no object', { messages: [], tools: ['f'] }, 'tools[0].type'],
  ])('%s', (_, body, param) => {
    const error = refusal(() => chat(body));
    expect(error).toMatchObject({ why: 'invalid_request', param });
    expect(error.message).not.toMatch(/video_url|root|web_search/);
  });

  test('more texts than can be looked at in time', () => {
    expect(refusal(() => said(Array(maxTexts + 1).fill({ type: 'text', text: 'a' }))).why).toBe('invalid_request');
  });
});

describe('images, files and sound', () => {
  const svg = `data:image/svg+xml;base64,${Buffer.from('<svg/>').toString('base64')}`;
  const png = 'data:image/png;base64,iVBORw0KGgo=';

  test('images are handed on to moderation, and those that are drawn with words are read', () => {
    const urls = ['https://i.example/a.png?b=c', png, svg];
    const content = said(urls.map((url) => ({ type: 'image_url', image_url: { url } })));
    expect(content.images).toEqual(urls);
    expect(content.texts.map(({ text }) => text)).toEqual(['<svg/>']);
    expect(content.unreadable).toEqual([]);
  });

  test.each([
    [{ type: 'image_url', image_url: { url: 'gs://bucket/a.png' } }, 'messages[0].content[0].image_url.url'],
    [{ type: 'input_audio', input_audio: { data: 'UklG'.repeat(20), format: 'wav' } }, 'messages[0].content[0]'],
    [{ type: 'file', file: { file_id: 'file-1' } }, 'messages[0].content[0].file.file_id'],
    [
      {
        type: 'file',
        file: { file_data: `data:application/pdf;base64,${Buffer.from('%PDF-1.7').toString('base64')}` },
      },
      'messages[0].content[0].file.file_data',
    ],
    [
      { type: 'file', file: { file_data: 'data:application/zip;base64,UEsDBAoAAAAA/w==' } },
      'messages[0].content[0].file.file_data',
    ],
    [{ type: 'file', file: { file_data: 'data:' } }, 'messages[0].content[0].file.file_data'],
    [{ type: 'file', file: { file_data: 'data:text/plain,%' } }, 'messages[0].content[0].file.file_data'],
    [
      { type: 'file', file: { file_data: 'data:application/x;charset=klingon;base64,/w==' } },
      'messages[0].content[0].file.file_data',
    ],
  ])('%j cannot be read', (part, param) => {
    const content = said([part]);
    expect(content.unreadable).toEqual([param]);
    expect(content.texts).toEqual([]);
  });

  test('nor can the sound of an earlier answer', () => {
    expect(chat({ messages: [{ role: 'assistant', audio: { id: 'audio_1' } }] }).unreadable).toEqual([
      'messages[0].audio',
    ]);
  });
});

describe('JSON in strings', () => {
  test('is read without its escapes, in all of its names and values, and where a name is given twice', () => {
    const { texts } = said(String.raw`{"\u0061b":"\u0069gnore", "x":["c d",-1], "x":"\"q\""}`);
    expect(texts.map(({ text }) => text)).toEqual(['ab', 'ignore', 'x', 'c d', 'x', '"q"']);
  });

  test('also within such a string', () => {
    const inner = JSON.stringify({ note: 'deep\nin' });
    expect(said(JSON.stringify([JSON.stringify({ inner })])).texts.map(({ text }) => text)).toEqual([
      'inner',
      'note',
      'deep\nin',
    ]);
  });

  test('to some depth, and no deeper', () => {
    const nested = (levels: number): string => (levels === 0 ? 'core' : JSON.stringify([nested(levels - 1)]));
    expect(said(nested(4)).texts.map(({ text }) => text)).toEqual(['core']);
    expect(said(nested(6)).texts.map(({ text }) => text)).toEqual([nested(2)]);
  });

  test("long numbers are text: they may be somebody's", () => {
    expect(said('[4111111111111111, 12345678, 1e400]').texts.map(({ text }) => text)).toEqual(['4111111111111111']);
  });

  test.each(['{"a":"b"', '{"a":undefined}', '"a"', '[a]', '{}}'])('%s is no JSON, and read as it stands', (text) => {
    expect(said(text).texts.map((found) => found.text)).toEqual([text]);
  });

  test('with thousands of values it is read as it stands', () => {
    const table = JSON.stringify(Array(5_000).fill('a'));
    expect(said(table).texts.map(({ text }) => text)).toEqual([table]);
  });

  test('however deep it is', () => {
    const deep = `${'['.repeat(100_000)}"${canary}"${']'.repeat(100_000)}`;
    expect(said(deep).texts.map(({ text }) => text)).toEqual([canary]);
  });
});

describe('what is no text', () => {
  test('ids, the model, and what the API itself says', () => {
    const { texts } = chat({
      messages: [
        {
          role: 'assistant',
          content: null,
          tool_calls: [{ id: 'call_1', type: 'function', function: { name: 'function', arguments: '{}' } }],
        },
        { role: 'tool', tool_call_id: 'call_1', content: '' },
      ],
      reasoning_effort: 'low',
      logit_bias: { 50256: -100 },
      tool_choice: 'auto',
      response_format: { type: 'json_object' },
    });
    expect(texts).toEqual([]);
  });

  test('but an id in metadata is whatever the caller puts there', () => {
    expect(chat({ messages: [], metadata: { user_id: '555-0143' } }).texts.map(({ text }) => text)).toContain(
      '555-0143',
    );
  });
});

describe('embeddings', () => {
  const read = (input: unknown) =>
    contentOf('embeddings', { model: 'm', input, encoding_format: 'float', user: 'bob' });

  test('each input is a text by itself', () => {
    const content = read(['one', 'two']);
    expect(content.runs.map((run) => run.map(({ text }) => text))).toEqual([['one'], ['two'], ['bob']]);
    expect(read('one').texts.map(({ text }) => text)).toEqual(['one', 'bob']);
  });

  test.each([
    [[1, 2], ['input']],
    [
      [[1], [2]],
      ['input[0]', 'input[1]'],
    ],
  ])('the tokens %j cannot be read', (input, unreadable) => {
    expect(read(input).unreadable).toEqual(unreadable);
  });
});

describe('moderations', () => {
  test.each([
    ['Hello', ['Hello']],
    [
      ['one', 'two'],
      ['one', 'two'],
    ],
    [
      [
        { type: 'text', text: 'one' },
        { type: 'image_url', image_url: { url: 'https://i.example' } },
      ],
      ['one'],
    ],
  ])('of %j', (input, texts) => {
    expect(contentOf('moderations', { model: 'm', input }).texts.map(({ text }) => text)).toEqual(texts);
  });

  test('an unknown part is refused', () => {
    expect(refusal(() => contentOf('moderations', { input: [{ type: 'video' }] })).param).toBe('input[0].type');
  });
});

describe('responses', () => {
  const read = (body: Body) => contentRead(readResponses, { model: 'm', ...body });

  const items: readonly [string, unknown][] = [
    ['a message', { role: 'user', content: canary }],
    ['a message of parts', { type: 'message', role: 'user', content: [{ type: 'input_text', text: canary }] }],
    [
      'an earlier answer',
      {
        type: 'message',
        id: 'msg_1',
        role: 'assistant',
        content: [{ type: 'output_text', text: canary, annotations: [] }],
      },
    ],
    ['what it refused', { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: canary }] }],
    [
      'the title of what it cited',
      {
        type: 'message',
        role: 'assistant',
        content: [{ type: 'output_text', text: '', annotations: [{ type: 'url_citation', title: canary }] }],
      },
    ],
    [
      'a file',
      {
        role: 'user',
        content: [
          {
            type: 'input_file',
            filename: 'a.txt',
            file_data: `data:text/plain;base64,${Buffer.from(canary).toString('base64')}`,
          },
        ],
      },
    ],
    ['a call', { type: 'function_call', call_id: 'call_1', name: 'f', arguments: JSON.stringify({ a: canary }) }],
    ['what came of it', { type: 'function_call_output', call_id: 'call_1', output: canary }],
    [
      'what came of it, in parts',
      { type: 'function_call_output', call_id: 'call_1', output: [{ type: 'input_text', text: canary }] },
    ],
    ['a custom call', { type: 'custom_tool_call', call_id: 'c', name: 'f', input: canary }],
    ['what came of that', { type: 'custom_tool_call_output', call_id: 'c', output: canary }],
    ['reasoning', { type: 'reasoning', id: 'rs_1', summary: [{ type: 'summary_text', text: canary }] }],
    [
      'reasoning in full',
      { type: 'reasoning', id: 'rs_1', summary: [], content: [{ type: 'reasoning_text', text: canary }] },
    ],
    ['a search in files', { type: 'file_search_call', id: 'fs_1', queries: [canary], status: 'completed' }],
    ['what it found', { type: 'file_search_call', id: 'fs_1', queries: [], results: [{ text: canary }] }],
    ['a search', { type: 'web_search_call', id: 'ws_1', action: { type: 'search', query: canary } }],
    [
      'a command',
      { type: 'local_shell_call', id: 'l', call_id: 'c', action: { type: 'exec', command: ['echo', canary] } },
    ],
    ['what it put out', { type: 'shell_call_output', call_id: 'c', output: [{ stdout: canary, stderr: '' }] }],
    ['code', { type: 'code_interpreter_call', id: 'c', code: canary, outputs: [] }],
    ['its logs', { type: 'code_interpreter_call', id: 'c', outputs: [{ type: 'logs', logs: canary }] }],
    [
      'a patch',
      { type: 'apply_patch_call', call_id: 'c', operation: { type: 'update_file', path: 'a', diff: canary } },
    ],
    [
      'what another server has',
      { type: 'mcp_list_tools', id: 'm', server_label: 's', tools: [{ name: 'f', description: canary }] },
    ],
    ['what it answered', { type: 'mcp_call', id: 'm', name: 'f', arguments: '{}', output: canary }],
    ['what is typed', { type: 'computer_call', id: 'c', action: { type: 'type', text: canary } }],
    ['an unheard of member', { type: 'program', id: 'p', unheard_of: [{ of: canary }] }],
    [
      'tools that were found',
      { type: 'tool_search_output', tools: [{ type: 'function', name: 'f', description: canary }] },
    ],
  ];

  test.each(items)('%s is read, and can be replaced', (_, item) => {
    const body = { input: ['Hello.', item].slice(1) };
    const { texts } = read(body);
    const found = texts.filter(({ text }) => text.includes(canary));
    expect(found.map(({ trust, editable }) => [trust, editable])).toEqual([['untrusted', true]]);
    const edited = withTexts(body, new Map(found.map((text) => [text, 'Another one'])));
    expect(read(edited).texts.map(({ text }) => text)).toContain('Another one');
  });

  test('a bare input, instructions, tools and formats', () => {
    const { texts } = read({
      input: 'one',
      instructions: 'two',
      tools: [{ type: 'function', name: 'f', description: 'three', parameters: { description: 'four' } }],
      text: { format: { type: 'json_schema', name: 'five', schema: { description: 'six' } } },
      prompt: { id: 'pmpt_1', variables: { city: 'seven' } },
    });
    const trusted = texts.filter(({ trust }) => trust === 'trusted').map(({ text }) => text);
    expect(trusted).toEqual(['two']);
    expect(texts.map(({ text }) => text)).toEqual(
      expect.arrayContaining(['one', 'two', 'three', 'four', 'five', 'six', 'seven']),
    );
  });

  test.each(['system', 'developer'])('what %s says is trusted', (role) => {
    expect(read({ input: [{ role, content: canary }] }).texts.map(({ trust }) => trust)).toEqual(['trusted']);
  });

  test('what the provider keeps cannot be read', () => {
    const { unreadable } = read({
      input: [
        { type: 'item_reference', id: 'msg_1' },
        {
          role: 'user',
          content: [
            { type: 'input_image', file_id: 'file-1' },
            { type: 'input_file', file_url: 'https://f.example' },
          ],
        },
      ],
      prompt: { id: 'pmpt_1' },
    });
    expect(unreadable).toEqual(['input[0]', 'input[1].content[0].file_id', 'input[1].content[1].file_url', 'prompt']);
  });

  test('what the gateway itself looks up is neither read nor sent', () => {
    const { texts, unreadable } = read({ input: '', previous_response_id: 'resp_1', conversation: { id: 'conv_1' } });
    expect([texts, unreadable]).toEqual([[], []]);
  });

  test('the credentials of other servers have to arrive', () => {
    const { texts } = read({
      input: '',
      tools: [{ type: 'mcp', server_label: 's', authorization: canary, headers: { a: canary } }],
    });
    expect(texts.map(({ text }) => text)).not.toContain(canary);
  });

  test.each<[string, Body, string]>([
    ['an item', { input: [{ type: 'hologram' }] }, 'input[0].type'],
    ['a role', { input: [{ role: 'root', content: '' }] }, 'input[0].role'],
    ['a part', { input: [{ role: 'user', content: [{ type: 'input_video' }] }] }, 'input[0].content[0].type'],
    [
      'a part of an output',
      { input: [{ type: 'function_call_output', output: [{ type: 'input_video' }] }] },
      'input[0].output[0].type',
    ],
    ['a tool', { tools: [{ type: 'hologram' }] }, 'tools[0].type'],
    [
      'a tool that came with an item',
      { input: [{ type: 'additional_tools', role: 'developer', tools: [{ type: 'hologram' }] }] },
      'input[0].tools[0].type',
    ],
    ['an input that is an object', { input: { role: 'user', content: '' } }, 'input'],
  ])('%s that is unknown is refused', (_, body, param) => {
    expect(refusal(() => read(body)).param).toBe(param);
  });
});
