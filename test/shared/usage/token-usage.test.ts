import fc from 'fast-check';
import { usageOf } from '../../../shared/usage/token-usage.ts';

const nothing = { input: 0, cachedInput: 0, cacheWrite: 0, output: 0, reasoning: 0 };

describe('what a provider says it used', () => {
  test('is taken part by part', () => {
    const reported = {
      prompt_tokens: 100,
      completion_tokens: 20,
      total_tokens: 120,
      prompt_tokens_details: { cached_tokens: 40, cache_write_tokens: 10, audio_tokens: 0 },
      completion_tokens_details: { reasoning_tokens: 5, audio_tokens: 0 },
    };
    expect(usageOf(reported)).toEqual({ input: 100, cachedInput: 40, cacheWrite: 10, output: 20, reasoning: 5 });
  });

  test('is taken part by part of responses, too', () => {
    const reported = {
      input_tokens: 100,
      input_tokens_details: { cached_tokens: 40, cache_write_tokens: 10 },
      output_tokens: 20,
      output_tokens_details: { reasoning_tokens: 5 },
      total_tokens: 120,
    };
    expect(usageOf(reported)).toEqual({ input: 100, cachedInput: 40, cacheWrite: 10, output: 20, reasoning: 5 });
  });

  test.each<[string, unknown, object]>([
    ['zero, of responses', { input_tokens: 0, output_tokens: 0 }, nothing],
    ['details of responses that are null', { input_tokens: 7, input_tokens_details: null }, { ...nothing, input: 7 }],
    ['zero', { prompt_tokens: 0, completion_tokens: 0 }, nothing],
    ['no completion, as embeddings have it', { prompt_tokens: 7, total_tokens: 7 }, { ...nothing, input: 7 }],
    [
      'details that are null',
      { prompt_tokens: 7, completion_tokens: null, prompt_tokens_details: null },
      { ...nothing, input: 7 },
    ],
    [
      'details without a count',
      { prompt_tokens: 7, prompt_tokens_details: {}, completion_tokens_details: { reasoning_tokens: null } },
      { ...nothing, input: 7 },
    ],
  ])('is a count when it is %s', (_, reported, expected) => {
    expect(usageOf(reported)).toEqual(expected);
  });

  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'many'],
    ['a list', [1, 2]],
    ['empty', {}],
    ['of another API', { inputTokens: 1, outputTokens: 2 }],
    ['of responses, and negative', { input_tokens: -1, output_tokens: 2 }],
    ['of responses, and text', { input_tokens: '1', output_tokens: 2 }],
    ['negative', { prompt_tokens: -1, completion_tokens: 2 }],
    ['negative in its details', { prompt_tokens: 1, prompt_tokens_details: { cached_tokens: -1 } }],
    ['a fraction', { prompt_tokens: 1.5 }],
    ['text inside', { prompt_tokens: '12' }],
    ['infinite', { prompt_tokens: Number.POSITIVE_INFINITY }],
    ['beyond what is exact', { prompt_tokens: 2 ** 53 }],
  ])('is no count when it is %s, and nothing is made up', (_, reported) => {
    expect(usageOf(reported)).toBeNull();
  });

  test('never has parts that are more than the whole', () => {
    const count = fc.nat(1_000);
    fc.assert(
      fc.property(count, count, count, count, (prompt_tokens, cached_tokens, cache_write_tokens, completion_tokens) => {
        const usage = usageOf({
          prompt_tokens,
          completion_tokens,
          prompt_tokens_details: { cached_tokens, cache_write_tokens },
        });
        expect(usage).toMatchObject({ input: prompt_tokens, output: completion_tokens });
        expect((usage?.cachedInput ?? 0) + (usage?.cacheWrite ?? 0)).toBeLessThanOrEqual(prompt_tokens);
      }),
    );
  });
});

test('more tokens than a call can use is no count', () => {
  expect(usageOf({ prompt_tokens: 1_000_000_001, completion_tokens: 1 })).toBeNull();
  expect(usageOf({ prompt_tokens: 1_000_000_000, completion_tokens: 1 })).toMatchObject({ input: 1_000_000_000 });
});
