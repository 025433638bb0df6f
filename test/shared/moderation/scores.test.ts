import fc from 'fast-check';
import { readScores, worst } from '../../../shared/moderation/scores.ts';
import { moderationCategories } from '../../../shared/safety/categories.ts';
import { allAt, results } from './moderators.ts';

const someScore = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.constantFrom<unknown>(-1, 2, null, '0.5', true, {}, [], undefined),
);
const someScores = fc.dictionary(
  fc.constantFrom(...moderationCategories, 'boredom', '__proto__', 'constructor'),
  someScore,
);

test('whatever an answer says, it is malformed, or every input has true scores of its own', () => {
  const anyAnswer = fc.oneof(
    fc.array(fc.oneof(someScores, fc.anything()), { maxLength: 4 }).map((scores) => results(...scores)),
    fc.anything(),
  );
  fc.assert(
    fc.property(anyAnswer, fc.integer({ min: 1, max: 4 }), (answer, inputs) => {
      let text: string | undefined;
      try {
        text = JSON.stringify(answer);
      } catch {
        // Cycles and big integers are no JSON.
      }
      const read = readScores(text ?? '', inputs);
      if (read.kind === 'malformed') return;
      expect(read.scores).toHaveLength(inputs);
      for (const scores of read.scores) {
        expect(Object.keys(scores).length).toBeGreaterThan(0);
        for (const [category, score] of Object.entries(scores)) {
          expect(moderationCategories).toContain(category);
          expect(score).toBeGreaterThanOrEqual(0);
          expect(score).toBeLessThanOrEqual(1);
        }
      }
    }),
    { numRuns: 500 },
  );
});

test('scores come out as they went in, in the order of the inputs', () => {
  const given = [allAt(0), allAt(1), { hate: 0.5 }];
  expect(readScores(JSON.stringify(results(...given)), 3)).toEqual({ kind: 'scores', scores: given });
});

test('of pieces, each category has the worst score that any of them has', () => {
  expect(worst([{ hate: 0.1, violence: 0.9 }, { hate: 0.4 }, {}])).toEqual({ hate: 0.4, violence: 0.9 });
  expect(worst([{ hate: 0 }])).toEqual({ hate: 0 });
  expect(worst([])).toEqual({});
});

test.each([null, '0.1', false, [0], {}, -0.1, 1.1])('a score of %j is none: the whole answer is malformed', (score) => {
  const read = readScores(JSON.stringify(results({ hate: 0.1, violence: score })), 1);
  expect(read).toEqual({ kind: 'malformed', how: 'a score that is none' });
});

test.each<[string, string, string]>([
  ['no JSON', 'not an object', '{'],
  ['no object', 'not an object', '[]'],
  ['null', 'not an object', 'null'],
  [
    'an error beside results',
    'an error in a 200',
    JSON.stringify({ ...results({ hate: 0 }), error: { code: 'oops' } }),
  ],
  ['nothing in it', 'no results', '{}'],
  ['more results than inputs', 'another number of results', JSON.stringify(results({ hate: 0 }, { hate: 0 }))],
  ['fewer results than inputs', 'another number of results', JSON.stringify(results())],
  ['a result of null', 'no scores', '{"results":[null]}'],
  ['a result that is a list', 'no scores', '{"results":[[]]}'],
  ['scores in a list', 'no scores', '{"results":[{"category_scores":[0]}]}'],
  ['no category that is known', 'no known category', JSON.stringify(results({ boredom: 0.1 }))],
])('an answer with %s has judged nothing: %s', (_, how, text) => {
  expect(readScores(text, 1)).toEqual({ kind: 'malformed', how });
});
