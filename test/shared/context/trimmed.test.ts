import fc from 'fast-check';
import { itemsOf } from '../../../shared/context/conversation.ts';
import { trimmed } from '../../../shared/context/trimmed.ts';
import { bodyOf, type Conversation, conversation, type Item } from './conversations.ts';

const placesOf = (items: readonly unknown[]): number[] => items.map((item) => (item as { place: number }).place);

const trim = (of: Conversation, budget: number) => trimmed(of.kind, bodyOf(of), of.tokens, budget);

/** Places of what is kept; null where it cannot fit. */
const kept = (of: Conversation, budget: number): readonly number[] | null => {
  const result = trim(of, budget);
  return result && placesOf(itemsOf(of.kind, result.body));
};

const isInstruction = ({ role }: Item): boolean => role === 'system' || role === 'developer';
const budgetOf = (of: Conversation, share: number): number => Math.floor(of.tokens.total * share);
const share = fc.double({ min: 0, max: 1.1, noNaN: true });

const holds = (property: (of: Conversation, places: readonly number[], budget: number) => void) =>
  fc.assert(
    fc.property(conversation, share, (of, part) => {
      const budget = budgetOf(of, part);
      const places = kept(of, budget);
      if (places !== null) property(of, places, budget);
    }),
    { numRuns: 1_000 },
  );

describe('a conversation that is trimmed', () => {
  test('fits, and says truly how many tokens are left and how many went', () => {
    holds((of, places, budget) => {
      const result = trim(of, budget);
      const tokens = places.reduce((sum, place) => sum + (of.tokens.items[place] ?? 0), of.tokens.fixed);
      expect(tokens).toBeLessThanOrEqual(budget);
      expect(result).toMatchObject({ tokens, droppedTokens: of.tokens.total - tokens });
      const dropped = placesOf(result?.dropped ?? []);
      expect([...places, ...dropped].toSorted((one, other) => one - other)).toEqual([...of.items.keys()]);
    });
  });

  test('keeps its order and everything beside its items, and nothing of it twice', () => {
    holds((of, places, budget) => {
      expect(places.every((place, index) => index === 0 || place > (places[index - 1] ?? -1))).toBe(true);
      const items = of.items.filter((_, place) => places.includes(place));
      expect(trim(of, budget)?.body).toEqual({ ...bodyOf(of), ...bodyOf({ ...of, items }) });
    });
  });

  test('keeps all that the application said, wherever it stands', () => {
    holds((of, places) => {
      const instructions = of.items.flatMap((item, place) => (isInstruction(item) ? [place] : []));
      expect(places).toEqual(expect.arrayContaining(instructions));
    });
  });

  test('never has a call without its results, nor a result without its call', () => {
    holds((of, places) => {
      const there = new Set(places);
      expect(of.pairs.filter(([call, result]) => there.has(call) !== there.has(result))).toEqual([]);
    });
  });

  test("keeps the user's last message and all that comes after it", () => {
    holds((of, places) => {
      const last = of.items.findLastIndex(({ role }) => role === 'user');
      if (last === -1) expect(places).toHaveLength(of.items.length);
      else expect(places.filter((place) => place >= last)).toHaveLength(of.items.length - last);
    });
  });

  test('loses its oldest items and none between: reasoning stays with what it led to', () => {
    holds((of, places) => {
      const there = new Set(places);
      const others = [...of.items.keys()].filter((place) => !isInstruction(of.items[place] ?? {}));
      const firstKept = others.find((place) => there.has(place)) ?? Number.POSITIVE_INFINITY;
      expect(others.filter((place) => place > firstKept && !there.has(place))).toEqual([]);
      expect(['user', undefined]).toContain(
        firstKept === others[0] ? undefined : (of.items[firstKept]?.['role'] as string),
      );
    });
  });

  test('keeps with a larger budget no less, and loses no more than it takes', () => {
    fc.assert(
      fc.property(conversation, share, share, (of, one, other) => {
        const [less, more] = [Math.min(one, other), Math.max(one, other)].map((part) => kept(of, budgetOf(of, part)));
        if (less != null) expect(more).toEqual(expect.arrayContaining([...less]));
      }),
      { numRuns: 1_000 },
    );
  });

  test('is the very same where it fits', () => {
    fc.assert(
      fc.property(conversation, fc.nat(100), (of, room) => {
        const body = bodyOf(of);
        expect(trimmed(of.kind, body, of.tokens, of.tokens.total + room)?.body).toBe(body);
      }),
    );
  });

  test('cannot fit where what must stay does not', () => {
    fc.assert(
      fc.property(conversation, (of) => {
        const last = of.items.findLastIndex(({ role }) => role === 'user');
        const must = of.items.flatMap((item, place) =>
          last === -1 || place >= last || isInstruction(item) ? [of.tokens.items[place] ?? 0] : [],
        );
        expect(kept(of, must.reduce((sum, count) => sum + count, of.tokens.fixed) - 1)).toBeNull();
      }),
    );
  });

  test('gives up turns that a late result ties together as one', () => {
    const items = [
      { role: 'user', content: 'one' },
      { type: 'function_call', call_id: 'c' },
      { role: 'user', content: 'two' },
      { type: 'function_call_output', call_id: 'c' },
      { role: 'user', content: 'three' },
    ];
    const tokens = { total: 50, fixed: 0, items: [10, 10, 10, 10, 10], exact: true };
    const left = (budget: number) => trimmed('responses', { input: items }, tokens, budget)?.body.input;
    expect(left(49)).toEqual([items[4]]);
    expect(left(10)).toEqual([items[4]]);
    expect(left(9)).toBeUndefined();
  });

  test('is not cut where its input is one text', () => {
    const tokens = { total: 50, fixed: 0, items: [50], exact: true };
    expect(trimmed('responses', { input: 'text' }, tokens, 49)).toBeNull();
    expect(trimmed('responses', { input: 'text' }, tokens, 50)?.body).toEqual({ input: 'text' });
  });

  test.each([
    ['null', null],
    ['text', 'text'],
    ['a number', 7],
    ['a list', [[]]],
    ['odd members', { role: 7, type: 7, call_id: {}, tool_calls: 7, function_call: 7 }],
    ['odd calls', { role: 'assistant', tool_calls: [null, 7, { id: 7 }], function_call: { name: 7 } }],
    ['odd results', { role: 'tool', tool_call_id: {} }],
  ])('takes %s for an item like any other', (_, odd) => {
    const items = [odd, odd, { role: 'user', content: 'q' }];
    const tokens = { total: 30, fixed: 0, items: [10, 10, 10], exact: true };
    expect(trimmed('completions', { messages: items }, tokens, 10)?.body.messages).toEqual([items[2]]);
  });

  test('is trimmed in time that is linear in its length (I11)', () => {
    const items = Array.from({ length: 100_000 }, (_, index) =>
      index % 3 === 0
        ? { role: 'user', content: 'q' }
        : index % 3 === 1
          ? { role: 'assistant', tool_calls: [{ id: 'call' }] }
          : { role: 'tool', tool_call_id: 'call' },
    );
    const tokens = { total: items.length, fixed: 0, items: items.map(() => 1), exact: true };
    const started = performance.now();
    expect(trimmed('completions', { messages: items }, tokens, 3)?.dropped).toHaveLength(
      items.length - 1 - (items.length % 3 === 0 ? 2 : 0),
    );
    // Quadratic, it would take minutes.
    expect(performance.now() - started).toBeLessThan(5_000);
  });
});
