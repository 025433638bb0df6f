/** The composition root goes on: guardrails. */
import type { Live } from './deps.ts';
import type { InferenceDeps } from './inference/attempts.ts';
import { createGuardAnswer, type GuardAnswer } from './inference/guard-answer.ts';
import { createGuardInput, type GuardInput, type SafetyDeps } from './inference/guard-input.ts';
import { createModerator } from './moderation/provider-moderator.ts';
import type { SafetyWishes } from './safety/policy.ts';
import { dynamoViolationStore } from './violations/violation-store.ts';

export type Guardrails = {
  readonly guardInput: GuardInput;
  readonly guardAnswer: GuardAnswer;
  /** What projects' own policies leave out. */
  readonly safetyDefaults: SafetyWishes;
};

export function guardrailsOf(
  { db, log, now, countEvent }: Live,
  inference: InferenceDeps,
  { violationsTable, safetyDefaults }: { readonly violationsTable: string; readonly safetyDefaults: SafetyWishes },
): Guardrails {
  const safety: SafetyDeps = {
    safetyDefaults,
    moderator: createModerator({ ...inference, countEvent }),
    recording: { violations: dynamoViolationStore(db, violationsTable), log, countEvent, now, newId: inference.newId },
  };
  const deps = { ...inference, ...safety };
  return { guardInput: createGuardInput(deps), guardAnswer: createGuardAnswer(deps), safetyDefaults };
}
