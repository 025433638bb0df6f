/** Pieces of which texts are made that are hard to cut: entities, halves of entities, and what stands between. */
import * as fc from 'fast-check';

export const pem = [
  '-----BEGIN RSA PRIVATE KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7VJTUt9Us8cKj',
  'MzEfYyjiWA4R4/M2bS1GB4t7NXp98C3SC6dVMvDuictGeurT8jNbvJZHtCSuYEvu',
  'abcd=',
  '-----END RSA PRIVATE KEY-----',
].join('\n');

const pieces = [
  'ada@example.com',
  'example',
  'com',
  '[at]',
  ' [at] ',
  ' (dot) ',
  '[dot]',
  '+41 (0)62 585 51 90',
  '07700 063 966',
  '516 466 638',
  'Phone: ',
  'call me on ',
  'office',
  'fax',
  ', ',
  'x12',
  'ext. 5',
  '-Office',
  '00',
  '4111 1111 1111 1111',
  '4111',
  '1111',
  'GB82 WEST 1234 5698 7654 32',
  'GB82',
  'WEST',
  '514-69-0360',
  '1.2.3.4',
  'version ',
  '2001:db8::1',
  'sk-proj-abcdefghijklmnop1234567890',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  'AKIAIOSFODNN7EXAMPLE',
  'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abcdefghij',
  'Bearer ',
  'api_key',
  'password',
  '--token',
  '<password>',
  '</password>',
  'hunter2!A9',
  'a8f5f167f44f4964e6c998dee827110c',
  'postgres://u:p4ssw0rd@h.example.com/',
  pem,
  pem.slice(0, 120),
  '-----BEGIN RSA PRIVATE KEY-----',
  '-----BEGIN',
  '-----END RSA PRIVATE KEY-----',
  'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQC7',
  '-----',
  '-',
  'abc=',
  'A1b2C3d4'.repeat(40),
  'q9Z'.repeat(1_200),
  'x'.repeat(300),
  '/',
  '=',
  '"',
  '\\"',
  '\\',
  '\\n',
  'n',
  ' ',
  '  ',
  '\n',
  '\t',
  ':',
  ': ',
  '(',
  ')',
  '{',
  '"}',
  'is ',
  'hello',
  '\u200b',
  '\u00a0',
  '４１１１',
  '😀',
  'é',
  '中文',
];

export const texts = fc.array(fc.constantFrom(...pieces), { maxLength: 14 }).map((chosen) => chosen.join(''));

/** A text in parts that end anywhere, also within characters of two units. */
export const inParts = (text: string, lengths: readonly number[]): string[] => {
  const parts: string[] = [];
  for (let at = 0, next = 0; at < text.length; next++) {
    const length = lengths[next % lengths.length] ?? 1;
    parts.push(text.slice(at, at + length));
    at += length;
  }
  return parts;
};

export const lengths = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 8 });
