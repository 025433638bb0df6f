/** `project.safety_policy`, in the manner of the `openai` package, which has none: what holds, and what of it is the project's own. */
import { type ProjectSafety, type SafetyWishes, safetyOf } from './policy.ts';

export const safetyPolicyObject = ({ version, wishes }: ProjectSafety, defaults: SafetyWishes) => ({
  object: 'project.safety_policy',
  version,
  ...safetyOf(defaults, wishes),
  overrides: wishes,
});
