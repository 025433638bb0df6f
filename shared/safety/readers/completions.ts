/** Chat: `POST /v1/chat/completions`. https://platform.openai.com/docs/api-reference/chat/create */
import { anything, definitions, type MemberRules, objectsOfTheApi } from '../member-names.ts';
import { asObject, isObject, itemsOf, knownOrRefused, member } from '../members.ts';
import type { Place, Reading } from '../reading.ts';
import type { Body, Path } from '../request-text.ts';
import { checkContent } from './content-parts.ts';
import type { Reader } from './reader.ts';

const roles = new Set(['system', 'developer', 'user', 'assistant', 'tool', 'function']);
const trustedRoles = new Set(['system', 'developer']);
/** Their `name` is a person's, and not that of a function. */
const namedRoles = new Set(['system', 'developer', 'user', 'assistant']);
const partTypes = new Set(['text', 'image_url', 'input_audio', 'file', 'refusal']);
const toolTypes = new Set(['function', 'custom']);

/** A message; what strangers say in turn is one text to a model, however it is cut into messages. */
function readMessage(reading: Reading, path: Path, message: Body, conversation: Place): void {
  const role = knownOrRefused([...path, 'role'], message['role'], 'messages of a role', roles);
  checkContent(reading, [...path, 'content'], message['content'], partTypes);
  for (const [place, call] of itemsOf([...path, 'tool_calls'], message['tool_calls'])) {
    knownOrRefused([...place, 'type'], member(call, 'type'), 'a call of a tool', toolTypes);
  }
  if (isObject(message['audio'])) reading.unreadable([...path, 'audio']);

  const { run, beside } = conversation;
  const where = reading.place(trustedRoles.has(role) ? { trust: 'trusted' } : { run, beside });
  // A name stands beside what is said, and not in the midst of it.
  const named: Place = { ...where, run: where.beside, rules: anything };
  for (const [name, value] of Object.entries(message)) {
    reading.member(path, name, value, name === 'name' && namedRoles.has(role) ? named : where);
  }
}

export function readTools(reading: Reading, path: Path, tools: unknown, known: ReadonlySet<string>): void {
  const where = reading.place({ rules: definitions });
  for (const [place, tool] of itemsOf(path, tools)) {
    knownOrRefused([...place, 'type'], member(tool, 'type'), 'a tool', known);
    reading.define(place, tool, where);
  }
}

/** They say what is to be written, as tools do. */
const definitionNames = new Set(['functions', 'response_format']);
/** Where the caller alone says what the names are, and an id may be anybody's. */
const freeNames = new Set(['metadata', 'user', 'safety_identifier', 'prompt_cache_key']);

function rulesOf(name: string): MemberRules {
  if (definitionNames.has(name)) return definitions;
  return freeNames.has(name) ? anything : objectsOfTheApi;
}

export const readCompletions: Reader = (reading, body) => {
  const conversation = reading.place();
  for (const [path, message] of itemsOf(['messages'], body['messages'])) {
    readMessage(reading, path, asObject(path, message), conversation);
  }
  readTools(reading, ['tools'], body['tools'], toolTypes);
  const { group } = reading.place();
  for (const [name, value] of Object.entries(body)) {
    if (name === 'model' || name === 'messages' || name === 'tools') continue;
    const where = reading.place({ group, rules: rulesOf(name) });
    if (definitionNames.has(name)) reading.define([name], value, where);
    else reading.member([], name, value, where);
  }
};
