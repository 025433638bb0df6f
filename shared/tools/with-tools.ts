/**
 * Requests name tools of the gateway (`sluice:get_weather`) beside the caller's own. Before the call is
 * admitted each becomes its definition, under the name that the model knows.
 */
import { GatewayError } from '../errors.ts';
import { type Prepare, withBody } from '../inference/preparation.ts';
import type { FindTools } from './find-tools.ts';
import { mayUseTool, type Tool, toolNamePattern } from './tool.ts';
import { gatewayNameOf, listOf, objectOf, renamedChoice, type ToolShape, toolShapes } from './tool-shapes.ts';

export type WithToolsDeps = { readonly findTools: FindTools };

type JsonObject = Readonly<Record<string, unknown>>;
type Named = { readonly name: string; readonly index: number };

/** As many as OpenAI takes of all kinds together. */
const maxTools = 128;

const refused = (param: string, message: string): GatewayError =>
  new GatewayError('invalid_request', { message, param });

/** One sentence for what does not exist and what is another project's: who asks learns of neither (I5). */
const unknownTool = (param: string): GatewayError =>
  refused(
    param,
    'The gateway has no such tool for this project. Whoever holds an admin key registers tools at POST /v1/organization/tools, and says which projects may use them.',
  );

export const createWithTools =
  ({ findTools }: WithToolsDeps): Prepare =>
  async ({ caller }, prepared) => {
    const { kind, body } = prepared.request;
    if (kind !== 'completions' && kind !== 'responses') return prepared;
    const shape = toolShapes[kind];
    const entries = listOf(body['tools']);
    const named = namedIn(shape, entries);
    const isNamed = (name: string) => named.some((one) => one.name === name);
    const tool_choice = renamedChoice(shape, body['tool_choice'], (name) => {
      if (isNamed(name)) return name;
      throw refused('tool_choice', "A tool of the gateway can be chosen only where 'tools' names it.");
    });
    if (named.length === 0) return prepared;

    checkNames(shape, entries, named, body);
    const n = body['n'];
    if (typeof n === 'number' && n > 1) {
      throw refused('n', 'The tools of the gateway are run for one choice: leave n out.');
    }
    const found = await findTools(named.map(({ name }) => name));
    const tools = new Map<string, Tool>();
    const replaced = [...entries];
    for (const { name, index } of named) {
      const tool = found.get(name);
      if (!tool || !mayUseTool(tool, caller.projectId)) throw unknownTool(`tools[${index}]${shape.path('name')}`);
      tools.set(name, tool);
      replaced[index] = shape.entryFor(tool);
    }
    return {
      ...withBody(prepared, { ...body, tools: replaced, ...(tool_choice !== undefined && { tool_choice }) }),
      tools,
    };
  };

function namedIn(shape: ToolShape, entries: readonly unknown[]): Named[] {
  return entries.flatMap((entry, index) => {
    const name = gatewayNameOf(shape.functionOf(entry));
    return name === null ? [] : [{ name, index }];
  });
}

/** What can be said of them before any is looked up. */
function checkNames(shape: ToolShape, entries: readonly unknown[], named: readonly Named[], body: JsonObject): void {
  if (entries.length > maxTools) throw refused('tools', `A request has at most ${maxTools} tools.`);
  const taken = new Set(ownNames(shape, entries, body));
  for (const { name, index } of named) {
    const at = (member: string) => `tools[${index}]${shape.path(member)}`;
    if (!toolNamePattern.test(name)) throw unknownTool(at('name'));
    if (taken.has(name)) {
      throw refused(
        at('name'),
        'The model would know two tools by this name. Give your own another, or leave one out.',
      );
    }
    taken.add(name);
    const redefined = redefinedMember(shape.functionOf(entries[index]) ?? {});
    if (redefined !== undefined) {
      throw refused(at(redefined.slice(0, 64)), 'A tool of the gateway is as it was registered: give its name alone.');
    }
  }
}

/** Of functions and custom tools, and of what preceded them in chat. */
const ownNames = (shape: ToolShape, entries: readonly unknown[], body: JsonObject): unknown[] => [
  ...entries.map((entry) => shape.functionOf(entry)?.['name'] ?? objectOf(entry)?.['name']),
  ...entries.map((entry) => objectOf(objectOf(entry)?.['custom'])?.['name']),
  ...listOf(body['functions']).map((entry) => objectOf(entry)?.['name']),
];

/** The SDK's types ask for `parameters` and `strict`, which may be null; whether a tool is strict is not the caller's to say. */
const leftToTheRegistration = ['type', 'name', 'strict'];
const redefinedMember = (definition: JsonObject): string | undefined =>
  Object.keys(definition).find((member) => !leftToTheRegistration.includes(member) && definition[member] != null);
