/** Every place of a chat body where text can stand. A member that the API adds is missing here until somebody has said what it is. */
import type OpenAI from 'openai';

type Chat = OpenAI.Chat.Completions.ChatCompletionCreateParamsNonStreaming;
type Message<Role extends string> = Extract<OpenAI.Chat.Completions.ChatCompletionMessageParam, { role: Role }>;
type Part<Type extends string> = Extract<
  OpenAI.Chat.Completions.ChatCompletionContentPart | OpenAI.Chat.Completions.ChatCompletionContentPartRefusal,
  { type: Type }
>;
type Call<Type extends string> = Extract<OpenAI.Chat.Completions.ChatCompletionMessageToolCall, { type: Type }>;

export type Body = Readonly<Record<string, unknown>>;
/** `fixed`: what it says cannot be replaced there. */
export type ChatPlace = { readonly where: string; readonly body: (text: string) => Body; readonly fixed: boolean };

type Put = (text: string) => unknown;
const fixed = (put: Put): Put => Object.assign((text: string) => put(text), { fixed: true });
const none: readonly Put[] = [];

const withMessages = (...messages: unknown[]): Body => ({ model: 'm', messages });
const asked = (content: unknown): Body => withMessages({ role: 'user', content });
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const escaped = (text: string): string =>
  [...text].map((character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`).join('');

const schemas: readonly Put[] = [
  (text) => ({ type: 'object', description: text }),
  (text) => ({ type: 'object', properties: { city: { type: 'string', description: text } } }),
  (text) => ({ title: text }),
  (text) => ({ properties: { city: { default: text } } }),
  (text) => ({ properties: { city: { examples: ['a', text] } } }),
  (text) => ({ $comment: text }),
  (text) => ({ anyOf: [{ not: { description: text } }] }),
  fixed((text) => ({ properties: { [text]: { type: 'string' } } })),
  fixed((text) => ({ required: [text] })),
  fixed((text) => ({ enum: ['a', text] })),
  fixed((text) => ({ const: text })),
  fixed((text) => ({ type: text })),
  fixed((text) => ({ pattern: text })),
  fixed((text) => ({ [text]: 1 })),
];

const functions: readonly Put[] = [
  fixed((text) => ({ name: text })),
  (text) => ({ name: 'f', description: text }),
  (text) => ({ name: 'f', unheard_of: { of: [text] } }),
  ...schemas.map((schema) =>
    ('fixed' in schema ? fixed : (put: Put) => put)((text) => ({ name: 'f', parameters: schema(text) })),
  ),
];

const within = (puts: readonly Put[], around: (inside: unknown) => unknown): readonly Put[] =>
  puts.map((put) => ('fixed' in put ? fixed : (plain: Put) => plain)((text) => around(put(text))));

const textParts: Record<keyof Part<'text'>, readonly Put[]> = {
  type: none,
  text: [(text) => ({ type: 'text', text })],
  prompt_cache_breakpoint: none,
};
const imageParts: Record<keyof Part<'image_url'>, readonly Put[]> = {
  type: none,
  image_url: [
    (text) => ({ type: 'image_url', image_url: { url: `data:image/svg+xml;base64,${base64(`<svg>${text} </svg>`)}` } }),
    fixed((text) => ({ type: 'image_url', image_url: { url: 'https://i.example/a.png', detail: text } })),
  ],
  prompt_cache_breakpoint: none,
};
const audioParts: Record<keyof Part<'input_audio'>, readonly Put[]> = {
  type: none,
  input_audio: [
    (text) => ({ type: 'input_audio', input_audio: { data: text, format: 'wav' } }),
    fixed((text) => ({ type: 'input_audio', input_audio: { data: 'UklGRg==', format: text } })),
  ],
  prompt_cache_breakpoint: none,
};
const fileOf = (type: string, contents: (text: string) => string): Put => {
  return (text) => ({ type: 'file', file: { file_data: `data:${type};base64,${base64(contents(text))}` } });
};
const fileParts: Record<keyof Part<'file'>, readonly Put[]> = {
  type: none,
  file: [
    (text) => ({ type: 'file', file: { file_id: 'file-1', filename: text } }),
    ...['text/plain', 'text/markdown', 'text/html', 'text/csv', 'application/xml', 'application/yaml', 'image/png'].map(
      (type) => fileOf(type, (text) => text),
    ),
    fileOf('text/plain; charset=utf-8', (text) => `\ufeff${text}`),
    fileOf('application/json', (text) => JSON.stringify({ a: [{ b: text }] })),
    fileOf('application/json', (text) => `{"a":"${escaped(text)}"}`),
    (text) => ({ type: 'file', file: { filename: 'a.txt', file_data: base64(text) } }),
    fixed((text) => ({ type: 'file', file: { file_data: `data:text/plain,${encodeURIComponent(text)}` } })),
    fixed((text) => ({
      type: 'file',
      file: { file_data: `data:text/plain;charset=utf-16le;base64,${Buffer.from(text, 'utf16le').toString('base64')}` },
    })),
    fixed((text) => ({
      type: 'file',
      file: { file_data: `data:text/plain;base64,${Buffer.from(`\xe9 ${text}`, 'latin1').toString('base64')}` },
    })),
  ],
  prompt_cache_breakpoint: none,
};
const refusalParts: Record<keyof Part<'refusal'>, readonly Put[]> = {
  type: none,
  refusal: [(text) => ({ type: 'refusal', refusal: text })],
};
const textContents: readonly Put[] = [
  (text) => text,
  ...within(textParts.text, (part) => [part]),
  ...within(textParts.text, (part) => [{ type: 'text', text: 'Hello.' }, part]),
  (text) => [{ type: 'text', text: 'Hello.', unheard_of: [{ of: text }] }],
];
const contents: readonly Put[] = [
  ...textContents,
  ...within([...imageParts.image_url, ...audioParts.input_audio, ...fileParts.file], (part) => [part]),
];

const system: Record<keyof Message<'system'>, readonly Put[]> = {
  role: none,
  content: textContents,
  name: [(text) => text],
};
const user: Record<keyof Message<'user'>, readonly Put[]> = { role: none, content: contents, name: [(text) => text] };
const assistantContents = within(refusalParts.refusal, (part) => [part]);
const functionCalls: Record<keyof Call<'function'>, readonly Put[]> = {
  id: [fixed((text) => ({ id: `${text} ` }))],
  type: none,
  function: [
    fixed((text) => ({ function: { name: text, arguments: '{}' } })),
    (text) => ({ function: { name: 'f', arguments: JSON.stringify({ a: { b: [text] } }) } }),
    (text) => ({ function: { name: 'f', arguments: `{"a":"${escaped(text)}"}` } }),
    (text) => ({ function: { name: 'f', arguments: `{"a":"${text}","a":"Hello."}` } }),
    (text) => ({ function: { name: 'f', arguments: JSON.stringify({ a: JSON.stringify({ b: `"${text}"` }) }) } }),
    (text) => ({ function: { name: 'f', arguments: JSON.stringify({ [text]: 1 }) } }),
    (text) => ({ function: { name: 'f', arguments: `{"a":"${text}` } }),
    (text) => ({ function: { name: 'f', arguments: '{}', unheard_of: text } }),
  ],
};
const customCalls: Record<keyof Call<'custom'>, readonly Put[]> = {
  id: none,
  type: none,
  custom: [
    fixed((text) => ({ custom: { name: text, input: '' } })),
    (text) => ({ custom: { name: 'f', input: text } }),
  ],
};
const assistant: Record<keyof Message<'assistant'>, readonly Put[]> = {
  role: none,
  content: [...textContents, ...assistantContents],
  name: [(text) => text],
  refusal: [(text) => text],
  audio: [fixed((text) => ({ id: `${text} ` }))],
  function_call: [
    fixed((text) => ({ name: text, arguments: '{}' })),
    (text) => ({ name: 'f', arguments: JSON.stringify({ a: text }) }),
  ],
  tool_calls: [
    ...within([...functionCalls.id, ...functionCalls.function], (call) => [
      { id: 'call_1', type: 'function', ...(call as object) },
    ]),
    ...within(customCalls.custom, (call) => [{ id: 'call_1', type: 'custom', ...(call as object) }]),
  ],
};
const tool: Record<keyof Message<'tool'>, readonly Put[]> = {
  role: none,
  content: [
    ...textContents,
    (text) => JSON.stringify({ found: [{ page: text }] }),
    (text) => `{"a":"${escaped(text)}"}`,
  ],
  tool_call_id: [fixed((text) => `${text} `)],
};
const ofFunction: Record<keyof Message<'function'>, readonly Put[]> = {
  role: none,
  content: [(text) => text],
  name: [fixed((text) => text)],
};

type Members = Readonly<Record<string, readonly Put[]>>;
const byRole: Record<Message<string>['role'] | 'developer' | 'user', Members> = {
  system,
  developer: system satisfies Record<keyof Message<'developer'>, readonly Put[]>,
  user,
  assistant,
  tool,
  function: ofFunction,
};

const place = (where: string, put: Put, body: (value: unknown) => Body): ChatPlace => ({
  where,
  body: (text) => body(put(text)),
  fixed: 'fixed' in put,
});

const inMessages: readonly ChatPlace[] = Object.entries(byRole).flatMap(([role, members]) => [
  ...Object.entries({ ...members, unheard_of: [(text: string) => text] }).flatMap(([member, puts]) =>
    puts.map((put, index) =>
      place(`${member} ${index} of ${role}`, put, (value) =>
        withMessages({ role: 'user', content: 'Hello.' }, { role, content: '', [member]: value }),
      ),
    ),
  ),
]);

const others: Record<Exclude<keyof Chat, 'messages' | 'stream'>, readonly Put[]> = {
  model: none,
  audio: [fixed((text) => ({ format: 'wav', voice: text }))],
  frequency_penalty: none,
  function_call: [fixed((text) => ({ name: text })), fixed((text) => text)],
  functions: within(functions, (definition) => [definition]),
  logit_bias: [fixed((text) => ({ [text]: 1 }))],
  logprobs: none,
  max_completion_tokens: none,
  max_tokens: none,
  metadata: [(text) => ({ id: text }), fixed((text) => ({ [text]: 'a' }))],
  modalities: [fixed((text) => [text])],
  moderation: [(text) => ({ model: text })],
  n: none,
  parallel_tool_calls: none,
  prediction: [
    (text) => ({ type: 'content', content: text }),
    (text) => ({ type: 'content', content: [{ type: 'text', text }] }),
  ],
  presence_penalty: none,
  prompt_cache_key: [(text) => text],
  prompt_cache_options: [fixed((text) => ({ mode: text }))],
  prompt_cache_retention: [fixed((text) => text)],
  reasoning_effort: [fixed((text) => text)],
  response_format: [
    fixed((text) => ({ type: 'json_schema', json_schema: { name: text } })),
    (text) => ({ type: 'json_schema', json_schema: { name: 'a', description: text } }),
    ...within(schemas, (schema) => ({ type: 'json_schema', json_schema: { name: 'a', schema } })),
    fixed((text) => ({ type: text })),
  ],
  safety_identifier: [(text) => text],
  seed: none,
  service_tier: [fixed((text) => text)],
  stop: [fixed((text) => text), fixed((text) => ['.', text])],
  store: none,
  stream_options: [(text) => ({ unheard_of: text })],
  temperature: none,
  tool_choice: [
    fixed((text) => text),
    fixed((text) => ({ type: 'function', function: { name: text } })),
    fixed((text) => ({ type: 'custom', custom: { name: text } })),
    fixed((text) => ({
      type: 'allowed_tools',
      allowed_tools: { mode: 'auto', tools: [{ type: 'function', name: text }] },
    })),
  ],
  tools: [
    ...within(functions, (definition) => [{ type: 'function', function: definition }]),
    fixed((text) => [{ type: 'custom', custom: { name: text } }]),
    (text) => [{ type: 'custom', custom: { name: 'f', description: text } }],
    fixed((text) => [
      {
        type: 'custom',
        custom: { name: 'f', format: { type: 'grammar', grammar: { syntax: 'lark', definition: text } } },
      },
    ]),
    (text) => [{ type: 'function', function: { name: 'f' }, unheard_of: text }],
  ],
  top_logprobs: none,
  top_p: none,
  user: [(text) => text],
  verbosity: [fixed((text) => text)],
  web_search_options: [
    (text) => ({ user_location: { type: 'approximate', approximate: { city: text } } }),
    fixed((text) => ({ search_context_size: text })),
  ],
};

const besideMessages: readonly ChatPlace[] = Object.entries({
  ...others,
  unheard_of: [(text: string) => [{ of: text }]],
}).flatMap(([member, puts]) =>
  puts.map((put, index) => place(`${member} ${index}`, put, (value) => ({ ...asked('Hello.'), [member]: value }))),
);

export const chatPlaces: readonly ChatPlace[] = [
  ...inMessages,
  ...besideMessages,
  place(
    'the name of an unheard of member',
    fixed((text) => text),
    (name) => ({ ...asked('Hello.'), [String(name)]: 1 }),
  ),
];
