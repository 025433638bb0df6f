/** Mode × result × what is done with what nobody could check × whether all categories are required. */
import { checkTexts, type ModerationMode } from '../../../shared/moderation/check.ts';
import type {
  ModerationInput,
  ModerationQuestion,
  ModerationResult,
  Moderator,
} from '../../../shared/moderation/moderator.ts';
import { type SafetyWishes, safetyOf } from '../../../shared/safety/policy.ts';
import { asks } from './moderators.ts';

const saying = (result: ModerationResult): Moderator => ({ moderate: async () => result });

const results = {
  safe: { kind: 'scored', scores: [{ hate: 0.1, violence: 0.1 }] },
  'unsafe in one': { kind: 'scored', scores: [{ hate: 0.9, violence: 0.1 }] },
  'unsafe in all': { kind: 'scored', scores: [{ hate: 0.9, violence: 0.8 }] },
  unavailable: { kind: 'unavailable', why: 'upstream_timeout' },
} as const satisfies Record<string, ModerationResult>;

const check = (
  moderation: SafetyWishes['moderation'],
  mode: ModerationMode,
  result: ModerationResult,
  input: ModerationInput = { texts: ['text'], images: [] },
) =>
  checkTexts(
    saying(result),
    safetyOf({}, { moderation: { categories: ['hate', 'violence'], ...moderation } }).moderation,
    mode,
    'input',
    input,
    asks(),
  );

type Expected = 'passed' | 'flagged' | 'blocked';
type Line = [ModerationMode, keyof typeof results, 'block' | 'allow', boolean, Expected];

const table: Line[] = [
  ['flag', 'safe', 'block', false, 'passed'],
  ['flag', 'safe', 'block', true, 'passed'],
  ['flag', 'safe', 'allow', false, 'passed'],
  ['flag', 'safe', 'allow', true, 'passed'],
  ['flag', 'unsafe in one', 'block', false, 'flagged'],
  ['flag', 'unsafe in one', 'block', true, 'passed'],
  ['flag', 'unsafe in one', 'allow', false, 'flagged'],
  ['flag', 'unsafe in one', 'allow', true, 'passed'],
  ['flag', 'unsafe in all', 'block', false, 'flagged'],
  ['flag', 'unsafe in all', 'block', true, 'flagged'],
  ['flag', 'unsafe in all', 'allow', false, 'flagged'],
  ['flag', 'unsafe in all', 'allow', true, 'flagged'],
  ['flag', 'unavailable', 'block', false, 'flagged'],
  ['flag', 'unavailable', 'block', true, 'flagged'],
  ['flag', 'unavailable', 'allow', false, 'flagged'],
  ['flag', 'unavailable', 'allow', true, 'flagged'],
  ['block', 'safe', 'block', false, 'passed'],
  ['block', 'safe', 'block', true, 'passed'],
  ['block', 'safe', 'allow', false, 'passed'],
  ['block', 'safe', 'allow', true, 'passed'],
  ['block', 'unsafe in one', 'block', false, 'blocked'],
  ['block', 'unsafe in one', 'block', true, 'passed'],
  ['block', 'unsafe in one', 'allow', false, 'blocked'],
  ['block', 'unsafe in one', 'allow', true, 'passed'],
  ['block', 'unsafe in all', 'block', false, 'blocked'],
  ['block', 'unsafe in all', 'block', true, 'blocked'],
  ['block', 'unsafe in all', 'allow', false, 'blocked'],
  ['block', 'unsafe in all', 'allow', true, 'blocked'],
  ['block', 'unavailable', 'block', false, 'blocked'],
  ['block', 'unavailable', 'block', true, 'blocked'],
  ['block', 'unavailable', 'allow', false, 'flagged'],
  ['block', 'unavailable', 'allow', true, 'flagged'],
];

test.each(table)(
  '%s, %s, unavailable: %s, all required: %s: %s (I8)',
  async (mode, result, on_unavailable, require_all, expected) => {
    const verdict = await check({ on_unavailable, require_all }, mode, results[result]);
    expect(verdict.kind).toBe(expected === 'blocked' ? 'blocked' : 'passed');
    expect(verdict.findings.map(({ action, categories }) => [action, categories])).toEqual(
      expected === 'passed'
        ? []
        : [
            [
              expected,
              result === 'unavailable' ? ['unavailable'] : result === 'unsafe in all' ? ['hate', 'violence'] : ['hate'],
            ],
          ],
    );
  },
);

test('each text and image that is unsafe is a finding, with all of its scores', async () => {
  const scores = [{ hate: 0.1 }, { hate: 0.7, sexual: 0.2 }, {}, { violence: 0.6 }];
  const input = { texts: ['tea', 'bad text', ''], images: ['https://images.example/bad.png'] };
  expect(await check({}, 'block', { kind: 'scored', scores }, input)).toEqual({
    kind: 'blocked',
    findings: [
      {
        guardrail: 'moderation',
        stage: 'input',
        action: 'blocked',
        categories: ['hate'],
        scores: { hate: 0.7, sexual: 0.2 },
        text: 'bad text',
      },
      {
        guardrail: 'moderation',
        stage: 'input',
        action: 'blocked',
        categories: ['violence'],
        scores: { violence: 0.6 },
        text: 'https://images.example/bad.png',
      },
    ],
  });
});

test('all categories are required of one text, not of several together', async () => {
  const apart = { kind: 'scored', scores: [{ hate: 0.9 }, { violence: 0.9 }] } as const;
  const verdict = await check({ require_all: true }, 'block', apart, { texts: ['a', 'b'], images: [] });
  expect(verdict).toEqual({ kind: 'passed', findings: [] });
});

test('what nobody could check is one finding about all of it, and says why', async () => {
  const input = { texts: ['a', 'b'], images: ['https://images.example/c.png'] };
  expect(await check({}, 'flag', results.unavailable, input)).toEqual({
    kind: 'passed',
    findings: [
      {
        guardrail: 'moderation',
        stage: 'input',
        action: 'flagged',
        categories: ['unavailable'],
        scores: {},
        text: 'a\nb\nhttps://images.example/c.png',
      },
    ],
    why: 'upstream_timeout',
  });
});

test('fewer scores than inputs pass nothing: they are as good as none', async () => {
  const verdict = await check(
    {},
    'block',
    { kind: 'scored', scores: [{ hate: 0.1 }] },
    { texts: ['a', 'b'], images: [] },
  );
  expect(verdict).toMatchObject({ kind: 'blocked', findings: [{ categories: ['unavailable'] }] });
});

test('the moderator is asked what was asked', async () => {
  const asked: [ModerationInput, ModerationQuestion][] = [];
  const moderator: Moderator = {
    moderate: async (...args) => {
      asked.push(args);
      return results.safe;
    },
  };
  const { moderation } = safetyOf({}, {});
  const input = { texts: ['text'], images: [] };
  const question = asks({ projectId: 'proj_x' });
  await checkTexts(moderator, moderation, 'flag', 'output', input, question);
  expect(asked).toEqual([[input, question]]);
});
