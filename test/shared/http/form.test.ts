import { join } from 'node:path';
import { formObject, isForm, readForm } from '../../../shared/http/form.ts';
import { patternsIn, slowPatterns } from '../../support/linear.ts';
import { processorMsOf } from '../../support/processor-time.ts';

const boundary = 'X7';
const type = `multipart/form-data; boundary=${boundary}`;
const field = (name: string, value: string, more = '') =>
  `--${boundary}\r\ncontent-disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`;
const end = `--${boundary}--\r\n`;
const read = (text: string, contentType = type) => readForm(Buffer.from(text), contentType);

async function fieldsOf(text: string, contentType?: string) {
  const form = await read(text, contentType);
  return form && formObject(form);
}

test('fields are texts, files are files with their names and bytes', async () => {
  const text = `${field('purpose', 'batch')}${field('file', '{"a": 1}\n{"b": "--X"}\n', '; filename="a.jsonl"')}${end}`;
  const form = await read(text);
  expect(form?.get('purpose')).toBe('batch');
  const file = form?.get('file');
  if (!(file instanceof File)) throw new Error('no file');
  expect(file.name).toBe('a.jsonl');
  expect(await file.text()).toBe('{"a": 1}\n{"b": "--X"}\n');
});

test('brackets make members', async () => {
  const text = `${field('expires_after[anchor]', 'created_at')}${field('expires_after[seconds]', '3600')}${field('a[]', 'x')}${end}`;
  expect(await fieldsOf(text)).toEqual({ expires_after: { anchor: 'created_at', seconds: '3600' }, 'a[]': 'x' });
});

test('names that an object has of its own are names like others', async () => {
  const object = await fieldsOf(
    `${field('constructor', 'x')}${field('__proto__', 'y')}${field('__proto__[a]', 'z')}${end}`,
  );
  expect(Object.getPrototypeOf(object)).toBe(Object.prototype);
  expect(Object.keys(object ?? {}).sort()).toEqual(['__proto__', 'constructor']);
});

test.each([
  ['plain', 'multipart/form-data; boundary=X7'],
  ['quoted', 'multipart/form-data; boundary="X7"'],
  ['in capitals', 'Multipart/Form-Data; Boundary=X7'],
  ['with more', 'multipart/form-data; charset=utf-8; boundary=X7'],
])('a content type is understood: %s', async (_name, contentType) => {
  expect(isForm(contentType)).toBe(true);
  expect(await fieldsOf(`${field('a', 'b')}${end}`, contentType)).toEqual({ a: 'b' });
});

test.each([
  undefined,
  'application/json',
  'multipart/mixed; boundary=X7',
  'multipart/form-database',
  'text/plain; multipart/form-data',
])('a content type is none of a form: %s', (contentType) => {
  expect(isForm(contentType)).toBe(false);
});

const megabytes = (piece: string) => piece.repeat(Math.ceil((6 * 1024 * 1024) / piece.length));

describe('what is no form, or more than one (THREATS 6)', () => {
  test.each([
    ['nothing', ''],
    ['no end', field('a', 'b')],
    ['another boundary', `--Y\r\ncontent-disposition: form-data; name="a"\r\n\r\nb\r\n--Y--\r\n`],
    ['a part without a name', `--${boundary}\r\ncontent-disposition: form-data\r\n\r\nb\r\n${end}`],
    ['a part without headers', `--${boundary}\r\n\r\nb\r\n${end}`],
    ['a name that comes twice', `${field('a', 'b')}${field('a', 'c')}${end}`],
    ['a file and a text of one name', `${field('a', 'b')}${field('a', 'c', '; filename="x"')}${end}`],
    ['parts without end', `${field('a', 'b').repeat(34)}${end}`],
    [
      'headers without end',
      `--${boundary}\r\ncontent-disposition: form-data; name="a"\r\n${'x: y\r\n'.repeat(1_000)}\r\nb\r\n${end}`,
    ],
    ['a text as long as a file', `${field('a', 'b'.repeat(20_000))}${end}`],
  ])('%s', async (_name, text) => {
    expect(await read(text)).toBeNull();
  });

  test.each([
    ['no boundary', 'multipart/form-data'],
    ['a boundary of nothing', 'multipart/form-data; boundary='],
    ['a boundary that is too long', `multipart/form-data; boundary=${'b'.repeat(71)}`],
    ['a boundary that is escaped', 'multipart/form-data; boundary="\\X7"'],
    ['a boundary that no header can have', 'multipart/form-data; boundary="X7\n"'],
    ['a boundary beyond ASCII', 'multipart/form-data; boundary=X7é'],
  ])('%s', async (_name, contentType) => {
    expect(await read(`${field('a', 'b')}${end}`, contentType)).toBeNull();
  });
});

describe('six megabytes take less than a second of processor (I11)', () => {
  const head = `--${boundary}\r\ncontent-disposition: form-data; name="a"`;
  test.each([
    ['parts', megabytes(field('a', 'b')) + end],
    ['parts that are nearly none', megabytes(`--${boundary}`)],
    ['ends', megabytes(`--${boundary}--`)],
    ['headers', `--${boundary}\r\n${megabytes('a: b\r\n')}\r\nx\r\n${end}`],
    ['a name', `--${boundary}\r\ncontent-disposition: form-data; name="${megabytes('a')}"\r\n\r\nx\r\n${end}`],
    [
      'a name in escapes',
      `--${boundary}\r\ncontent-disposition: form-data; name="${megabytes('%22')}"\r\n\r\nx\r\n${end}`,
    ],
    ['parameters', `${head}${megabytes('; ')}\r\n\r\nx\r\n${end}`],
    ['spaces', `--${boundary}\r\ncontent-disposition: form-data;${megabytes(' ')}name="a"\r\n\r\nx\r\n${end}`],
    ['line breaks', megabytes('\r\n')],
    ['dashes', megabytes('-')],
    ['what begins like a boundary', `${head}\r\n\r\n${megabytes('\r\n--X')}\r\n${end}`],
    ['a file', `${head}; filename="a"\r\n\r\n${megabytes('{"a": 1}\n')}\r\n${end}`],
  ])('%s', async (_name, text) => {
    const bytes = Buffer.from(text);
    expect(await processorMsOf(() => readForm(bytes, type))).toBeLessThan(1_000);
  });

  test('a content type', async () => {
    const hostile = [' ', ';', '; boundary', 'multipart/form-data ', '"'].map(megabytes);
    expect(await processorMsOf(() => hostile.map(isForm))).toBeLessThan(1_000);
  });
});

test('the patterns of forms, files and uploads are linear', async () => {
  const shared = join(import.meta.dirname, '../../../shared');
  const files = [
    'http/form.ts',
    'files/file-content.ts',
    'files/schemas.ts',
    'uploads/schemas.ts',
    'uploads/upload.ts',
  ];
  const patterns = patternsIn(files.map((file) => join(shared, file)));
  expect(patterns.length).toBeGreaterThan(5);
  expect(await slowPatterns(patterns)).toEqual([]);
});
