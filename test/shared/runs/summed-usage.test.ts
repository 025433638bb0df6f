import { summedUsage } from '../../../shared/runs/summed-usage.ts';

test('counts are added, at every depth, also those that only one of them has', () => {
  const one = { prompt_tokens: 10, prompt_tokens_details: { cached_tokens: 4 } };
  const other = { prompt_tokens: 5, completion_tokens: 0, prompt_tokens_details: { audio_tokens: 1 } };
  expect(summedUsage(one, other)).toEqual({
    prompt_tokens: 15,
    completion_tokens: 0,
    prompt_tokens_details: { cached_tokens: 4, audio_tokens: 1 },
  });
});

test('what is null is no count', () => {
  expect(summedUsage({ input_tokens: 1, details: null }, { input_tokens: 2, details: { a: 1 } })).toEqual({
    input_tokens: 3,
    details: { a: 1 },
  });
});
