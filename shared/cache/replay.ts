/**
 * A whole completion as the frames of a stream: for each choice all it says in one delta, and its
 * end in another. A reader of streams puts the same completion together again.
 */
type Json = Readonly<Record<string, unknown>>;

const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);

/** In a stream each call of a tool says which one it is. */
const deltaOf = (message: Json): Json =>
  Array.isArray(message['tool_calls'])
    ? { ...message, tool_calls: listOf(message['tool_calls']).map((call, index) => ({ index, ...call })) }
    : message;

export function replayed(completion: Json, wantsUsage: boolean): string {
  const { choices, usage, object: _, ...common } = completion;
  const chunk = (of: readonly Json[], used: unknown = null): string =>
    frame({ ...common, object: 'chat.completion.chunk', choices: of, ...(wantsUsage && { usage: used }) });
  const said = listOf(choices).map(({ message, finish_reason: __, ...choice }) =>
    chunk([{ ...choice, delta: deltaOf((message ?? {}) as Json), finish_reason: null }]),
  );
  const ended = listOf(choices).map(({ index, finish_reason }) =>
    chunk([{ index, delta: {}, logprobs: null, finish_reason }]),
  );
  const usageFrame = wantsUsage ? [chunk([], usage ?? null)] : [];
  return [...said, ...ended, ...usageFrame, 'data: [DONE]\n\n'].join('');
}
