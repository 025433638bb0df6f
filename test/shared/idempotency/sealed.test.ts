import { nameOf, seal, unseal } from '../../../shared/idempotency/sealed.ts';
import { randomNonce } from '../../../shared/ids.ts';

const asked = { method: 'POST', path: '/a', key: 'k', body: '{}' };
const text = '{"value":"sk-sluice-…"}';

test('what was sealed is read with the same token and row, and with no other', () => {
  const sealed = seal('token', 'row', text, randomNonce());
  expect(unseal('token', 'row', sealed)).toBe(text);
  expect(Buffer.from(sealed).toString('latin1')).not.toContain('value');
  expect(() => unseal('tokem', 'row', sealed)).toThrow();
  expect(() => unseal('token', 'rox', sealed)).toThrow();
});

test('what was changed since is not read', () => {
  const sealed = seal('token', 'row', text, randomNonce());
  for (let at = 0; at < sealed.length; at++) {
    const changed = Uint8Array.from(sealed);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => unseal('token', 'row', changed)).toThrow();
  }
  expect(() => unseal('token', 'row', sealed.slice(0, 20))).toThrow();
});

test('a name is the same for the same request, and another for any other', () => {
  expect(nameOf('token', asked)).toEqual(nameOf('token', asked));
  const { id, bodyDigest } = nameOf('token', asked);
  expect(nameOf('token', { ...asked, body: '{ }' })).toEqual({ id, bodyDigest: expect.not.stringMatching(bodyDigest) });
  const others = [{ method: 'DELETE' }, { path: '/b' }, { key: 'l' }, { path: '/a","k', key: '' }];
  const ids = others.map((other) => nameOf('token', { ...asked, ...other }).id);
  expect(new Set([...ids, id, nameOf('other', asked).id]).size).toBe(6);
});
