import * as fc from 'fast-check';
import { entityKinds } from '../../../shared/redaction/entity.ts';
import { createRedactor } from '../../../shared/redaction/redactor.ts';
import { inParts, lengths, pem, texts } from './fragments.ts';

test('the same value has the same placeholder in all texts of a request', () => {
  const redactor = createRedactor(entityKinds);
  expect(redactor.redact('From ada@example.com to bob@example.com')).toBe('From [EMAIL_1] to [EMAIL_2]');
  expect(redactor.redact('cc bob@example.com, 192.168.1.17')).toBe('cc [EMAIL_2], [IP_1]');
  expect(redactor.placeholder('email', 'ada@example.com')).toBe('[EMAIL_1]');
  expect(redactor.counts()).toEqual({ email: 4, ip: 1 });
});

test('redactors know nothing of each other', () => {
  const first = createRedactor(entityKinds);
  const second = createRedactor(entityKinds);
  expect(first.redact('ada@example.com')).toBe('[EMAIL_1]');
  expect(second.redact('bob@example.com')).toBe('[EMAIL_1]');
  expect(first.restore('[EMAIL_1]')).toBe('ada@example.com');
  expect(second.counts()).toEqual({ email: 1 });
});

test('a placeholder is shortened where the original is shorter, and never takes more bytes than it', () => {
  const redactor = createRedactor(entityKinds);
  expect(redactor.redact('a@b.co')).toBe('[E1]');
  expect(redactor.redact('ftp://ada:xy@example.com/')).toBe('ftp://ada:**@example.com/');
  fc.assert(
    fc.property(texts, (text) => {
      const redacted = createRedactor(entityKinds).redact(text);
      expect(Buffer.byteLength(redacted)).toBeLessThanOrEqual(Buffer.byteLength(text));
    }),
  );
});

test('what was taken out is put back, wherever it is in the answer', () => {
  const redactor = createRedactor(entityKinds);
  redactor.redact('I am ada@example.com, my key is password = "Tr0ub4dor&3"');
  expect(redactor.restore('Dear [EMAIL_1], it is [SECRET_1]; not [EMAIL_2].')).toBe(
    'Dear ada@example.com, it is Tr0ub4dor&3; not [EMAIL_2].',
  );
});

test('what is put back into JSON is escaped', () => {
  const redactor = createRedactor(entityKinds);
  redactor.redact(pem);
  const restored = redactor.restore('{"key":"[SECRET_1]"}', (original) => JSON.stringify(original).slice(1, -1));
  expect(JSON.parse(restored)).toEqual({ key: pem });
});

test('restoring gives the text that came', () => {
  fc.assert(
    fc.property(texts, (text) => {
      const redactor = createRedactor(entityKinds, [text]);
      const redacted = redactor.redact(text);
      fc.pre(!redacted.includes('*'));
      expect(redactor.restore(redacted)).toBe(text);
    }),
  );
});

describe('placeholders that the caller wrote', () => {
  const mine = 'Keep [EMAIL_1] and [E1] as they are, ada@example.com';

  test('are left alone and are not put back as somebody else', () => {
    const redactor = createRedactor(entityKinds, [mine]);
    expect(redactor.redact(mine)).toBe('Keep [EMAIL_1] and [E1] as they are, [EMAIL_2]');
    expect(redactor.restore('[EMAIL_1] [E1] [EMAIL_2]')).toBe('[EMAIL_1] [E1] ada@example.com');
  });

  test('come back as they were where they had not been foreseen', () => {
    const redactor = createRedactor(entityKinds);
    expect(redactor.redact('ada@example.com')).toBe('[EMAIL_1]');
    const redacted = redactor.redact('What is [EMAIL_1]?');
    expect(redacted).not.toContain('[EMAIL_1]');
    expect(redactor.restore(redacted)).toBe('What is [EMAIL_1]?');
  });
});

describe('restoring a stream', () => {
  test('gives what the whole answer gives, wherever it is cut', () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom('[EMAIL_1]', '[EMAIL_2]', '[EMAIL', '[S1]', '[', ']', '_1]', 'E', 'word ', '😀'), {
          maxLength: 12,
        }),
        lengths,
        (pieces, sizes) => {
          const redactor = createRedactor(entityKinds);
          redactor.redact('ada@example.com bob@example.com password: hunter2');
          const answer = pieces.join('');
          let held = '';
          let restored = '';
          for (const part of inParts(answer, sizes)) {
            held += part;
            const until = redactor.undecidedFrom(held);
            restored += redactor.restore(held.slice(0, until));
            held = held.slice(until);
            expect(held.length).toBeLessThanOrEqual(16);
          }
          expect(restored + redactor.restore(held)).toBe(redactor.restore(answer));
        },
      ),
    );
  });

  test('holds nothing back where nothing was taken out', () => {
    expect(createRedactor(entityKinds).undecidedFrom('see [EMAIL')).toBe('see [EMAIL'.length);
  });
});

test('a placeholder that the caller wrote is not given away, wherever it stands', () => {
  const foreseen = createRedactor(['email'], ['Keep [EMAIL_1] as it is.']);
  expect(foreseen.redact('ada@example.com')).toBe('[EMAIL_2]');
  expect(foreseen.restore('[EMAIL_1] [EMAIL_2]')).toBe('[EMAIL_1] ada@example.com');
  const met = createRedactor(['email']);
  expect(met.redact('[EMAIL_1] is not ada@example.com')).toBe('[EMAIL_1] is not [EMAIL_2]');
});
