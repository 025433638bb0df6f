import { randomNonce } from '../../../shared/ids.ts';
import { digestOf, mostContent, openContent, sealContent } from '../../../shared/violations/sealed-content.ts';

const place = { projectId: 'proj_a', id: 'viol_1' };
const seal = (text: string) => sealContent('secret', place, text, randomNonce());
const open = (secret: string, at: typeof place, sealed: Uint8Array | undefined) =>
  openContent(secret, at, sealed ?? new Uint8Array());

describe('content', () => {
  test('is read with the secret of its project, at its place, and with no other (I5)', () => {
    const { sealed } = seal('canary-content');
    expect(open('secret', place, sealed)).toBe('canary-content');
    expect(Buffer.from(sealed ?? []).toString('latin1')).not.toContain('canary');
    expect(() => open('other', place, sealed)).toThrow();
    expect(() => open('secret', { ...place, projectId: 'proj_b' }, sealed)).toThrow();
    expect(() => open('secret', { ...place, id: 'viol_2' }, sealed)).toThrow();
  });

  test('that was changed since is not read', () => {
    const { sealed = new Uint8Array() } = seal('text');
    for (let at = 0; at < sealed.length; at++) {
      const changed = Uint8Array.from(sealed);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => open('secret', place, changed)).toThrow();
    }
    expect(() => open('secret', place, undefined)).toThrow();
  });

  test.each([
    ['x'.repeat(mostContent), 'x'.repeat(mostContent), false],
    ['x'.repeat(mostContent + 1), 'x'.repeat(mostContent), true],
    [`${'x'.repeat(mostContent - 1)}😀`, 'x'.repeat(mostContent - 1), true],
    [`${'x'.repeat(mostContent - 2)}😀`, `${'x'.repeat(mostContent - 2)}😀`, false],
    ['', '', false],
  ])('is kept up to its bound, and no character by half (case %#)', (text, kept, truncated) => {
    const content = seal(text);
    expect(content.truncated).toBe(truncated);
    expect(open('secret', place, content.sealed)).toBe(kept);
  });
});

test('a digest is the same for the same text of a project, and for nothing else', () => {
  const all = [
    digestOf('secret', 'proj_a', 'text'),
    digestOf('secret', 'proj_a', 'texu'),
    digestOf('other', 'proj_a', 'text'),
    digestOf('secret', 'proj_b', 'text'),
    digestOf(null, 'proj_a', 'text'),
    digestOf(null, 'proj_b', 'text'),
  ];
  expect(new Set(all).size).toBe(all.length);
  expect(digestOf('secret', 'proj_a', 'text')).toBe(all[0]);
  for (const digest of all) expect(digest).toMatch(/^[\w-]{43}$/);
});
