/** What the demo provider says: always the same, but for structured answers and for tools, which have rules. */
import { demoInstance } from './demo-instance.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export type DemoAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'call'; readonly name: string; readonly argumentsText: string };

const mark = "This is Sluice's demo provider: no model was asked.";
const usual = `${mark} Set OPENAI_API_KEY and start again to talk to OpenAI.`;

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const objectIn = (object: JsonObject, name: string): JsonObject => {
  const value = object[name];
  return isObject(value) ? value : {};
};

const listIn = (object: JsonObject, name: string): JsonObject[] => {
  const value = object[name];
  return Array.isArray(value) ? value.filter(isObject) : [];
};

const stringIn = (object: JsonObject, name: string): string => {
  const value = object[name];
  return typeof value === 'string' ? value : '';
};

const textOf = (message: JsonObject): string =>
  stringIn(message, 'content') ||
  listIn(message, 'content')
    .map((part) => stringIn(part, 'text'))
    .join(' ');

/** More of a text is not looked at, and not said again. */
const mostText = 4_000;

/** Words that are in any text. */
const common = new Set(
  'about does from give given have into list more name that them then there this what when where which will with your'.split(
    ' ',
  ),
);
export const wordPattern = /\p{L}{4,}/gu;

const wordsOf = (text: string): string[] =>
  (text.slice(0, mostText).toLowerCase().match(wordPattern) ?? []).filter((word) => !common.has(word));

/** `weather in New York`: what strings among a tool's arguments are then. */
export const placePattern = /\bin (\p{Lu}[\p{L}-]{0,40}(?: \p{Lu}[\p{L}-]{0,40}){0,2})/u;

const placeIn = (text: string): string | undefined => placePattern.exec(text.slice(0, mostText))?.[1];

/** The tool that the caller wants, or else one that has a word of the text in its name or description. */
function toolFor(body: JsonObject, text: string): JsonObject | undefined {
  const choice = body['tool_choice'];
  const tools = listIn(body, 'tools')
    .filter(({ type }) => type === 'function')
    .map((tool) => objectIn(tool, 'function'));
  if (choice === 'none') return undefined;
  if (isObject(choice)) {
    const { name } = objectIn(choice, 'function');
    return tools.find((tool) => tool['name'] === name);
  }
  const said = new Set(wordsOf(text));
  const named = tools.find((tool) =>
    wordsOf(`${stringIn(tool, 'name')} ${stringIn(tool, 'description')}`).some((word) => said.has(word)),
  );
  return named ?? (choice === 'required' ? tools[0] : undefined);
}

/** The results at the end of the conversation, each by the name of the tool that was called. */
function resultsOf(messages: readonly JsonObject[]): string[] {
  const names = new Map(
    messages
      .flatMap((message) => listIn(message, 'tool_calls'))
      .map((call) => [call['id'], stringIn(objectIn(call, 'function'), 'name')]),
  );
  const lastOther = messages.findLastIndex(({ role }) => role !== 'tool');
  return messages
    .slice(lastOther + 1)
    .map(
      (message) =>
        `The tool ${names.get(message['tool_call_id']) ?? ''} said: ${textOf(message).trim().slice(0, mostText)}`,
    );
}

/** As JSON, where the caller wants that. */
function structured(format: JsonObject): string | null {
  switch (format['type']) {
    case 'json_object':
      return JSON.stringify({ demo: usual });
    case 'json_schema':
      return JSON.stringify(demoInstance(objectIn(format, 'json_schema')['schema'] ?? {}));
    default:
      return null;
  }
}

export function demoAnswer(body: JsonObject): DemoAnswer {
  const messages = listIn(body, 'messages');
  const last = messages.at(-1);
  if (last?.['role'] === 'user') {
    const text = textOf(last);
    const tool = toolFor(body, text);
    if (tool) {
      const instance = demoInstance(tool['parameters'] ?? { type: 'object' }, placeIn(text));
      return { kind: 'call', name: stringIn(tool, 'name'), argumentsText: JSON.stringify(instance) };
    }
  }
  const json = structured(objectIn(body, 'response_format'));
  if (json !== null) return { kind: 'text', text: json };
  const results = last?.['role'] === 'tool' ? resultsOf(messages) : [];
  return { kind: 'text', text: results.length > 0 ? [mark, ...results].join(' ') : usual };
}
