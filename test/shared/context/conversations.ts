/** Conversations as fast-check makes them up, in either shape, with what of them belongs together. */
import fc from 'fast-check';
import type { ConversationKind } from '../../../shared/context/conversation.ts';
import type { RequestTokens } from '../../../shared/tokens/token-counter.ts';

export type Item = Readonly<Record<string, unknown>>;

export type Conversation = {
  readonly kind: ConversationKind;
  readonly items: readonly Item[];
  /** Places of a call and of one of its results. */
  readonly pairs: readonly (readonly [call: number, result: number])[];
  readonly tokens: RequestTokens;
};

export const bodyOf = ({ kind, items }: Conversation) => ({
  model: 'test-model',
  [kind === 'completions' ? 'messages' : 'input']: items,
});

type Step =
  | { readonly says: 'system' | 'developer' | 'user' | 'assistant' | 'reasoning' | 'legacy' }
  | { readonly says: 'calls'; readonly how: readonly ('function' | 'custom')[]; readonly sameIds: boolean }
  /** Of one of the calls that wait, wherever it stands by now. */
  | { readonly says: 'result'; readonly of: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.constant<Step>({ says: 'user' }) },
  { weight: 4, arbitrary: fc.constant<Step>({ says: 'assistant' }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom<Step>(
      { says: 'system' },
      { says: 'developer' },
      { says: 'reasoning' },
      { says: 'legacy' },
    ),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      says: fc.constant('calls' as const),
      how: fc.array(fc.constantFrom('function' as const, 'custom' as const), { minLength: 1, maxLength: 3 }),
      sameIds: fc.boolean(),
    }),
  },
  { weight: 6, arbitrary: fc.record({ says: fc.constant('result' as const), of: fc.nat(9) }) },
);

type Waiting = { readonly id: string; readonly how: 'function' | 'custom' | 'legacy'; readonly at: number };

function written(kind: ConversationKind, steps: readonly Step[]) {
  const isChat = kind === 'completions';
  const items: Item[] = [];
  const pairs: [number, number][] = [];
  let waiting: Waiting[] = [];
  const put = (item: Item): void => {
    items.push({ ...item, place: items.length });
  };
  const wait = (call: Waiting): void => {
    waiting = [...waiting.filter(({ id }) => id !== call.id), call];
  };

  function call(how: readonly ('function' | 'custom')[], sameIds: boolean): void {
    const named = how.map((one, index) => ({
      how: one,
      id: sameIds ? `call_${index}` : `call_${items.length}_${index}`,
    }));
    if (isChat) {
      for (const { how: one, id } of named) wait({ id, how: one, at: items.length });
      put({ role: 'assistant', tool_calls: named.map(({ id, how: type }) => ({ id, type })) });
      return;
    }
    put({ type: 'reasoning' });
    for (const { how: one, id } of named) {
      wait({ id, how: one, at: items.length });
      put({ type: one === 'function' ? 'function_call' : 'custom_tool_call', call_id: id });
    }
  }

  function result({ id, how, at }: Waiting): void {
    pairs.push([at, items.length]);
    waiting = waiting.filter((call) => call.id !== id);
    if (how === 'legacy') put({ role: 'function', name: 'f', content: 'r' });
    else if (isChat) put({ role: 'tool', tool_call_id: id, content: 'r' });
    else
      put({ type: how === 'function' ? 'function_call_output' : 'custom_tool_call_output', call_id: id, output: 'r' });
  }

  for (const each of steps) {
    if (each.says === 'calls') call(each.how, each.sameIds);
    else if (each.says === 'result') {
      const of = waiting[each.of % Math.max(1, waiting.length)];
      if (of) result(of);
      // Of no call that is there.
      else put(isChat ? { role: 'tool', tool_call_id: 'lost' } : { type: 'function_call_output', call_id: 'lost' });
    } else if (each.says === 'legacy') {
      if (!isChat) continue;
      wait({ id: 'function f', how: 'legacy', at: items.length });
      put({ role: 'assistant', function_call: { name: 'f', arguments: '{}' } });
    } else if (each.says === 'reasoning') {
      if (!isChat) put({ type: 'reasoning' });
      put({ role: 'assistant', content: 'a' });
    } else put({ role: each.says, content: 'c' });
  }
  return { items, pairs };
}

export const conversation: fc.Arbitrary<Conversation> = fc
  .record({
    kind: fc.constantFrom('completions' as const, 'responses' as const),
    steps: fc.array(step, { maxLength: 40 }),
    counts: fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 200, maxLength: 200 }),
    fixed: fc.nat(30),
  })
  .map(({ kind, steps, counts, fixed }) => {
    const { items, pairs } = written(kind, steps);
    const tokens = counts.slice(0, items.length);
    const total = tokens.reduce((sum, count) => sum + count, fixed);
    return { kind, items, pairs, tokens: { total, fixed, items: tokens, exact: true } };
  });
