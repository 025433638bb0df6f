/** What was found of the same kind in one request, or in one answer, is one violation, however many pieces it was looked at in. */
import type { SafetyFinding } from './finding.ts';

const highest = ({ scores }: SafetyFinding): number => Math.max(0, ...Object.values(scores));

function joined(one: SafetyFinding, other: SafetyFinding): SafetyFinding {
  const scores = { ...one.scores };
  for (const [name, score] of Object.entries(other.scores)) scores[name] = Math.max(score, scores[name] ?? 0);
  return {
    ...(highest(other) > highest(one) ? other : one),
    categories: [...new Set([...one.categories, ...other.categories])],
    scores,
  };
}

export function joinedFindings(findings: readonly SafetyFinding[]): SafetyFinding[] {
  const kinds = new Map<string, SafetyFinding>();
  for (const finding of findings) {
    const kind = `${finding.stage} ${finding.guardrail} ${finding.action}`;
    const before = kinds.get(kind);
    kinds.set(kind, before ? joined(before, finding) : finding);
  }
  return [...kinds.values()];
}
