import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { base62 } from '../../../shared/ids.ts';
import { keyIdFromToken, newToken, redact } from '../../../shared/keys/token.ts';

const nowMs = Date.parse('2026-11-22T10:00:00Z');

/** A text with the checksum that it would have as a key. */
const signed = (text: string): string => text + base62(crc32(text), 6);

describe('a new key (THREATS 1)', () => {
  const { id, token } = newToken('prod-eu', nowMs);

  test('says its stage, its public id, 32 digits of secret and 6 of checksum', () => {
    expect(token).toMatch(/^sk-sluice-prod-eu_[0-9A-Za-z]{54}$/);
    expect(token).toContain(`_${id.slice('key_'.length)}`);
  });

  test('leads to its own id', () => {
    expect(keyIdFromToken(token, 'prod-eu')).toBe(id);
    expect(id).toMatch(/^key_[0-9A-Za-z]{16}$/);
  });

  test('sorts by the time of its making', () => {
    expect(newToken('a', nowMs).id < newToken('a', nowMs + 1).id).toBe(true);
  });

  test('differs from every other in its secret', () => {
    const secrets = Array.from({ length: 100 }, () => newToken('a', nowMs).token.slice(-38, -6));
    expect(new Set(secrets).size).toBe(100);
  });
});

describe('a mistyped key', () => {
  const anyCharacter = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
  const digit = fc.constantFrom(...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz');

  test('is refused whichever single character is wrong, and whatever stands in its place', () => {
    const { token } = newToken('local', nowMs);
    fc.assert(
      fc.property(fc.nat(token.length - 1), fc.oneof(digit, anyCharacter), (at, wrong) => {
        fc.pre(token[at] !== wrong);
        expect(keyIdFromToken(token.slice(0, at) + wrong + token.slice(at + 1), 'local')).toBeNull();
      }),
      { numRuns: 1_000 },
    );
  });

  test('is refused when two neighbours have changed places', () => {
    const { token } = newToken('local', nowMs);
    for (let at = 0; at + 1 < token.length; at++) {
      const swapped = `${token.slice(0, at)}${token[at + 1]}${token[at]}${token.slice(at + 2)}`;
      if (swapped !== token) expect(keyIdFromToken(swapped, 'local')).toBeNull();
    }
  });

  const body = 'A'.repeat(48);
  test.each([
    ['nothing', ''],
    ['something before it', signed(`xsk-sluice-local_${body}`)],
    ['something behind it', `${signed(`sk-sluice-local_${body}`)}x`],
    ['a line break behind it', `${signed(`sk-sluice-local_${body}`)}\n`],
    ['another line before it', `x\n${signed(`sk-sluice-local_${body}`)}`],
    ['a secret that is too short', signed(`sk-sluice-local_${body.slice(1)}`)],
    ['a secret that is too long', signed(`sk-sluice-local_${body}A`)],
    ['no stage', signed(`sk-sluice-_${body}`)],
    ['capitals in the stage', signed(`sk-sluice-LOCAL_${body}`)],
    ['a sign in the secret', signed(`sk-sluice-local_${body.slice(1)}-`)],
    ['another kind of key', signed(`sk-proj-local_${body}`)],
    ['a letter that only looks like one', signed(`sk-sluice-local_${body.slice(1)}\u0410`)],
  ])('is refused with %s', (_, token) => {
    expect(keyIdFromToken(token, 'local')).toBeNull();
  });

  test('is told from a well-formed one by the checksum alone', () => {
    expect(keyIdFromToken(signed(`sk-sluice-local_${body}`), 'local')).toBe('key_AAAAAAAAAAAAAAAA');
  });
});

test.each(['prod', 'loca', 'locall', ''])('a key of the stage "local" is refused at the stage "%s"', (stage) => {
  expect(keyIdFromToken(newToken('local', nowMs).token, stage)).toBeNull();
});

test('redacting keeps the kind, four digits of the id and four of the checksum, and none of the secret', () => {
  const { id, token } = newToken('local', nowMs);
  const shown = redact(token);
  expect(shown).toBe(`sk-sluice-local_${id.slice(4, 8)}…${token.slice(-4)}`);
});
