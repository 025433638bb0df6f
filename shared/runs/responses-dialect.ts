/** Tools in responses. https://platform.openai.com/docs/guides/function-calling?api-mode=responses */
import type { Tool } from '../tools/tool.ts';
import {
  type AskedBody,
  type Dialect,
  type Json,
  type ModelToolCall,
  objectsIn,
  type ToolOutcome,
  textOf,
} from './dialect.ts';

export const outputOf = (response: Json): readonly Json[] => objectsIn(response['output']);

export const isOwnCall = (item: Json, tools: ReadonlyMap<string, Tool>): boolean =>
  item['type'] === 'function_call' && typeof item['name'] === 'string' && tools.has(item['name']);

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

export const callOf = (item: Json): ModelToolCall => ({
  id: text(item['call_id']),
  name: text(item['name']),
  argumentsText: text(item['arguments']),
});

/** Which tools the gateway runs is seen as of a server of tools: https://platform.openai.com/docs/guides/tools-remote-mcp */
const serverLabel = 'sluice';

/** Nothing of it is known yet but that it is called. */
export const callShown = (item: Json, id: string): Json => ({
  id,
  type: 'mcp_call',
  server_label: serverLabel,
  name: item['name'],
  arguments: item['arguments'] ?? '',
  approval_request_id: null,
  output: null,
  error: null,
  status: 'in_progress',
});

/** With what it has brought; null where it was not run. */
export const outcomeShown = (item: Json, id: string, outcome: ToolOutcome | null): Json => ({
  ...callShown(item, id),
  ...(outcome === null && { status: 'incomplete', error: 'It was not run.' }),
  ...(outcome?.result.kind === 'answered' && { status: 'completed', output: outcome.result.text }),
  ...(outcome?.result.kind === 'failed' && { status: 'failed', error: outcome.result.message }),
});

/**
 * Items of an answer as input. No provider has kept them, so their ids mean nothing to it, and reasoning that
 * it did not hand out to be given back is of no use: https://platform.openai.com/docs/guides/reasoning#encrypted-reasoning-items
 */
const asInput = (items: readonly Json[]): Json[] =>
  items
    .filter((item) => item['type'] !== 'reasoning' || typeof item['encrypted_content'] === 'string')
    .map(({ id, status: _, ...item }) => (item['type'] === 'reasoning' ? { id, ...item } : item));

export const inputItems = (input: unknown): readonly unknown[] => {
  if (Array.isArray(input)) return input;
  return input === undefined || input === null ? [] : [{ role: 'user', content: input }];
};

const notEnded = new Set<unknown>(['incomplete', 'failed', 'cancelled']);

export const responsesDialect: Dialect = {
  callsIn(response, tools) {
    const calls = outputOf(response).filter(({ type }) => type === 'function_call' || type === 'custom_tool_call');
    const own = calls.filter((item) => isOwnCall(item, tools));
    // A call in what was cut off may be half of one, and is nothing that was decided.
    return { own: notEnded.has(response['status']) ? [] : own.map(callOf), others: own.length < calls.length };
  },

  showsOutcomes: true,

  shown: (response) => response,

  withOutcomes(body: AskedBody, response, outcomes) {
    const results = outcomes.map(({ call, result }) => ({
      type: 'function_call_output',
      call_id: call.id,
      output: textOf(result),
    }));
    return { ...body, input: [...inputItems(body['input']), ...asInput(outputOf(response)), ...results] };
  },
};
