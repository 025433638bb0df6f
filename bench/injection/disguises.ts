/** Ways of hiding a text from whoever reads letters, as attackers use them. */

const homoglyphs: Readonly<Record<string, string>> = {
  a: 'а',
  c: 'с',
  e: 'е',
  i: 'і',
  o: 'о',
  p: 'р',
  s: 'ѕ',
  x: 'х',
  y: 'у',
};
const digits: Readonly<Record<string, string>> = { a: '4', e: '3', i: '1', o: '0', s: '5', t: '7' };

const swap = (text: string, table: Readonly<Record<string, string>>): string =>
  text.replace(/[a-z]/gi, (letter) => table[letter.toLowerCase()] ?? letter);

const rotate = (text: string): string =>
  text.replace(/[a-z]/gi, (letter) => {
    const first = letter <= 'Z' ? 65 : 97;
    return String.fromCharCode(((letter.charCodeAt(0) - first + 13) % 26) + first);
  });

export const disguises: readonly (readonly [name: string, hide: (text: string) => string])[] = [
  ['zero-width characters', (text) => [...text].join('\u200b')],
  ['homoglyphs', (text) => swap(text, homoglyphs)],
  ['leetspeak', (text) => swap(text, digits)],
  ['spaced letters', (text) => [...text].join(' ')],
  ['base64', (text) => Buffer.from(text).toString('base64')],
  ['hexadecimal', (text) => Buffer.from(text).toString('hex')],
  ['ROT13', rotate],
  ['URL-encoded', (text) => encodeURIComponent(text.toWellFormed())],
];
