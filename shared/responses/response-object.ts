/** A Response as OpenAI gives it: what was asked, and what became of it. */
type JsonObject = Readonly<Record<string, unknown>>;

export type Made = {
  /** `resp_…` */
  readonly id: string;
  /** In seconds, as everything here. */
  readonly createdAt: number;
};

/** How an answer ended. */
export type Ending =
  | { readonly status: 'in_progress' }
  | { readonly status: 'completed'; readonly completedAt: number }
  | { readonly status: 'incomplete'; readonly reason: 'max_output_tokens' | 'content_filter' };

/** What the provider says of its own work. */
export type Told = {
  readonly model: string | null;
  readonly serviceTier: string | null;
  readonly usage: JsonObject | null;
};

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const echoedTool = (tool: unknown): unknown =>
  isObject(tool) && tool['type'] === 'function' ? { parameters: null, strict: null, ...tool } : tool;

function textOf({ text }: JsonObject): JsonObject {
  const given = isObject(text) ? text : {};
  return { ...given, format: given['format'] ?? { type: 'text' } };
}

function reasoningOf({ reasoning }: JsonObject): JsonObject {
  const given = isObject(reasoning) ? reasoning : {};
  return { ...given, effort: given['effort'] ?? null, summary: given['summary'] ?? null };
}

export function responseObject(
  request: JsonObject,
  { id, createdAt }: Made,
  told: Told,
  output: readonly JsonObject[],
  ending: Ending,
): JsonObject {
  const said = (name: string, otherwise: unknown = null): unknown => request[name] ?? otherwise;
  const tools = request['tools'];
  return {
    id,
    object: 'response',
    created_at: createdAt,
    status: ending.status,
    background: said('background', false),
    ...(ending.status === 'completed' && { completed_at: ending.completedAt }),
    error: null,
    incomplete_details: ending.status === 'incomplete' ? { reason: ending.reason } : null,
    access_programs: null,
    instructions: said('instructions'),
    max_output_tokens: said('max_output_tokens'),
    max_tool_calls: said('max_tool_calls'),
    metadata: said('metadata', {}),
    model: told.model ?? said('model'),
    output,
    parallel_tool_calls: said('parallel_tool_calls', true),
    previous_response_id: said('previous_response_id'),
    prompt_cache_key: said('prompt_cache_key'),
    reasoning: reasoningOf(request),
    safety_identifier: said('safety_identifier'),
    service_tier: told.serviceTier ?? said('service_tier'),
    store: said('store', true),
    temperature: said('temperature'),
    text: textOf(request),
    tool_choice: said('tool_choice', 'auto'),
    tools: Array.isArray(tools) ? tools.map(echoedTool) : [],
    top_logprobs: said('top_logprobs', 0),
    top_p: said('top_p'),
    truncation: said('truncation', 'disabled'),
    usage: told.usage,
    user: said('user'),
  };
}
