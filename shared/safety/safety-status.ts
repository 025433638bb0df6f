/** What `x-sluice-safety` says. */
import { type SafetyFinding, safetyActions } from './finding.ts';

const safetyStatuses = ['safe', ...safetyActions] as const;
export type SafetyStatus = (typeof safetyStatuses)[number];

/** The gravest of what was done. */
export const graver = (status: SafetyStatus, findings: readonly SafetyFinding[]): SafetyStatus =>
  findings.reduce<SafetyStatus>(
    (gravest, { action }) => (safetyStatuses.indexOf(action) > safetyStatuses.indexOf(gravest) ? action : gravest),
    status,
  );

/** Of several looks at one request; undefined where nobody has looked. */
export const joinedStatus = (one: SafetyStatus | undefined, other: SafetyStatus | undefined) =>
  one === undefined || (other !== undefined && safetyStatuses.indexOf(other) > safetyStatuses.indexOf(one))
    ? other
    : one;
