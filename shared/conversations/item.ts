/** One item of a conversation, as the Responses API speaks of them. Pure. */

/** With an id of its own, under which it is found. */
export type Item = Readonly<Record<string, unknown>> & { readonly id: string; readonly type: string };

export type PlacedItem = { readonly position: number; readonly item: Item };

/** What ids of items begin with. https://platform.openai.com/docs/api-reference/conversations/list-items-object */
const prefixes = {
  message: 'msg_',
  function_call: 'fc_',
  function_call_output: 'fco_',
  reasoning: 'rs_',
  mcp_call: 'mcp_',
  mcp_list_tools: 'mcpl_',
  mcp_approval_request: 'mcpr_',
  mcp_approval_response: 'mcpa_',
  file_search_call: 'fs_',
  web_search_call: 'ws_',
  computer_call: 'cu_',
  computer_call_output: 'cuo_',
  image_generation_call: 'ig_',
  code_interpreter_call: 'ci_',
  local_shell_call: 'lsh_',
  local_shell_call_output: 'lsho_',
  shell_call: 'sh_',
  shell_call_output: 'sho_',
  apply_patch_call: 'ap_',
  apply_patch_call_output: 'apo_',
  custom_tool_call: 'ctc_',
  custom_tool_call_output: 'ctco_',
  compaction: 'cmp_',
} as const;

export const itemTypes = Object.keys(prefixes) as readonly (keyof typeof prefixes)[];

export const prefixOf = (type: string): string => (prefixes as Readonly<Record<string, string>>)[type] ?? 'item_';

/** Those whose status says whether they are whole. */
const withStatus = new Set<string>([
  ...['message', 'function_call', 'function_call_output', 'custom_tool_call', 'computer_call', 'computer_call_output'],
  ...['local_shell_call', 'local_shell_call_output', 'shell_call', 'shell_call_output', 'apply_patch_call'],
  ...['apply_patch_call_output', 'web_search_call', 'file_search_call', 'code_interpreter_call'],
]);

export type GivenItem = Readonly<Record<string, unknown>>;

/** A text in place of content means one part of it. */
function contentOf({ role, content }: GivenItem): unknown {
  if (typeof content !== 'string') return content;
  return role === 'assistant'
    ? [{ type: 'output_text', text: content, annotations: [], logprobs: [] }]
    : [{ type: 'input_text', text: content }];
}

/** As it is kept and shown: with its type, its id, and its content in parts. */
export function itemOf(given: GivenItem, newId: (prefix: string) => string, keepsId: boolean): Item {
  const type = typeof given['type'] === 'string' ? given['type'] : 'message';
  const ownId = keepsId && typeof given['id'] === 'string' ? given['id'] : null;
  return {
    ...given,
    ...(type === 'message' && { content: contentOf(given) }),
    ...(withStatus.has(type) && { status: given['status'] ?? 'completed' }),
    id: ownId ?? newId(prefixOf(type)),
    type,
  };
}

/** What a picture or a file weighs, however long its data: the tokens of the smallest. */
const mostOfData = 85 * 8;
/** What frames a message, in tokens, and the least of it. */
const ofItsFrame = 3 * 8;

const names = new Set(['id', 'type', 'role', 'status', 'call_id', 'detail', 'annotations', 'logprobs', 'phase']);

/**
 * Its texts in bytes, which are no more than about eight for each of its tokens: what history is read by, so it must
 * not be more of them than the model counts.
 */
export function weightOf(item: Readonly<Record<string, unknown>>): number {
  let weight = ofItsFrame;
  const pending: unknown[] = Object.entries(item).flatMap(([name, value]) => (names.has(name) ? [] : [value]));
  while (pending.length > 0) {
    const value = pending.pop();
    if (typeof value === 'string') {
      weight +=
        value.startsWith('data:') || value.length > 200_000
          ? Math.min(mostOfData, value.length)
          : Buffer.byteLength(value);
    } else if (Array.isArray(value)) for (const one of value) pending.push(one);
    else if (typeof value === 'object' && value !== null)
      for (const [name, one] of Object.entries(value)) if (!names.has(name)) pending.push(one);
  }
  return weight;
}
