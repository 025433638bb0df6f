/** Moderation as a guardrail: what a moderator says, turned into what is done by the project's policy. It is decided here and nowhere else (I8). */
import { type SafetyFinding, type Stage, unavailable } from '../safety/finding.ts';
import type { ModerationPolicy } from '../safety/policy.ts';
import type { ModerationInput, ModerationQuestion, ModerationResult, Moderator } from './moderator.ts';
import { isUnsafe, violatedCategories } from './verdict.ts';

/** `off` is not asked about. */
export type ModerationMode = 'flag' | 'block';

/** Was there nobody who could judge? */
export const isUnavailable = (findings: readonly SafetyFinding[]): boolean =>
  findings.some(({ categories }) => categories.includes(unavailable));

export type ModerationVerdict = {
  readonly kind: 'passed' | 'blocked';
  readonly findings: readonly SafetyFinding[];
  /** Of what could not be judged: why. */
  readonly why?: string;
};

type Asked = {
  readonly policy: ModerationPolicy;
  readonly mode: ModerationMode;
  readonly stage: Stage;
  readonly input: ModerationInput;
};

/** One for each text and image that is unsafe; one for everything together where nobody could look. */
function moderationFindings(
  { policy, mode, stage, input: { texts, images } }: Asked,
  result: ModerationResult,
): readonly SafetyFinding[] {
  // A text without a result of its own has not been looked at.
  if (result.kind === 'unavailable' || result.scores.length !== texts.length + images.length) {
    const action = mode === 'block' && policy.on_unavailable === 'block' ? 'blocked' : 'flagged';
    const text = [...texts, ...images].join('\n');
    return [{ guardrail: 'moderation', stage, action, categories: [unavailable], scores: {}, text }];
  }
  return [...texts, ...images].flatMap((text, index): SafetyFinding[] => {
    const scores = result.scores[index] ?? {};
    if (!isUnsafe(policy, scores)) return [];
    const action = mode === 'block' ? 'blocked' : 'flagged';
    const categories = violatedCategories(policy, scores);
    return [{ guardrail: 'moderation', stage, action, categories, scores: { ...scores }, text }];
  });
}

/** What was unavailable is passed or blocked by now, and a finding says so. */
function moderationVerdict(asked: Asked, result: ModerationResult): ModerationVerdict {
  const findings = moderationFindings(asked, result);
  const kind = findings.some(({ action }) => action === 'blocked') ? 'blocked' : 'passed';
  return { kind, findings, ...(result.kind === 'unavailable' && { why: result.why }) };
}

/** Never rejects. */
export const checkTexts = async (
  moderator: Moderator,
  policy: ModerationPolicy,
  mode: ModerationMode,
  stage: Stage,
  input: ModerationInput,
  question: ModerationQuestion,
): Promise<ModerationVerdict> =>
  moderationVerdict({ policy, mode, stage, input }, await moderator.moderate(input, question));
