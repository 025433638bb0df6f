/** THREATS 12: what is not cleared is not taken, and nothing is read only in halves. */
import { segmentOf, textOf } from '../../../shared/answer-text/segment.ts';
import type { OutputModeration } from '../../../shared/safety/output-guard.ts';
import { createWindows, slotsPerStream } from '../../../shared/safety/windows.ts';
import { heldChecks, settled } from './streamed.ts';

function windowed(more: Partial<OutputModeration> = {}, slots = { free: slotsPerStream }) {
  const { asked, check } = heldChecks();
  const events: string[] = [];
  const windows = createWindows({ check, holdsBack: true, windowChars: 40, ...more }, slots, {
    onRefused: () => events.push('refused'),
    onCleared: () => events.push('cleared'),
  });
  return {
    asked,
    events,
    slots,
    windows,
    push: (...texts: readonly string[]) => windows.push(texts.map((text) => segmentOf(text, 'plain'))),
    seen: () => asked.map(({ text }) => text),
    taken: () => textOf(windows.takeCleared()),
    async answer(index: number, verdict: 'cleared' | 'refused' = 'cleared') {
      asked[index]?.answer(verdict);
      await settled();
    },
  };
}

test.each<[string, string[], string[]]>([
  ['a sentence is checked when the next begins', ['Here is a sentence.', ' And'], ['Here is a sentence. ']],
  ['not before', ['Here is a sentence.'], []],
  ['a number is no sentence', ['The price of it is 3.', '14 dollars'], []],
  ['short sentences wait for more', ['1. Yes. No. '], []],
  ['up to the last that ends', ['It was one sentence. It was two. And'], ['It was one sentence. It was two. ']],
  ['behind closing marks', ['"It was a sentence.")* And'], ['"It was a sentence.")* ']],
  ['behind no more of them than three', ['"It was a sentence.")*** And'], []],
  ['a line ends by itself', ['It is a line and no more\nAnd'], ['It is a line and no more\n']],
  ['as does a sentence of scripts without spaces', [`${'好'.repeat(20)}。好`], [`${'好'.repeat(20)}。`]],
  ['what has no end is checked at the size of a window', ['x'.repeat(39), 'x', 'x'], ['x'.repeat(40)]],
  ['a character is not cut in two', [`${'x'.repeat(39)}\ud83d`, '\ude00'], ['x'.repeat(39)]],
  ['nor is the first of those of two units', [`${'x'.repeat(39)}\ud800`, '\udc00'], ['x'.repeat(39)]],
  ['nor the last', [`${'x'.repeat(39)}\udbff`, '\udfff'], ['x'.repeat(39)]],
  ['one that is whole is not left out', [`${'x'.repeat(38)}\ud83d\ude00`], [`${'x'.repeat(38)}\ud83d\ude00`]],
])('%s', (_, texts, expected) => {
  const { push, seen } = windowed();
  for (const text of texts) push(text);
  expect(seen()).toEqual(expected);
});

test('a window may be shorter than the shortest sentence', () => {
  const { push, seen } = windowed({ windowChars: 5 });
  push('A b. ', 'c');
  expect(seen()).toEqual(['A b. ']);
});

test('nothing leaves before it is cleared, and then in order', async () => {
  const { push, seen, taken, answer, windows, events } = windowed();
  push('The first sentence is here. ');
  push('The second one is as long. ');
  expect(seen()).toHaveLength(2);
  expect(taken()).toBe('');
  await answer(1);
  expect(taken()).toBe('');
  expect(windows.isEmpty()).toBe(false);
  await answer(0);
  expect(events).toEqual(['cleared', 'cleared']);
  expect(taken()).toBe('The first sentence is here. The second one is as long. ');
  expect(taken()).toBe('');
  expect(windows.isEmpty()).toBe(true);
});

test('what is refused is told and never leaves, nor does what comes behind it', async () => {
  const { push, taken, answer, events, windows } = windowed();
  push('The first sentence is here. ');
  push('The second one is as long. ');
  await answer(0, 'refused');
  await answer(1);
  expect(events).toEqual(['refused', 'cleared']);
  expect(taken()).toBe('');
  expect(windows.isEmpty()).toBe(false);
});

test('a check that fails has refused', async () => {
  const { push, taken, events } = windowed({ check: () => Promise.reject(new Error('down')) });
  push('The first sentence is here. ');
  await settled();
  expect(events).toEqual(['refused']);
  expect(taken()).toBe('');
});

test('each window is seen with what was before it, as long as a window is', () => {
  const { push, seen } = windowed({ windowChars: 30 });
  push('x'.repeat(20), 'y'.repeat(10));
  push('z'.repeat(30));
  push('a'.repeat(30));
  const [x, y, z, a] = ['x'.repeat(20), 'y'.repeat(10), 'z'.repeat(30), 'a'.repeat(30)];
  expect(seen()).toEqual([`${x}${y}`, `${x}${y}${z}`, `${z}${a}`]);
});

test('so many are checked at once, and what comes meanwhile gathers and is checked as one', async () => {
  const { push, seen, answer, slots, windows } = windowed();
  for (let at = 0; at < slotsPerStream; at++) push(`Sentence number ${at} is here. `);
  push('One that is waiting is here. ');
  push('Another is waiting, too. ');
  expect([seen().length, slots.free, windows.isWaiting()]).toEqual([slotsPerStream, 0, true]);
  await answer(1);
  expect([seen().length, slots.free]).toEqual([slotsPerStream, 1]);
  windows.start();
  expect(seen().at(-1)).toMatch(/One that is waiting is here\. Another is waiting, too\. $/);
  expect([seen().length, slots.free, windows.isWaiting()]).toEqual([slotsPerStream + 1, 0, false]);
});

test('what is there is checked as it is when told to, and what comes then is not', async () => {
  const { push, seen, taken, answer, windows } = windowed();
  push('Half a');
  expect([seen(), windows.isWaiting()]).toEqual([[], true]);
  windows.flush();
  push(' sentence');
  expect([seen(), windows.isWaiting()]).toEqual([['Half a'], true]);
  await answer(0);
  expect(taken()).toBe('Half a');
  expect(windows.isEmpty()).toBe(false);
});

test('what was told to be checked is so once there is a slot, and no more than that', async () => {
  const slots = { free: 0 };
  const { push, seen, windows } = windowed({}, slots);
  push('Half a');
  windows.flush();
  push(' sentence');
  expect(seen()).toEqual([]);
  slots.free = 1;
  windows.start();
  expect(seen()).toEqual(['Half a']);
});

test('what is behind the end of a sentence waits, all of it and once', async () => {
  const { push, seen, taken, answer, windows } = windowed();
  push('The first sentence is here. And', ' some', ' more');
  windows.flush();
  expect(seen()[0]).toBe('The first sentence is here. ');
  await answer(0);
  expect(taken()).toBe('The first sentence is here. ');
  windows.flush();
  await answer(1);
  expect(taken()).toBe('And some more');
  expect(windows.isEmpty()).toBe(true);
});

test('what says nothing leaves with what is before it, and by itself', async () => {
  const { asked, windows, answer } = windowed();
  const mark = (written: string) => segmentOf(written, 'structure', '');
  windows.push([mark('{')]);
  expect(windows.takeCleared()).toEqual([mark('{')]);
  windows.push([segmentOf('It is a line and no more\n', 'plain'), mark('}')]);
  expect(asked).toHaveLength(1);
  expect(windows.takeCleared()).toEqual([]);
  await answer(0);
  expect(windows.takeCleared()).toEqual([segmentOf('It is a line and no more\n', 'plain'), mark('}')]);
  expect(windows.isEmpty()).toBe(true);
});

test('what is in one piece is checked with its beginning', async () => {
  const { windows, seen, answer, taken } = windowed();
  const text = 'What is put in its place has an end. And more';
  windows.push([{ ...segmentOf('x', 'plain', text), replaced: true }, segmentOf(' to say', 'plain')]);
  expect(seen()).toEqual([text]);
  await answer(0);
  expect(taken()).toBe(text);
});

test('where nothing is held back, all leaves at once, is checked beside it, and is not refused', async () => {
  const { push, seen, taken, answer, events, windows } = windowed({ holdsBack: false });
  push('The first sentence is here. And');
  expect(windows.isEmpty()).toBe(false);
  expect(taken()).toBe('The first sentence is here. And');
  expect(taken()).toBe('');
  expect([windows.isEmpty(), windows.isWaiting()]).toEqual([true, true]);
  expect(seen()).toEqual(['The first sentence is here. ']);
  await answer(0, 'refused');
  windows.flush();
  expect(seen()).toEqual(['The first sentence is here. ', 'The first sentence is here. And']);
  expect(events).toEqual(['cleared']);
});
