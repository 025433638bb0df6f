import fc from 'fast-check';
import type { ModerationScores } from '../../../shared/moderation/moderator.ts';
import { isUnsafe, violatedCategories } from '../../../shared/moderation/verdict.ts';
import { type CategoryName, moderationCategories } from '../../../shared/safety/categories.ts';
import { type ModerationPolicy, type SafetyWishes, safetyOf } from '../../../shared/safety/policy.ts';

const policy = (moderation: SafetyWishes['moderation'] = {}): ModerationPolicy =>
  safetyOf({}, { moderation }).moderation;

describe('the cases of the guide', () => {
  const guide = policy({ categories: ['hate', 'violence'] });

  test('a score of 0.8 is unsafe where 0.5 is the threshold', () => {
    const scores = { hate: 0.8, violence: 0.2 };
    expect(isUnsafe(guide, scores)).toBe(true);
    expect(violatedCategories(guide, scores)).toEqual(['hate']);
  });

  test('low scores are safe, and so is another category', () => {
    expect(isUnsafe(guide, { hate: 0.1, violence: 0.2 })).toBe(false);
    expect(isUnsafe(guide, { sexual: 0.99 })).toBe(false);
    expect(isUnsafe(guide, {})).toBe(false);
  });
});

test.each<[string, SafetyWishes['moderation'], ModerationScores, readonly CategoryName[]]>([
  ['the threshold itself is not above it', {}, { hate: 0.5 }, []],
  ['a hair more is', {}, { hate: 0.500001 }, ['hate']],
  ['a category that is named twice is one', { categories: ['hate', 'hate'] }, { hate: 0.9 }, ['hate']],
  ['one is above everything but one', { threshold: 1 }, { hate: 1 }, []],
  ['at nought, nought is safe', { threshold: 0 }, { hate: 0, violence: 0.001 }, ['violence']],
  ['where nothing is chosen, all count, each by itself', {}, { 'hate/threatening': 0.9 }, ['hate/threatening']],
  ['a parent includes what is below it', { categories: ['hate'] }, { 'hate/threatening': 0.9 }, ['hate']],
  ['a child does not include its parent', { categories: ['hate/threatening'] }, { hate: 0.9 }, []],
  ['no name includes one that only begins like it', { categories: ['self-harm'] }, { sexual: 0.9 }, []],
  [
    'a parent leaves alone what is chosen by itself',
    { categories: ['violence', 'violence/graphic'] },
    { 'violence/graphic': 0.9 },
    ['violence/graphic'],
  ],
  ['graphic', { categories: ['graphic'] }, { violence: 0.9, 'violence/graphic': 0.6 }, ['graphic']],
  ['graphic, and not violence', { categories: ['graphic'] }, { violence: 0.9 }, []],
  ['illegal, in either way', { categories: ['illegal'] }, { 'illicit/violent': 0.6 }, ['illegal']],
  ['harmful, in the worst of its ways', { categories: ['harmful'] }, { 'self-harm/instructions': 0.6 }, ['harmful']],
  ['harmful is not every harm', { categories: ['harmful'] }, { 'self-harm': 0.9, hate: 0.9 }, []],
  ['a threshold of its own', { thresholds: { violence: 0.8 } }, { violence: 0.7, hate: 0.7 }, ['hate']],
  ['a threshold of its parent', { thresholds: { hate: 0.8 } }, { 'hate/threatening': 0.7 }, []],
  [
    'its own before its parent’s',
    { thresholds: { hate: 0.8, 'hate/threatening': 0.3 } },
    { 'hate/threatening': 0.4 },
    ['hate/threatening'],
  ],
  [
    'its own also where its parent is chosen',
    { categories: ['hate'], thresholds: { hate: 0.8, 'hate/threatening': 0.3 } },
    { 'hate/threatening': 0.4 },
    ['hate'],
  ],
  ['a threshold by another name', { thresholds: { graphic: 0.9 } }, { 'violence/graphic': 0.8 }, []],
  [
    'the stricter of two other names',
    { thresholds: { illegal: 0.9, harmful: 0.7 } },
    { 'illicit/violent': 0.8 },
    ['illicit/violent'],
  ],
  [
    'an alias by its own threshold before that of what it stands for',
    { categories: ['graphic'], thresholds: { graphic: 0.3, 'violence/graphic': 0.9 } },
    { 'violence/graphic': 0.4 },
    ['graphic'],
  ],
  [
    'an alias by the threshold of what it stands for',
    { categories: ['illegal'], thresholds: { illicit: 0.9 } },
    { illicit: 0.8, 'illicit/violent': 0.8 },
    [],
  ],
])('%s', (_, wishes, scores, violated) => {
  expect(violatedCategories(policy(wishes), scores)).toEqual(violated);
  expect(isUnsafe(policy(wishes), scores)).toBe(violated.length > 0);
});

describe('where all are required', () => {
  test.each<[string, ModerationScores, boolean]>([
    ['one of two is safe', { hate: 0.9 }, false],
    ['both are unsafe', { hate: 0.9, violence: 0.6 }, true],
    ['one through what is below it, too', { 'hate/threatening': 0.9, violence: 0.6 }, true],
    ['one that is not known is not violated', { violence: 0.9 }, false],
    ['none is safe', {}, false],
  ])('%s', (_, scores, unsafe) => {
    expect(isUnsafe(policy({ categories: ['hate', 'violence'], require_all: true }), scores)).toBe(unsafe);
  });
});

test('a category that is named twice is required once', () => {
  const twice = policy({ categories: ['hate', 'hate'], require_all: true });
  expect(isUnsafe(twice, { hate: 0.9 })).toBe(true);
  expect(isUnsafe(twice, { hate: 0.1 })).toBe(false);
});

test('a higher score never makes anything safer', () => {
  const score = fc.double({ min: 0, max: 1, noNaN: true });
  const scores = fc.record(Object.fromEntries(moderationCategories.map((one) => [one, score])), { requiredKeys: [] });
  const wishes = fc.record({
    categories: fc.subarray([...moderationCategories, 'graphic', 'illegal', 'harmful'] as CategoryName[], {
      minLength: 1,
    }),
    thresholds: fc.dictionary(fc.constantFrom('hate', 'graphic', 'harmful', 'illicit'), score),
    threshold: score,
    require_all: fc.boolean(),
  });
  fc.assert(
    fc.property(wishes, scores, fc.constantFrom(...moderationCategories), (wished, before, raised) => {
      fc.pre(isUnsafe(policy(wished), before as ModerationScores));
      expect(isUnsafe(policy(wished), { ...before, [raised]: 1 })).toBe(true);
    }),
  );
});
