/** Tools, and which of them a model is to choose, as chat completions have them. */
import { isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { isSaid, Untranslatable } from './untranslatable.ts';

type ChatTool = Readonly<Record<string, unknown>>;

/** What was said of those members; `null` is nothing. */
export const saidOf = (object: JsonObject, names: readonly string[]): Record<string, unknown> =>
  Object.fromEntries(names.filter((name) => isSaid(object[name])).map((name) => [name, object[name]]));

function formatOf(format: unknown): Record<string, unknown> {
  if (!isObject(format)) return {};
  const { type, ...grammar } = format;
  return { format: type === 'grammar' ? { type, grammar } : { type } };
}

function chatTool(tool: unknown, path: string): ChatTool {
  if (!isObject(tool)) throw Untranslatable.wrong(path, 'an object');
  switch (tool['type']) {
    case 'function':
      return { type: 'function', function: saidOf(tool, ['name', 'description', 'parameters', 'strict']) };
    case 'custom':
      return { type: 'custom', custom: { ...saidOf(tool, ['name', 'description']), ...formatOf(tool['format']) } };
    default:
      throw Untranslatable.missing(`${path}.type`);
  }
}

/** A tool is named alike where it is chosen and where it is defined. */
const nameOf = (tool: unknown): string =>
  isObject(tool) ? JSON.stringify([tool['type'], tool['name']]) : JSON.stringify(tool);

type Tools = { readonly tools?: readonly ChatTool[]; readonly tool_choice?: unknown };

function choiceOf(choice: JsonObject): unknown {
  const { type, name } = choice;
  if (type === 'function') return { type, function: { name } };
  if (type === 'custom') return { type, custom: { name } };
  throw Untranslatable.missing('tool_choice.type');
}

/** Only what is allowed is offered: few providers know chat's own form of it. */
function allowedOf(tools: readonly unknown[], { mode, tools: allowed }: JsonObject): Tools {
  if (!Array.isArray(allowed)) throw Untranslatable.wrong('tool_choice.tools', 'a list of tools');
  const names = new Set(allowed.map(nameOf));
  const offered = tools.flatMap((tool, index) => (names.has(nameOf(tool)) ? [chatTool(tool, `tools[${index}]`)] : []));
  if (offered.length === 0) throw Untranslatable.wrong('tool_choice.tools', 'among the tools of the request');
  return { tools: offered, ...(isSaid(mode) && { tool_choice: mode }) };
}

export function chatToolsOf(tools: unknown, choice: unknown): Tools {
  if (isSaid(tools) && !Array.isArray(tools)) throw Untranslatable.wrong('tools', 'a list of tools');
  const all: readonly unknown[] = Array.isArray(tools) ? tools : [];
  const translated = all.map((tool, index) => chatTool(tool, `tools[${index}]`));
  if (isObject(choice)) {
    if (choice['type'] === 'allowed_tools') return allowedOf(all, choice);
    return { ...(translated.length > 0 && { tools: translated }), tool_choice: choiceOf(choice) };
  }
  // Providers refuse a choice of nothing, which in Responses is no fault.
  if (translated.length === 0) return choice === 'required' ? { tool_choice: choice } : {};
  return { tools: translated, ...(isSaid(choice) && { tool_choice: choice }) };
}
