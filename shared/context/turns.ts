/**
 * Where a conversation may be cut, so that nothing before the cut is missed by what comes behind it. `messages` of chat
 * and items of `input` of responses are one language here: no member means one thing in the one and another in the other.
 */
import { asList, member } from '../admission/body-members.ts';

/** What the application says to the model: it holds for the whole conversation, wherever it stands. */
export function isInstruction(item: unknown): boolean {
  const role = member(item, 'role');
  return role === 'system' || role === 'developer';
}

export const isOfUser = (item: unknown): boolean => member(item, 'role') === 'user';

/** In the deprecated form calls have no id, and their results the function's name. */
const named = (name: unknown): string => `function ${name}`;

const isResult = (type: unknown): boolean => typeof type === 'string' && type.endsWith('_output');

/** Ids of what waits for a result: https://platform.openai.com/docs/guides/function-calling */
export function callsIn(item: unknown): string[] {
  const type = member(item, 'type');
  if (isResult(type)) return [];
  const own = type === 'mcp_approval_request' || type === 'local_shell_call' ? 'id' : 'call_id';
  const legacy = member(member(item, 'function_call'), 'name');
  const calls = asList(member(item, 'tool_calls')).map((call) => member(call, 'id'));
  return [member(item, own), ...calls, ...(typeof legacy === 'string' ? [named(legacy)] : [])].filter(
    (id) => typeof id === 'string',
  );
}

/** The id of the call whose result it is. */
export function resultIn(item: unknown): unknown {
  const type = member(item, 'type');
  if (type === 'mcp_approval_response') return member(item, 'approval_request_id');
  if (type === 'local_shell_call_output') return member(item, 'id');
  if (isResult(type)) return member(item, 'call_id');
  const role = member(item, 'role');
  if (role === 'tool') return member(item, 'tool_call_id');
  return role === 'function' ? named(member(item, 'name')) : undefined;
}

/**
 * Indices at which a kept conversation may begin, in order. Each is a user's message: with it a turn begins, so the
 * reasoning before an item, and the items of an answer, stay together. None stands between a call and its result, and
 * none behind the last message of a user, which is what is to be answered.
 */
export function cutsOf(items: readonly unknown[]): readonly number[] {
  /** How many pairs begin to span a place there, less those that end to. */
  const spans = new Array<number>(items.length + 1).fill(0);
  const callAt = new Map<unknown, number>();
  for (const [index, item] of items.entries()) {
    // Some clients number their calls anew in every turn: the last one of that id is meant.
    const from = callAt.get(resultIn(item));
    if (from !== undefined) {
      spans[from + 1] = (spans[from + 1] ?? 0) + 1;
      spans[index + 1] = (spans[index + 1] ?? 0) - 1;
    }
    for (const id of callsIn(item)) callAt.set(id, index);
  }
  const cuts: number[] = [];
  let spanning = 0;
  for (const [index, item] of items.entries()) {
    spanning += spans[index] ?? 0;
    if (spanning === 0 && isOfUser(item)) cuts.push(index);
  }
  return cuts;
}
