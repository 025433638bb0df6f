import { fileText } from '../../../shared/safety/file-text.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const edited = (file: string, text: string): string | undefined => fileText(file)?.written?.(text);

test.each([
  ['a data URL', `data:text/plain;base64,${base64('one')}`, 'one'],
  ['one without a type', `data:;base64,${base64('one')}`, 'one'],
  ['one in capitals', `DATA:TEXT/PLAIN;BASE64,${base64('one')}`, 'one'],
  ['one that says it is something else', `data:application/octet-stream;base64,${base64('one')}`, 'one'],
  ['bare base64', base64('one'), 'one'],
  ['without padding', base64('four').replaceAll('=', ''), 'four'],
  ['percent escapes', 'data:text/plain,one%20two', 'one two'],
  ['a byte order mark', `data:text/plain;base64,${base64('\ufeffone')}`, 'one'],
  [
    'UTF-16, as it says',
    `data:text/plain;charset="utf-16le";base64,${Buffer.from('one', 'utf16le').toString('base64')}`,
    'one',
  ],
  [
    'UTF-16, as its mark says',
    `data:text/plain;base64,${Buffer.from('\ufeffone', 'utf16le').toString('base64')}`,
    'one',
  ],
  ['an old encoding', `data:text/csv;base64,${Buffer.from('caf\xe9', 'latin1').toString('base64')}`, 'café'],
])('%s is read', (_, file, text) => {
  expect(fileText(file)?.text).toBe(text);
});

test.each([
  ['nothing', ''],
  ['an empty file', 'data:text/plain;base64,'],
  ['a header without end', `data:${'a'.repeat(300)},b`],
  ['no comma', 'data:text/plain'],
  ['broken escapes', 'data:text/plain,%'],
  ['PDF', `data:text/plain;base64,${base64('%PDF-1.7')}`],
  ['zeros', `data:text/plain;base64,${base64('a\0b')}`],
  ['no encoding at all', 'data:application/zip;base64,/w=='],
])('%s is no text', (_, file) => {
  expect(fileText(file)).toBeNull();
});

test.each([
  [
    'with its header',
    `data:text/plain;charset=utf-8;base64,${base64('four')}`,
    `data:text/plain;charset=utf-8;base64,${base64('1')}`,
  ],
  ['with its mark', base64('\ufefffour'), base64('\ufeff1')],
  ['with padding, where there was some', base64('four'), 'MQ=='],
  ['without, where there was none', base64('four').replaceAll('=', ''), 'MQ'],
])('a file is written again %s', (_, file, expected) => {
  expect(edited(file, '1')).toBe(expected);
});

test.each([
  ['percent escapes', 'data:text/plain,one'],
  ['other encodings', `data:text/plain;base64,${Buffer.from('\ufeffone', 'utf16le').toString('base64')}`],
])('%s are not written again: they could become longer', (_, file) => {
  expect(fileText(file)?.written).toBeNull();
});
