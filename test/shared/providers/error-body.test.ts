import { inOpenAiShape } from '../../../shared/providers/error-body.ts';

const error = { message: 'said', code: 'a' };

test.each<[string, unknown, unknown]>([
  ['OpenAI', { error }, { error }],
  ['Google, in a list', [{ error }], { error }],
  ['AWS, by itself', { message: 'said' }, { error: { message: 'said' } }],
  [
    'some servers, with more beside it',
    { object: 'error', message: 'said', code: 400 },
    { error: { message: 'said' } },
  ],
  ['some servers, as a text', { error: 'said' }, { error: { message: 'said' } }],
  ['nobody', { detail: 1 }, { detail: 1 }],
  ['nobody, in an empty list', [], []],
  ['nobody, as null', null, null],
  ['nobody, as a number', 7, 7],
])('an error as %s has it', (_, value, expected) => {
  expect(JSON.parse(inOpenAiShape(JSON.stringify(value)))).toEqual(expected);
});

test('a page is left as it is', () => {
  expect(inOpenAiShape('<html>')).toBe('<html>');
});
