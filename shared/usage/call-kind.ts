/** The types of model call, as the gateway reads, guards and answers them. */
import { type UsageKind, usageKinds } from './attempt.ts';

export const callKinds = [...usageKinds, 'responses'] as const;
export type CallKind = (typeof callKinds)[number];

/** OpenAI counts responses among completions: https://platform.openai.com/docs/api-reference/usage/completions */
export const usageKindOf = (kind: CallKind): UsageKind => (kind === 'responses' ? 'completions' : kind);
