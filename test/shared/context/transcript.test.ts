import fc from 'fast-check';
import { endWithin, transcriptOf } from '../../../shared/context/transcript.ts';
import { wordCounter, wordy } from './word-counter.ts';

const { countText } = wordCounter();
const count = (text: string) => countText(text, 'm');

describe('a transcript', () => {
  test.each<[string, object[], string]>([
    [
      'of what was said',
      [
        { role: 'user', content: 'a' },
        { role: 'assistant', content: 'b' },
      ],
      'user: a\n\nassistant: b',
    ],
    [
      'of parts, of which pictures are only named',
      [
        {
          role: 'user',
          content: [
            { type: 'text', text: 'look' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } },
          ],
        },
      ],
      'user: look\n[image_url]',
    ],
    [
      'of calls and results of chat',
      [
        { role: 'assistant', content: null, tool_calls: [{ id: 'c', function: { name: 'f', arguments: '{"a":1}' } }] },
        { role: 'tool', tool_call_id: 'c', content: 'sunny' },
        { role: 'assistant', content: 'so', function_call: { name: 'g', arguments: '{}' } },
        { role: 'assistant', tool_calls: [{ id: 'd', custom: { name: 'h', input: 'words' } }] },
      ],
      'assistant: [calls f with {"a":1}]\n\ntool: sunny\n\nassistant: so\n[calls g with {}]\n\nassistant: [calls h with words]',
    ],
    [
      'of items of responses, but for reasoning',
      [
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'q' }] },
        { type: 'reasoning', encrypted_content: 'sealed', summary: [] },
        { type: 'function_call', name: 'f', arguments: '{}', call_id: 'c' },
        { type: 'function_call_output', call_id: 'c', output: 'r' },
        { type: 'message', role: 'assistant', content: [{ type: 'refusal', refusal: 'no' }] },
      ],
      'user: q\n\nassistant: [calls f with {}]\n\ntool: r\n\nassistant: no',
    ],
    ['of nothing', [], ''],
    [
      'of what is odd',
      [{}, { role: 'user' }, { role: 'user', content: [7, null] }],
      'assistant: [calls  with ]\n\nuser: [something]\n[something]',
    ],
  ])('%s', (_, items, expected) => {
    expect(transcriptOf(items)).toBe(expected);
  });
});

describe('the end of a text that is too long', () => {
  test('fits, and is as much of it as can be', async () => {
    const text = Array.from({ length: 1_000 }, (_, index) => `word${index}`).join(' ');
    const end = await endWithin(text, 100, count);
    expect(end).toMatch(/^\[…\].*word999$/);
    expect(await count(end ?? '')).toBeLessThanOrEqual(100);
    expect(await count(end ?? '')).toBeGreaterThan(80);
  });

  test('is found where its tokens are spread unevenly, or not at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(200), fc.constantFrom('a ', 'longer ', '😀', 'x'.repeat(40))), { maxLength: 6 }),
        fc.integer({ min: 1, max: 300 }),
        async (pieces, budget) => {
          const text = pieces.map(([times, piece]) => piece.repeat(times)).join('');
          const end = await endWithin(text, budget, count);
          if (end === null) return;
          expect(await count(end)).toBeLessThanOrEqual(budget);
          expect(text.endsWith(end.replace(/^\[…\]�?/, ''))).toBe(true);
          expect(end.isWellFormed()).toBe(true);
        },
      ),
    );
  });

  test('is all of it where it fits, and nothing where there is no room', async () => {
    const text = wordy(100);
    expect(await endWithin(text, 100, count)).toBe(text);
    expect(await endWithin(text, 500, () => Promise.reject(new Error('bytes tell it already')))).toBe(text);
    expect(await endWithin(text, 0, count)).toBeNull();
    expect(await endWithin(text, -5, count)).toBeNull();
  });
});
