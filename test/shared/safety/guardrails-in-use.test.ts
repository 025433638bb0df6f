/** I8: a guardrail that a policy has is in use; one that it has not costs nothing. */
import { guardsInput, guardsOutput, moderatesInput } from '../../../shared/safety/guardrails-in-use.ts';
import { type SafetyWishes, safetyOf } from '../../../shared/safety/policy.ts';
import { type UsageKind, usageKinds } from '../../../shared/usage/attempt.ts';

const inUse = (wishes: SafetyWishes, kind: UsageKind) => {
  const policy = safetyOf({}, wishes);
  return [guardsInput(policy, kind), moderatesInput(policy, kind), guardsOutput(policy, kind)];
};

const [yes, no] = [true, false];

test.each<[string, SafetyWishes, boolean[], boolean[], boolean[]]>([
  ['nothing', {}, [no, no, no], [no, no, no], [no, no, no]],
  ['injection', { injection: { mode: 'flag' } }, [yes, no, no], [yes, no, no], [no, no, no]],
  ['moderation of inputs', { moderation: { input: 'flag' } }, [yes, yes, no], [yes, yes, no], [no, no, no]],
  ['moderation of answers', { moderation: { output: 'flag' } }, [no, no, yes], [no, no, no], [no, no, no]],
  ['redaction of inputs', { redaction: { input: ['email'] } }, [yes, no, no], [yes, no, no], [yes, no, no]],
  ['redaction of answers', { redaction: { output: ['email'] } }, [no, no, yes], [no, no, no], [no, no, no]],
  ['restoring', { redaction: { input: ['email'], restore: true } }, [yes, no, yes], [yes, no, no], [yes, no, no]],
  ['restoring of nothing', { redaction: { restore: true } }, [no, no, no], [no, no, no], [no, no, no]],
])('%s', (_, wishes, completions, embeddings, moderations) => {
  expect(usageKinds.map((kind) => inUse(wishes, kind))).toEqual([completions, embeddings, moderations]);
});
