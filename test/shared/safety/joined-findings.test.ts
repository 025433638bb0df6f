import type { SafetyFinding } from '../../../shared/safety/finding.ts';
import { joinedFindings } from '../../../shared/safety/joined-findings.ts';

const finding = (more: Partial<SafetyFinding>): SafetyFinding => ({
  guardrail: 'moderation',
  stage: 'output',
  action: 'flagged',
  categories: ['violence'],
  scores: { violence: 0.6 },
  text: 'a',
  ...more,
});

test('pieces of the same kind are one, with the highest scores, and the text that has them', () => {
  const graver = finding({ categories: ['hate'], scores: { hate: 0.9, violence: 0.1 }, text: 'b' });
  expect(joinedFindings([finding({}), graver])).toEqual([
    finding({ categories: ['violence', 'hate'], scores: { violence: 0.6, hate: 0.9 }, text: 'b' }),
  ]);
  expect(joinedFindings([graver, finding({})])).toEqual([
    finding({ categories: ['hate', 'violence'], scores: { violence: 0.6, hate: 0.9 }, text: 'b' }),
  ]);
});

test.each([{ guardrail: 'redaction' as const }, { stage: 'input' as const }, { action: 'blocked' as const }])(
  'what differs in %j stays apart',
  (difference) => {
    const all = [finding({}), finding(difference)];
    expect(joinedFindings(all)).toEqual(all);
  },
);

test('nothing is nothing', () => {
  expect(joinedFindings([])).toEqual([]);
});
