/** How requests of either shape hold tools, and choose among them. Pure. */
import { gatewayPrefix, type Tool } from './tool.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Of `tools`, of `tool_choice` and of what a choice allows: all name a function in the same way. */
export type ToolShape = {
  /** What holds the function's name and definition; null where it is no function. */
  readonly functionOf: (entry: unknown) => JsonObject | null;
  /** The entry with another function in it. */
  readonly withFunction: (entry: JsonObject, definition: JsonObject) => JsonObject;
  /** As a model is told of it. */
  readonly entryFor: (tool: Tool) => JsonObject;
  /** Where the member of a function stands within its entry. */
  readonly path: (member: string) => string;
};

export const objectOf = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const functionEntry = (entry: unknown): JsonObject | null => {
  const object = objectOf(entry);
  return object?.['type'] === 'function' ? object : null;
};

const definitionOf = ({ name, description, parameters }: Tool): JsonObject => ({ name, description, parameters });

const chat: ToolShape = {
  functionOf: (entry) => objectOf(functionEntry(entry)?.['function']),
  withFunction: (entry, definition) => ({ ...entry, function: definition }),
  entryFor: (tool) => ({ type: 'function', function: definitionOf(tool) }),
  path: (member) => `.function.${member}`,
};

const responses: ToolShape = {
  functionOf: functionEntry,
  withFunction: (entry, definition) => ({ ...entry, ...definition }),
  // Responses are strict where nothing is said, and a registered schema need not be one that can be.
  entryFor: (tool) => ({ type: 'function', ...definitionOf(tool), strict: false }),
  path: (member) => `.${member}`,
};

export const toolShapes = { completions: chat, responses } as const;

/** Without its prefix; null where the function is the caller's own. */
export function gatewayNameOf(definition: JsonObject | null): string | null {
  const name = definition?.['name'];
  return typeof name === 'string' && name.startsWith(gatewayPrefix) ? name.slice(gatewayPrefix.length) : null;
}

/** The choice with each name as `renamed` has it, which gets the names of the gateway's tools alone. */
export function renamedChoice(shape: ToolShape, choice: unknown, renamed: (name: string) => string): unknown {
  const entry = objectOf(choice);
  if (!entry) return choice;
  const definition = shape.functionOf(entry);
  const name = gatewayNameOf(definition);
  if (definition && name !== null) return shape.withFunction(entry, { ...definition, name: renamed(name) });
  if (entry['type'] !== 'allowed_tools') return choice;
  // Chat has it within a member of that name, responses beside the type.
  const inner = objectOf(entry['allowed_tools']);
  const allowed = inner ?? entry;
  const tools = listOf(allowed['tools']).map((tool) => renamedChoice(shape, tool, renamed));
  return inner ? { ...entry, allowed_tools: { ...inner, tools } } : { ...entry, tools };
}
