/** Findings and calls, made up, and violations as the request path writes them down. */
import { randomNonce, sortableId } from '../../shared/ids.ts';
import type { SafetyFinding } from '../../shared/safety/finding.ts';
import { type AboutCall, type Violation, violationsFrom } from '../../shared/violations/violation.ts';

export const finding = (changes: Partial<SafetyFinding> = {}): SafetyFinding => ({
  guardrail: 'moderation',
  stage: 'input',
  action: 'blocked',
  categories: ['violence'],
  scores: { violence: 0.91, hate: 0.02 },
  text: 'what was said',
  ...changes,
});

export const aboutCall = (changes: Partial<AboutCall> = {}): AboutCall => ({
  projectId: 'proj_a',
  apiKeyId: 'key_a',
  serviceAccountId: 'svc_a',
  requestId: 'request',
  policyVersion: 3,
  model: 'test-model',
  streamed: false,
  logContent: false,
  contentSecret: 'a secret of the project',
  ...changes,
});

export const violationAt = (
  nowMs: number,
  found: Partial<SafetyFinding> = {},
  about: Partial<AboutCall> = {},
): Violation => {
  const making = { nowMs, newId: (prefix: string) => sortableId(prefix, nowMs), newNonce: randomNonce };
  const [violation] = violationsFrom([finding(found)], aboutCall(about), making);
  if (!violation) throw new Error('nothing was found');
  return violation;
};
