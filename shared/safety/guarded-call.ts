/** A call whose input the guardrails have seen: what they still have to say, and what they do with its answer. */
import type { GatewayError } from '../errors.ts';
import type { Redactor } from '../redaction/redactor.ts';
import type { SafetyFinding } from './finding.ts';
import type { SafetyPolicy } from './policy.ts';

/** The verdict on an input that is checked while the model works already. */
export type Clearance = {
  /** Null: let through. Comes in any case, within the policy's `timeout_ms`, and never rejects. */
  readonly refusal: Promise<GatewayError | null>;
  /** Fires when it is refused, so that nobody works on it any more. */
  readonly refused: AbortSignal;
};

export type GuardedCall = {
  readonly policy: SafetyPolicy;
  /** Null: it is let through already. */
  readonly clearance: Clearance | null;
  /** What replaced parts of the input, to put them back into the answer. */
  readonly redactor: Redactor | null;
  /** For the header, and for the record, which is written once the answer is out. */
  readonly note: (findings: readonly SafetyFinding[]) => void;
  /** What is only known once the answer is out: for the record alone. */
  readonly noteAtEnd: (findings: () => Promise<readonly SafetyFinding[]>) => void;
};
