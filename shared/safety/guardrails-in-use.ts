/** Which guardrails a policy has at all, for a kind of call. */
import type { CallKind } from '../usage/call-kind.ts';
import type { SafetyPolicy } from './policy.ts';

/** Whoever asks what moderation thinks of a text is told; only what must not leave is taken out of it. */
const judges = (kind: CallKind): boolean => kind !== 'moderations';

export const guardsInput = ({ injection, moderation, redaction }: SafetyPolicy, kind: CallKind): boolean =>
  redaction.input.length > 0 || (judges(kind) && (injection.mode !== 'off' || moderation.input !== 'off'));

export const moderatesInput = ({ moderation }: SafetyPolicy, kind: CallKind): boolean =>
  judges(kind) && moderation.input !== 'off';

/** Then its texts are sent otherwise than they came, and are no longer but may be more tokens. */
export const changesInput = ({ injection, redaction }: SafetyPolicy): boolean =>
  redaction.input.length > 0 || injection.mode === 'sanitize';

/** Vectors and verdicts are no text. */
export const guardsOutput = ({ moderation, redaction }: SafetyPolicy, kind: CallKind): boolean =>
  (kind === 'completions' || kind === 'responses') &&
  (moderation.output !== 'off' || redaction.output.length > 0 || (redaction.restore && redaction.input.length > 0));
