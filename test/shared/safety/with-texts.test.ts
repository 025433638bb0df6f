import fc from 'fast-check';
import { GatewayError } from '../../../shared/errors.ts';
import { contentOf } from '../../../shared/safety/request-content.ts';
import type { RequestText } from '../../../shared/safety/request-text.ts';
import { withTexts } from '../../../shared/safety/with-texts.ts';

const anyText = fc.string({ unit: 'binary', maxLength: 12 });
const json = fc.json({ stringUnit: 'binary', maxDepth: 3 });
const text = fc.oneof(anyText, json, fc.constant('{"a":"\\u0061","a":[1234567890,"b\\n"]}'));
const file = fc.oneof(
  text.map((said) => `data:text/plain;base64,${Buffer.from(said).toString('base64')}`),
  text.map((said) => Buffer.from(said).toString('base64').replace(/=+$/, '')),
  anyText,
);
const part = fc.oneof(
  fc.record({ type: fc.constant('text'), text }),
  fc.record({ type: fc.constant('image_url'), image_url: fc.record({ url: file }) }),
  fc.record({ type: fc.constant('file'), file: fc.record({ file_data: file, filename: anyText }) }),
);
const message = fc.oneof(
  fc.record({ role: fc.constantFrom('user', 'system'), content: fc.oneof(text, fc.array(part)) }),
  fc.record({
    role: fc.constant('assistant'),
    tool_calls: fc.array(
      fc.record({
        type: fc.constant('function'),
        id: anyText,
        function: fc.record({ name: anyText, arguments: text }),
      }),
    ),
  }),
);
const body = fc.record({ model: fc.constant('m'), messages: fc.array(message), unheard_of: fc.jsonValue() });

const textsOf = (of: Readonly<Record<string, unknown>>): readonly RequestText[] => contentOf('completions', of).texts;
/** They stand in JSON as they are, and a text in their place needs quotes. */
const isNumber = ({ text }: RequestText): boolean => /^-?\d[\d.e+-]*$/i.test(text);
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));

test('with every text as it was, all is read as it was, and nothing is longer', () => {
  fc.assert(
    fc.property(body, (before) => {
      const texts = textsOf(before).filter((found) => found.editable && !isNumber(found));
      const after = withTexts(before, new Map(texts.map((found) => [found, found.text])));
      expect(textsOf(after).map(({ text }) => text.toWellFormed())).toEqual(
        textsOf(before).map(({ text }) => text.toWellFormed()),
      );
      expect(bytes(after)).toBeLessThanOrEqual(bytes(before));
    }),
  );
});

test('one text is replaced, and everything else is as it was', () => {
  fc.assert(
    fc.property(body, fc.nat(), (before, choice) => {
      const copy = structuredClone(before);
      const texts = textsOf(before);
      const editable = texts.filter((found) => found.editable && !isNumber(found));
      const chosen = editable[choice % editable.length];
      fc.pre(chosen !== undefined);
      const after = withTexts(before, new Map([[chosen, '!']]));
      expect(textsOf(after).map(({ text }) => text)).toEqual(
        texts.map((found) => (found === chosen ? '!' : found.text)),
      );
      expect(before).toEqual(copy);
    }),
  );
});

test('half a character in JSON becomes a whole one, which is shorter than its escape', () => {
  const before = { messages: [{ role: 'user', content: '["\ud800a"]' }] };
  const [half] = textsOf(before);
  if (half === undefined) throw new Error('Nothing was read.');
  expect(withTexts(before, new Map([[half, '\ud800']])).messages[0]?.content).toBe('["\ufffd"]');
});

test('what is not edited is shared, not copied', () => {
  const before = {
    messages: [
      { role: 'user', content: 'a' },
      { role: 'user', content: 'b' },
    ],
    tools: [],
  };
  const [first] = textsOf(before);
  if (first === undefined) throw new Error('Nothing was read.');
  const after = withTexts(before, new Map([[first, 'c']]));
  expect(after).toEqual({
    messages: [
      { role: 'user', content: 'c' },
      { role: 'user', content: 'b' },
    ],
    tools: [],
  });
  expect(after.messages[1]).toBe(before.messages[1]);
  expect(after.tools).toBe(before.tools);
  expect(withTexts(before, new Map())).toBe(before);
});

test.each([
  ['{"a": 4111111111111111}', '[CARD_1]', '{"a": "[CARD_1]"}'],
  ['{"a": 123456789 }', '[SSN_1]', '{"a": "[SSN_1]" }'],
  ['{"a": 2025550143}', '[PHONE_1]', '{"a": null}'],
])('a number in %s makes way for text, where there is room', (content, edit, expected) => {
  const before = { messages: [{ role: 'user', content }] };
  const [, number] = textsOf(before);
  if (number === undefined) throw new Error('The number was not read.');
  expect(withTexts(before, new Map([[number, edit]])).messages[0]?.content).toBe(expected);
});

test("nothing but the caller's errors is thrown, whatever the body is", () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('messages', 'tools', 'input', 'stop'), fc.anything({ withNullPrototype: true })),
      (wild) => {
        for (const kind of ['completions', 'embeddings', 'moderations'] as const) {
          try {
            contentOf(kind, wild);
          } catch (error) {
            expect(error).toBeInstanceOf(GatewayError);
          }
        }
      },
    ),
  );
});
