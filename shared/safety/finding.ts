/** What guardrails say. */

export const stages = ['input', 'output'] as const;
export type Stage = (typeof stages)[number];
export const guardrailNames = ['injection', 'moderation', 'redaction'] as const;
export type GuardrailName = (typeof guardrailNames)[number];

/** The category of what could not be checked. */
export const unavailable = 'unavailable';

/** From the mildest to the gravest: what was done. */
export const safetyActions = ['flagged', 'redacted', 'sanitized', 'blocked'] as const;
export type SafetyAction = (typeof safetyActions)[number];

/** What was found, for the record of violations. */
export type SafetyFinding = {
  readonly guardrail: GuardrailName;
  readonly stage: Stage;
  readonly action: SafetyAction;
  /** Of moderation: its categories; of redaction: the kinds of what was replaced; of injection: `prompt_injection`. `unavailable`, where nobody could look. */
  readonly categories: readonly string[];
  /** In [0, 1], where there are any. */
  readonly scores: Readonly<Record<string, number>>;
  /** What it was found in: for its digest, and to be kept where the policy says so. Never for a log (I6). */
  readonly text: string;
};
