import fc from 'fast-check';
import { conversationSeed, inOrder } from '../../../shared/routing/order.ts';

const target = (provider: string, group?: number, weight = 1) => ({
  provider,
  model: 'm',
  ...(group !== undefined && { share: { group, weight } }),
});
const names = (targets: readonly { readonly provider: string }[]) => targets.map(({ provider }) => provider);

describe('targets', () => {
  test('that stand alone are asked as they are listed, and nobody looks for a seed', () => {
    const listed = [target('c'), target('a', 0), target('b')];
    const noSeed = (): string => {
      throw new Error('asked for');
    };
    expect(names(inOrder(listed, noSeed))).toEqual(['c', 'a', 'b']);
  });

  test('of a group come before those behind it and after those before it', () => {
    const listed = [target('first'), target('x', 1), target('y', 1), target('last')];
    for (const seed of ['1', '2', '3', '4', '5']) {
      const order = names(inOrder(listed, () => seed));
      expect(order[0]).toBe('first');
      expect(new Set(order.slice(1, 3))).toEqual(new Set(['x', 'y']));
      expect(order[3]).toBe('last');
    }
  });

  test('of a group share the load by their weights', () => {
    const listed = [target('heavy', 0, 3), target('light', 0, 1)];
    const first = Array.from({ length: 4_000 }, (_, index) => inOrder(listed, () => `seed ${index}`)[0]?.provider);
    const heavy = first.filter((provider) => provider === 'heavy').length;
    // Three quarters, give or take four standard deviations.
    expect(Math.abs(heavy - 3_000)).toBeLessThan(4 * Math.sqrt(4_000 * 0.75 * 0.25));
  });

  test('are all there, once each, whatever the seed', () => {
    const listed = fc.array(
      fc.record({ group: fc.integer({ min: 0, max: 3 }), weight: fc.integer({ min: 1, max: 9 }) }),
    );
    fc.assert(
      fc.property(listed, fc.string(), (places, seed) => {
        const targets = places.map(({ group, weight }, index) => target(`p${index}`, group, weight));
        expect(new Set(inOrder(targets, () => seed))).toEqual(new Set(targets));
      }),
    );
  });

  test('that are added take over some conversations and move no others', () => {
    const few = [target('a', 0), target('b', 0)];
    const more = [...few, target('c', 0)];
    for (let index = 0; index < 500; index += 1) {
      const after = inOrder(more, () => String(index))[0]?.provider;
      if (after !== 'c') expect(after).toBe(inOrder(few, () => String(index))[0]?.provider);
    }
  });
});

describe('the seed of a conversation', () => {
  const system = { role: 'system', content: 'Be kind.' };
  const asks = (content: string) => ({ role: 'user', content });

  test('stays while the conversation grows', () => {
    const one = conversationSeed('p', { messages: [system, asks('a')] });
    const two = conversationSeed('p', { messages: [system, asks('a'), { role: 'assistant' }, asks('b')] });
    expect(two).toBe(one);
  });

  test.each<[string, string, Record<string, unknown>]>([
    ['another first question', 'p', { messages: [system, asks('z')] }],
    ['another instruction', 'p', { messages: [asks('a')] }],
    ['another project', 'q', { messages: [system, asks('a')] }],
    ['a name that says what belongs together', 'p', { messages: [system, asks('a')], prompt_cache_key: 'a' }],
    ['an input', 'p', { input: 'a' }],
  ])('is another for %s', (_, projectId, body) => {
    expect(conversationSeed(projectId, body)).not.toBe(conversationSeed('p', { messages: [system, asks('a')] }));
  });

  test('is the name that the caller gives, whatever is said', () => {
    const named = (content: string) => conversationSeed('p', { messages: [asks(content)], prompt_cache_key: 'k' });
    expect(named('a')).toBe(named('b'));
  });

  test.each([{ prompt_cache_key: 'k' }, { input: 'a' }])('is of its project, and of what it says: %j', (body) => {
    const changed = Object.fromEntries(Object.entries(body).map(([name, value]) => [name, `${value}, and more`]));
    expect(conversationSeed('q', body)).not.toBe(conversationSeed('p', body));
    expect(conversationSeed('p', changed)).not.toBe(conversationSeed('p', body));
  });

  test('is the same for the turns of a response, however its first question is written', () => {
    const instructions = 'Be brief.';
    const later = [
      { role: 'assistant', content: 'b' },
      { role: 'user', content: 'c' },
    ];
    const seeds = [
      'a',
      [{ role: 'user', content: 'a' }],
      [{ type: 'message', id: 'msg_1', role: 'user', content: [{ type: 'input_text', text: 'a' }] }, ...later],
    ].map((input) => conversationSeed('p', { input, instructions }));
    expect(new Set(seeds).size).toBe(1);
  });

  test.each([
    { input: 'b' },
    {
      input: [
        { role: 'developer', content: 'z' },
        { role: 'user', content: 'a' },
      ],
    },
    { input: [{ role: 'user', content: [{ type: 'input_text', text: 'a' }, { type: 'input_image' }] }] },
    { input: 'a', instructions: 'Be brief.' },
    { input: [null] },
    { input: [[1, 2]] },
  ])('is another for another response: %j', (body) => {
    expect(conversationSeed('p', body)).not.toBe(conversationSeed('p', { input: 'a' }));
  });

  test('is there for messages that are none: their provider refuses them', () => {
    expect(conversationSeed('p', { messages: [null] })).toEqual(expect.any(String));
  });
});
