/** Instructions and items as the messages of a chat. */
import { isObject, type JsonObject } from '../answer-text/text-leaf.ts';
import { type ChatContent, type ChatPart, compact, saidContent, textContent, userContent } from './chat-content.ts';
import { isSaid, Untranslatable } from './untranslatable.ts';

type ToolCall = Readonly<Record<string, unknown>>;

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: ChatContent }
  | { readonly role: 'tool'; readonly tool_call_id: string; readonly content: ChatContent }
  | {
      readonly role: 'assistant';
      readonly content: ChatContent | null;
      readonly refusal?: string;
      readonly tool_calls?: readonly ToolCall[];
    };

/** What a model said in one go, of which the Responses API has made items. */
type Turn = { readonly parts: ChatPart[]; readonly refusals: string[]; readonly calls: ToolCall[] };

function messageOf({ parts, refusals, calls }: Turn): ChatMessage[] {
  if (parts.length + refusals.length + calls.length === 0) return [];
  return [
    {
      role: 'assistant',
      content: parts.length > 0 ? compact(parts) : null,
      ...(refusals.length > 0 && { refusal: refusals.join('\n') }),
      ...(calls.length > 0 && { tool_calls: calls }),
    },
  ];
}

const textIn = (item: JsonObject, name: string, path: string): string => {
  const text = item[name];
  if (typeof text !== 'string') throw Untranslatable.wrong(`${path}.${name}`, 'a text');
  return text;
};

const functionCall = (item: JsonObject, path: string): ToolCall => ({
  id: textIn(item, 'call_id', path),
  type: 'function',
  function: { name: textIn(item, 'name', path), arguments: textIn(item, 'arguments', path) },
});

const customCall = (item: JsonObject, path: string): ToolCall => ({
  id: textIn(item, 'call_id', path),
  type: 'custom',
  custom: { name: textIn(item, 'name', path), input: textIn(item, 'input', path) },
});

/** `developer` is OpenAI's own name for what every provider knows as `system`. */
const roles = new Map<unknown, 'system' | 'user' | 'assistant'>([
  ['system', 'system'],
  ['developer', 'system'],
  ['user', 'user'],
  ['assistant', 'assistant'],
]);

const typeOf = (item: JsonObject): unknown => item['type'] ?? ('role' in item ? 'message' : 'item_reference');

/**
 * A call of a tool belongs to the message before it, if that is the model's own:
 * providers want a call's result right behind the one message that has the call.
 */
function itemMessages(items: readonly unknown[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let turn: Turn | null = null;
  const endTurn = () => {
    if (turn) messages.push(...messageOf(turn));
    turn = null;
  };
  const inTurn = (): Turn => {
    turn ??= { parts: [], refusals: [], calls: [] };
    return turn;
  };
  const readMessage = (item: JsonObject, path: string) => {
    const role = roles.get(item['role']);
    const place = `${path}.content`;
    if (role === undefined) throw Untranslatable.missing(`${path}.role`);
    if (role !== 'assistant') {
      endTurn();
      const content = role === 'user' ? userContent(item['content'], place) : textContent(item['content'], place);
      messages.push({ role, content });
      return;
    }
    // Of two messages in a row each is one; what is said after a call goes with it.
    if (turn?.calls.length === 0) endTurn();
    const { parts, refusals } = saidContent(item['content'], place);
    inTurn().parts.push(...parts);
    inTurn().refusals.push(...refusals);
  };

  for (const [index, item] of items.entries()) {
    const path = `input[${index}]`;
    if (!isObject(item)) throw Untranslatable.wrong(path, 'an object');
    switch (typeOf(item)) {
      case 'message':
        readMessage(item, path);
        break;
      case 'function_call':
        inTurn().calls.push(functionCall(item, path));
        break;
      case 'custom_tool_call':
        inTurn().calls.push(customCall(item, path));
        break;
      case 'function_call_output':
      case 'custom_tool_call_output':
        endTurn();
        messages.push({
          role: 'tool',
          tool_call_id: textIn(item, 'call_id', path),
          content: textContent(item['output'], `${path}.output`),
        });
        break;
      case 'reasoning':
        // It is said again by nobody: providers refuse it, or take it for an answer.
        break;
      case 'item_reference':
        throw Untranslatable.wrong(path, 'a whole item: nothing is known here under this id');
      default:
        throw Untranslatable.missing(`${path}.type`);
    }
  }
  endTurn();
  return messages;
}

export function chatMessagesOf(instructions: unknown, input: unknown): ChatMessage[] {
  if (isSaid(instructions) && typeof instructions !== 'string') throw Untranslatable.wrong('instructions', 'a text');
  const leading: ChatMessage[] = typeof instructions === 'string' ? [{ role: 'system', content: instructions }] : [];
  if (typeof input === 'string') return [...leading, { role: 'user', content: input }];
  if (isSaid(input) && !Array.isArray(input)) throw Untranslatable.wrong('input', 'a text or a list of items');
  return [...leading, ...itemMessages(Array.isArray(input) ? input : [])];
}
