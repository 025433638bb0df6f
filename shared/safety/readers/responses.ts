/** `POST /v1/responses`. https://platform.openai.com/docs/api-reference/responses/create */
import { anything, definitions, type MemberRules, objectsOfTheApi } from '../member-names.ts';
import { asObject, isObject, itemsOf, knownOrRefused, member } from '../members.ts';
import type { Place, Reading } from '../reading.ts';
import type { Body, Path } from '../request-text.ts';
import { readTools } from './completions.ts';
import { checkContent } from './content-parts.ts';
import type { Reader } from './reader.ts';

const roles = new Set(['system', 'developer', 'user', 'assistant']);
const trustedRoles = new Set(['system', 'developer']);
const partTypes = new Set([
  ...['input_text', 'input_image', 'input_file', 'input_audio', 'output_text', 'refusal'],
  ...['reasoning_text', 'summary_text', 'text', 'computer_screenshot'],
]);
const callTypes = [
  ...['function_call', 'file_search_call', 'computer_call', 'web_search_call', 'tool_search_call', 'mcp_call'],
  ...['custom_tool_call', 'local_shell_call', 'shell_call', 'apply_patch_call', 'code_interpreter_call'],
  ...['image_generation_call', 'program'],
];
const outputTypes = [
  ...['function_call_output', 'computer_call_output', 'tool_search_output', 'custom_tool_call_output'],
  ...['local_shell_call_output', 'shell_call_output', 'apply_patch_call_output', 'program_output'],
];
const otherTypes = [
  ...['message', 'reasoning', 'compaction', 'compaction_trigger', 'item_reference', 'additional_tools'],
  ...['configuration_update', 'mcp_list_tools', 'mcp_approval_request', 'mcp_approval_response'],
];
const itemTypes = new Set([...otherTypes, ...callTypes, ...outputTypes]);
/** They are texts that define something, wherever they stand. */
const definingTypes = new Set(['additional_tools', 'tool_search_output', 'mcp_list_tools', 'configuration_update']);
const toolTypes = new Set([
  ...['function', 'custom', 'namespace', 'tool_search', 'programmatic_tool_calling', 'mcp', 'file_search'],
  ...['web_search', 'web_search_2025_08_26', 'web_search_preview', 'web_search_preview_2025_03_11'],
  ...['computer', 'computer_use_preview', 'code_interpreter', 'image_generation', 'local_shell', 'shell'],
  'apply_patch',
]);

/** An item without a type is a message, or refers to something by its id. */
const typeOf = (item: Body): unknown => item['type'] ?? ('role' in item ? 'message' : 'item_reference');

const contents = ['content', 'output', 'summary'] as const;

function readItem(reading: Reading, path: Path, item: Body, conversation: Place): void {
  const type = knownOrRefused([...path, 'type'], typeOf(item), 'an item', itemTypes);
  const role = type === 'message' ? knownOrRefused([...path, 'role'], item['role'], 'messages of a role', roles) : '';
  if (type === 'item_reference') reading.unreadable(path);
  for (const name of contents) {
    // What shells put out has no type.
    if (type !== 'shell_call_output' && (name !== 'output' || Array.isArray(item[name]))) {
      checkContent(reading, [...path, name], item[name], partTypes);
    }
  }
  for (const [place, tool] of itemsOf([...path, 'tools'], type === 'mcp_list_tools' ? null : item['tools'])) {
    knownOrRefused([...place, 'type'], member(tool, 'type'), 'a tool', toolTypes);
  }
  const { run, beside } = conversation;
  const where = reading.place(trustedRoles.has(role) ? { trust: 'trusted' } : { run, beside });
  if (definingTypes.has(type)) reading.define(path, item, { ...where, rules: definitions });
  else reading.walk(path, item, where);
}

/** What the gateway reads by itself, and never sends: what they stand for is in the input. */
const neverSent = new Set(['previous_response_id', 'conversation']);

const readApart = new Set(['model', 'input', 'tools', 'instructions']);
const definitionNames = new Set(['text']);
const freeNames = new Set(['metadata', 'user', 'safety_identifier', 'prompt_cache_key', 'prompt']);

function rulesOf(name: string): MemberRules {
  if (definitionNames.has(name)) return definitions;
  return freeNames.has(name) ? anything : objectsOfTheApi;
}

export const readResponses: Reader = (reading, body) => {
  const conversation = reading.place();
  if (body['input'] !== undefined && !Array.isArray(body['input'])) {
    checkContent(reading, ['input'], body['input'], partTypes);
    reading.walk(['input'], body['input'], conversation);
  }
  for (const [path, item] of itemsOf(['input'], body['input'])) {
    readItem(reading, path, asObject(path, item), conversation);
  }
  readTools(reading, ['tools'], withoutCredentials(body['tools']), toolTypes);
  reading.walk(['instructions'], body['instructions'], reading.place({ trust: 'trusted' }));
  // Kept by a provider: nobody here has seen it.
  if (body['prompt'] != null) reading.unreadable(['prompt']);
  const { group } = reading.place();
  for (const [name, value] of Object.entries(body)) {
    if (readApart.has(name) || neverSent.has(name)) continue;
    const where = reading.place({ group, rules: rulesOf(name) });
    if (definitionNames.has(name)) reading.define([name], value, where);
    else reading.member([], name, value, where);
  }
};

/** With them the provider asks another server. No model sees them, and they have to arrive. */
const withoutCredentials = (tools: unknown): unknown =>
  Array.isArray(tools)
    ? tools.map((tool: unknown) => {
        if (!isObject(tool) || tool['type'] !== 'mcp') return tool;
        const { authorization: _authorization, headers: _headers, ...others } = tool;
        return others;
      })
    : tools;
