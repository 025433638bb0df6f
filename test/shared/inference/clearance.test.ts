/** I8: what moderation says of an input is passed, blocked or unavailable, and the policy says what that means. */
import { askForClearance } from '../../../shared/inference/clearance.ts';
import type { ModerationInput, ModerationQuestion, ModerationResult } from '../../../shared/moderation/moderator.ts';
import type { SafetyFinding } from '../../../shared/safety/finding.ts';
import { type SafetyWishes, safetyOf } from '../../../shared/safety/policy.ts';

const safe: ModerationResult = { kind: 'scored', scores: [{ hate: 0.1 }] };
const unsafe: ModerationResult = { kind: 'scored', scores: [{ hate: 0.9 }] };
const unavailable = (why: string): ModerationResult => ({ kind: 'unavailable', why });

const oneText: ModerationInput = { texts: ['text'], images: [] };

function ask(
  moderation: SafetyWishes['moderation'],
  result: ModerationResult,
  { input = oneText, timeLeftMs = 60_000 } = {},
) {
  const asked: ModerationQuestion[] = [];
  const noted: SafetyFinding[] = [];
  const moderator = {
    moderate: async (_: unknown, question: ModerationQuestion) => {
      asked.push(question);
      return result;
    },
  };
  const policy = safetyOf({}, { moderation: { timeout_ms: 500, ...moderation }, messages: { blocked: 'Not that.' } });
  const about = {
    projectId: 'proj_a',
    requestId: 'req_a',
    policy,
    timeLeftMs,
    note: (all: readonly SafetyFinding[]) => noted.push(...all),
  };
  return { clearance: askForClearance(moderator, input, about), asked, noted };
}

async function verdict(moderation: SafetyWishes['moderation'], result: ModerationResult) {
  const { clearance, noted } = ask(moderation, result);
  const refusal = await clearance?.refusal;
  return {
    code: refusal && (refusal.why ?? null),
    message: refusal?.message,
    stopped: clearance?.refused.aborted,
    noted: noted.map(({ action, stage, categories }) => [action, stage, ...categories]),
  };
}

test.each<[string, SafetyWishes['moderation'], ModerationResult, object]>([
  ['is let through where it is safe', { input: 'block' }, safe, { code: null, stopped: false, noted: [] }],
  [
    'is refused where it is unsafe, with the words of the policy, and nobody works on it any more',
    { input: 'block' },
    unsafe,
    { code: 'content_policy_violation', message: 'Not that.', stopped: true, noted: [['blocked', 'input', 'hate']] },
  ],
  [
    'is let through where it is only flagged',
    { input: 'flag' },
    unsafe,
    { code: null, stopped: false, noted: [['flagged', 'input', 'hate']] },
  ],
  [
    'is refused where nobody could look',
    { input: 'block' },
    unavailable('upstream_timeout'),
    { code: 'moderation_unavailable', stopped: true, noted: [['blocked', 'input', 'unavailable']] },
  ],
  [
    'is refused where nobody may look, and the gateway says that this is its own fault',
    { input: 'block' },
    unavailable('upstream_auth'),
    { code: 'upstream_auth', stopped: true },
  ],
  [
    'is let through where nobody could look, if the policy says so',
    { input: 'block', on_unavailable: 'allow' },
    unavailable('upstream_timeout'),
    { code: null, stopped: false, noted: [['flagged', 'input', 'unavailable']] },
  ],
])('an input %s', async (_, moderation, result, expected) => {
  expect(await verdict(moderation, result)).toMatchObject(expected);
});

test.each([
  ['the policy has no moderation', { input: 'off' as const }, oneText],
  ['there is nothing to look at', { input: 'block' as const }, { texts: [], images: [] }],
])('nobody is asked where %s', (_, moderation, input) => {
  const { clearance, asked } = ask(moderation, safe, { input });
  expect(clearance).toBeNull();
  expect(asked).toEqual([]);
});

test.each([
  ['an image alone', []],
  ['an image beside a text', ['text']],
])('%s is asked about', (_, texts) => {
  const { clearance, asked } = ask({ input: 'block' }, safe, { input: { texts, images: ['https://a.example/b.png'] } });
  expect(clearance).not.toBeNull();
  expect(asked).toHaveLength(1);
});

test.each([
  ['the policy allows', 60_000, 500],
  ['the function has left', 200, 200],
])('the question takes no longer than %s', (_, timeLeftMs, timeoutMs) => {
  const { asked } = ask({ input: 'block' }, safe, { timeLeftMs });
  expect(asked).toEqual([expect.objectContaining({ projectId: 'proj_a', requestId: 'req_a', timeoutMs })]);
  expect(asked[0]?.signal.aborted).toBe(false);
});
