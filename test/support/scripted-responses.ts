/** What a provider says that speaks the Responses API itself. */
type Event = { readonly type: string; readonly [name: string]: unknown };

export const responseUsage = (input: number, output: number, cached = 0) => ({
  input_tokens: input,
  input_tokens_details: { cached_tokens: cached, cache_write_tokens: 0 },
  output_tokens: output,
  output_tokens_details: { reasoning_tokens: 0 },
  total_tokens: input + output,
});

export const outputText = (text: string) => ({ type: 'output_text', text, annotations: [], logprobs: [] });

export const message = (text: string | null, status = 'completed') => ({
  id: 'msg_scripted',
  type: 'message',
  role: 'assistant',
  status,
  content: text === null ? [] : [outputText(text)],
});

export const functionCall = (name: string, args: string, status = 'completed') => ({
  id: 'fc_scripted',
  type: 'function_call',
  call_id: 'call_scripted',
  name,
  arguments: args,
  status,
});

export const response = (status: string, output: readonly unknown[], more: object = {}) => ({
  id: 'resp_scripted',
  object: 'response',
  created_at: 1_700_000_000,
  status,
  model: 'scripted',
  output,
  error: null,
  incomplete_details: null,
  instructions: null,
  metadata: {},
  tools: [],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  temperature: 1,
  top_p: 1,
  usage: null,
  ...more,
});

export const respondedWith = (text: string, used: unknown = responseUsage(10, 5)) =>
  response('completed', [message(text)], { usage: used });

export const eventFrame = (event: Event): string => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;

/** Numbered, as a stream's frames. */
export const eventFrames = (events: readonly Event[]): string[] =>
  events.map(({ type, ...rest }, sequence_number) => eventFrame({ type, sequence_number, ...rest }));

const inText = { item_id: 'msg_scripted', output_index: 0, content_index: 0 };

export const begun: readonly Event[] = [
  { type: 'response.created', response: response('in_progress', []) },
  { type: 'response.in_progress', response: response('in_progress', []) },
];

/** A message in pieces, without the beginning and the end of its response. */
export function spokenEvents(words: readonly string[]): readonly Event[] {
  const text = words.join('');
  return [
    { type: 'response.output_item.added', output_index: 0, item: message(null, 'in_progress') },
    { type: 'response.content_part.added', ...inText, part: outputText('') },
    ...words.map((delta) => ({ type: 'response.output_text.delta', ...inText, delta, logprobs: [] })),
    { type: 'response.output_text.done', ...inText, text, logprobs: [] },
    { type: 'response.content_part.done', ...inText, part: outputText(text) },
    { type: 'response.output_item.done', output_index: 0, item: message(text) },
  ];
}

/** A call of a function in pieces, behind `before` other items. */
export function calledEvents(name: string, args: readonly string[], before = 0): readonly Event[] {
  const whole = args.join('');
  const inCall = { item_id: 'fc_scripted', output_index: before };
  return [
    { type: 'response.output_item.added', output_index: before, item: functionCall(name, '', 'in_progress') },
    ...args.map((delta) => ({ type: 'response.function_call_arguments.delta', ...inCall, delta })),
    { type: 'response.function_call_arguments.done', ...inCall, name, arguments: whole },
    { type: 'response.output_item.done', output_index: before, item: functionCall(name, whole) },
  ];
}

export const completed = (output: readonly unknown[], used: unknown): Event => ({
  type: 'response.completed',
  response: response('completed', output, { usage: used }),
});

/** The frames of a stream that says these words, one a delta. */
export const respondedEvents = (words: readonly string[], used: unknown = responseUsage(10, words.length)): string[] =>
  eventFrames([...begun, ...spokenEvents(words), completed([message(words.join(''))], used)]);
