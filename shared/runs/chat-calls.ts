/**
 * The calls of tools in a chat's answer, each whole and with an id of its own: results come back under it. Some providers
 * give no ids, or the same to all, and some say the arguments as JSON where the protocol has a text. Pure.
 */
import { callsByFragment, type Fragment, fragmentOf } from '../responses/call-fragments.ts';
import { isObject, type Json, type ModelToolCall, objectsIn } from './dialect.ts';

/** A call of a custom tool has no name here: those are nobody's but the caller's. */
export const functionOf = (call: Json): { readonly name: string; readonly argumentsText: string } => {
  const fragment = fragmentOf(call);
  if (!fragment || fragment.custom) return { name: '', argumentsText: '' };
  return { name: fragment.name, argumentsText: fragment.input };
};

export function callsOf(message: Json): readonly ModelToolCall[] {
  const taken = new Set<string>();
  return objectsIn(message['tool_calls']).map((said, index) => {
    const own = typeof said['id'] === 'string' ? said['id'] : '';
    const id = own !== '' && !taken.has(own) ? own : `call_${index}_of_this_answer`;
    taken.add(id);
    return { id, ...functionOf(said) };
  });
}

type Gathered = { readonly saidId: string; readonly first: Json; name: string; readonly texts: string[] };

/** Puts calls together that come in fragments: `said` of each delta, and then `calls`. */
export function gatheredCalls() {
  const calls: Gathered[] = [];
  let saying: Json = {};
  const callOf = callsByFragment((fragment: Fragment): Gathered => {
    const { index: _, function: __, custom: ___, ...first } = saying;
    const type = fragment.custom ? 'custom' : 'function';
    const call = { saidId: fragment.id, first: { ...first, type }, name: '', texts: [] };
    calls.push(call);
    return call;
  });
  return {
    said(delta: unknown): void {
      for (const one of objectsIn(isObject(delta) ? delta['tool_calls'] : [])) {
        const fragment = fragmentOf(one);
        if (!fragment) continue;
        saying = one;
        const call = callOf(fragment);
        call.name ||= fragment.name;
        call.texts.push(fragment.input);
      }
    },
    calls: (): readonly Json[] =>
      calls.map(({ first, name, texts }) => ({
        ...first,
        ...(first['type'] === 'custom'
          ? { custom: { name, input: texts.join('') } }
          : { function: { name, arguments: texts.join('') } }),
      })),
  };
}
