import { withoutKeys } from '../../../shared/audit-logs/without-keys.ts';
import { newToken, redact } from '../../../shared/keys/token.ts';

const project = newToken('prod-eu', 1).token;
const admin = newToken('prod-eu', 1, 'admin').token;

test.each([
  ['', ''],
  ['plain', 'plain'],
  [project, 'sk-…'],
  [`curl ${admin} ${project}!`, 'curl sk-… sk-…!'],
  [`x${project}x`, 'xsk-…'],
  ['sk-learn', 'sk-learn'],
  [redact(project), redact(project)],
  [redact(admin), redact(admin)],
])('%j is kept as %j', (text, kept) => {
  expect(withoutKeys(text)).toBe(kept);
});

test('keys are found wherever they are, and everything else stays', () => {
  const value = { a: [project, 1, null, { b: admin }], c: true, d: undefined };
  expect(withoutKeys(value)).toEqual({ a: ['sk-…', 1, null, { b: 'sk-…' }], c: true, d: undefined });
});

test('a long text takes no longer than its length (I11)', () => {
  expect(withoutKeys('sk-'.repeat(400_000)).length).toBe(4);
});
