import { mostAtOnce, violationsFrom } from '../../../shared/violations/violation.ts';
import { aboutCall, finding, violationAt } from '../../support/violations.ts';

const nowMs = Date.parse('2026-11-22T10:00:00.999Z');
const making = () => {
  let made = 0;
  return { nowMs, newId: (prefix: string) => `${prefix}${made++}`, newNonce: () => Buffer.alloc(12) };
};

test('a violation says what was found, in whose call, and nothing of the text', () => {
  const [violation] = violationsFrom([finding()], aboutCall(), making());
  expect(violation).toEqual({
    id: 'viol_0',
    projectId: 'proj_a',
    apiKeyId: 'key_a',
    serviceAccountId: 'svc_a',
    requestId: 'request',
    createdAt: Math.floor(nowMs / 1000),
    stage: 'input',
    guardrail: 'moderation',
    action: 'blocked',
    categories: ['violence'],
    scores: { violence: 0.91, hate: 0.02 },
    digest: expect.stringMatching(/^[\w-]{43}$/),
    policyVersion: 3,
    model: 'test-model',
    streamed: false,
  });
});

test('content is kept only where the policy has it logged and the project has a secret for it', () => {
  const keptWith = (changes: object) => violationAt(nowMs, {}, changes).content !== undefined;
  expect(keptWith({ logContent: true })).toBe(true);
  expect(keptWith({ logContent: false })).toBe(false);
  expect(keptWith({ logContent: true, contentSecret: null })).toBe(false);
});

test('of too many findings the gravest are kept', () => {
  const actions = ['flagged', 'redacted', 'sanitized', 'blocked'] as const;
  const findings = actions.flatMap((action) => Array.from({ length: 10 }, () => finding({ action })));
  const kept = violationsFrom(findings, aboutCall(), making()).map(({ action }) => action);
  expect(kept).toHaveLength(mostAtOnce);
  expect([...new Set(kept)]).toEqual(['blocked', 'sanitized', 'redacted']);
});

test('scores are numbers that a table takes', () => {
  const scores = { a: 1e-200, b: 0.123456789, c: Number.NaN, d: Number.POSITIVE_INFINITY, e: 1 };
  expect(violationAt(nowMs, { scores }).scores).toEqual({ a: 0, b: 0.123457, e: 1 });
});
