import { currentVersion, type Digest, digestOf, type Peppers, verify } from '../../../shared/keys/digest.ts';

const peppers = { '1': 'the first pepper', '2': 'the second pepper' };
const token = 'sk-sluice-test_whatever';

describe('digests of keys (THREATS 1)', () => {
  test('belong to one token and one pepper', () => {
    const stored = digestOf(token, peppers);
    expect(verify(token, stored, peppers)).toBe(true);
    expect(verify(`${token}x`, stored, peppers)).toBe(false);
    expect(verify(token, stored, { ...peppers, '2': 'another pepper' })).toBe(false);
    expect(stored.digest).not.toContain(token);
  });

  test('are made with the highest version, by number', () => {
    expect(currentVersion({ '9': 'nine', '10': 'ten', '2': 'two' })).toBe('10');
    expect(digestOf(token, { '9': 'nine', '10': 'ten' }).pepperVersion).toBe('10');
  });

  test('of an older version verify while that version is kept, and no longer', () => {
    const old = digestOf(token, { '1': peppers['1'] });
    expect(verify(token, old, peppers)).toBe(true);
    expect(verify(token, old, { '2': peppers['2'] })).toBe(false);
  });

  test('of an unknown version never verify, not even under an empty pepper', () => {
    const forged = digestOf(token, { '7': '' });
    expect(verify(token, forged, peppers)).toBe(false);
  });

  test.each<[string, Digest | undefined]>([
    ['no key at all', undefined],
    ['an empty digest', { digest: '', pepperVersion: '2' }],
    ['a digest cut short', { digest: digestOf(token, peppers).digest.slice(0, 20), pepperVersion: '2' }],
    ['a digest of zeros', { digest: Buffer.alloc(32).toString('base64'), pepperVersion: '2' }],
    ['a digest that is no base 64', { digest: '\u0000 not base 64 !', pepperVersion: '2' }],
  ])('%s never verifies', (_, stored) => {
    expect(verify(token, stored, peppers)).toBe(false);
  });

  test('an unknown id is hashed under the current pepper all the same, so that it costs what a known one costs', () => {
    const read: string[] = [];
    const watched: Peppers = new Proxy<Peppers>(peppers, {
      get: (target, version) => {
        read.push(String(version));
        return Reflect.get(target, version);
      },
    });
    verify(token, undefined, watched);
    expect(read).toEqual(['2']);
    read.length = 0;
    verify(token, digestOf(token, peppers), watched);
    expect(read).toEqual(['2']);
  });
});
