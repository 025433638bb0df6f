/** Items of a history, or of a request that brings its own, as providers take them. Pure. */
import { callsIn, resultIn } from '../context/turns.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Who has run the tools of the gateway, in `server_label`. */
export const gatewayLabel = 'sluice';

/** A provider that stores nothing knows no ids of these, and takes them without. Those of its own tools it wants back as they came. */
const withoutId = new Set<unknown>([
  ...[undefined, 'message', 'function_call', 'function_call_output', 'reasoning'],
  ...['custom_tool_call', 'custom_tool_call_output'],
]);

const isOfTheGateway = (item: JsonObject): boolean => item['server_label'] === gatewayLabel;

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value ?? null));

/** To the model it was a function like any other. */
function callAndOutput(item: JsonObject): readonly JsonObject[] {
  const call_id = textOf(item['id']);
  const output = item['output'] ?? item['error'] ?? 'The call has not ended.';
  return [
    { type: 'function_call', call_id, name: item['name'], arguments: item['arguments'] },
    { type: 'function_call_output', call_id, output: textOf(output) },
  ];
}

function sendable(item: JsonObject): readonly JsonObject[] {
  const { type } = item;
  if (type === 'mcp_call' && isOfTheGateway(item)) return callAndOutput(item);
  if (type === 'mcp_list_tools' && isOfTheGateway(item)) return [];
  // An item that has nothing but an id refers to another, which is not served: shared/admission/response-demand.ts.
  if (!withoutId.has(type) || (type === undefined && item['role'] === undefined)) return [item];
  // What it says is with the provider only, which has stored nothing.
  if (type === 'reasoning' && typeof item['encrypted_content'] !== 'string') return [];
  const { id: _id, status: _status, ...sent } = item;
  return [sent];
}

export const sendableItems = (items: readonly JsonObject[]): readonly JsonObject[] => items.flatMap(sendable);

/** Where a history was cut, or a call was deleted, results are left whose calls are not. No provider takes them. */
export function withoutOrphans(items: readonly JsonObject[]): readonly JsonObject[] {
  const called = new Set<unknown>();
  return items.filter((item) => {
    for (const id of callsIn(item)) called.add(id);
    const from = resultIn(item);
    return from === undefined || called.has(from);
  });
}
