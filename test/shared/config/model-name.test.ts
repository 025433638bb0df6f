import { isModelName } from '../../../shared/config/model-name.ts';

describe('a name of a model (THREATS 5)', () => {
  test.each([
    'gpt-4o',
    'gpt-5.5-2026-01-01',
    'ft:gpt-4o-mini:acme::7p4lURel',
    'text-embedding-3-large',
    'llama_4@v2',
    'o3',
    '1',
    'x'.repeat(128),
  ])('may be %j', (name) => {
    expect(isModelName(name)).toBe(true);
  });

  test.each([
    ['empty', ''],
    ['too long', 'x'.repeat(129)],
    ['with a slash', 'openai/gpt-4o'],
    ['with a backslash', 'a\\b'],
    ['with a percent sign', 'a%2fb'],
    ['with a leading dot', '.gpt'],
    ['with two dots', 'a..b'],
    ['with two dots at the end', 'a..'],
    ['with a line feed at the end', 'gpt-4o\n'],
    ['with a carriage return', 'gpt\r\nx-evil: 1'],
    ['with NUL', 'gpt\u0000'],
    ['with a space', 'gpt 4o'],
    ['with a question mark', 'gpt?x=1'],
    ['with a hash', 'gpt#1'],
    ['with a letter that only looks like one', 'gpt-4\u043e'],
    ['with an invisible character', 'gpt\u200b-4o'],
    ['with a quote', 'gpt"'],
    ['beginning with a dash', '-gpt'],
  ])('is not %s', (_, name) => {
    expect(isModelName(name)).toBe(false);
  });

  test('has letters, digits and five signs that mean nothing in a path, a header or a line of a log', () => {
    const every = Array.from({ length: 0x10000 }, (_, code) => String.fromCharCode(code));
    const taken = every.filter((character) => isModelName(`a${character}b`)).join('');
    expect(taken).toBe('-.0123456789:@ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz');
    const first = every.filter((character) => isModelName(`${character}b`)).join('');
    expect(first).toBe('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');
  });

  test('is decided in no time, however long it is (I11)', () => {
    const began = performance.now();
    for (const hostile of [
      '.'.repeat(1_000_000),
      'a'.repeat(1_000_000),
      `${'a.'.repeat(500_000)}.`,
      `a${'.a'.repeat(500_000)}`,
    ]) {
      expect(isModelName(hostile)).toBe(false);
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
