/** Whatever the schema and whatever the answer, checking takes a time that has a bound (THREATS 10, I11). */
import { readAnswer } from '../../../shared/structured/answer-json.ts';
import { formats } from '../../../shared/structured/formats.ts';
import { createSchemaValidator } from '../../../shared/structured/schema-validator.ts';
import { hostileTexts } from '../../support/hostile-texts.ts';
import { hostileSchemas } from './hostile-schemas.ts';

/** Half a second is what the slowest takes where nothing else runs; what is not bounded takes minutes, or never ends. */
const mostSeconds = 20;

const secondsOf = async (work: () => unknown): Promise<number> => {
  const before = process.cpuUsage();
  await work();
  const { user } = process.cpuUsage(before);
  return user / 1e6;
};

test.each(Object.entries(hostileSchemas))(
  '%s',
  async (_, { schema, value }) => {
    const validator = createSchemaValidator();
    const seconds = await secondsOf(async () => validator.problems(await validator.check(schema, 'schema'), value));
    expect(seconds).toBeLessThan(mostSeconds);
  },
  60_000,
);

test.each(Object.keys(hostileTexts))('an answer of %s', async (name) => {
  const text = hostileTexts[name] ?? '';
  const seconds = await secondsOf(() => {
    for (const one of [text, JSON.stringify(text), `[${text}`, `{"a":${text}`]) readAnswer(one);
    for (const isFormat of Object.values(formats)) isFormat(text);
  });
  expect(seconds).toBeLessThan(mostSeconds);
});

test('a megabyte of ordinary items is checked, and not given up', async () => {
  const validator = createSchemaValidator();
  const schema = await validator.check(
    {
      type: 'object',
      properties: {
        items: {
          type: 'array',
          items: {
            type: 'object',
            properties: {
              kind: { enum: ['line', 'text'] },
              id: { type: 'string', pattern: '^[a-z]+-[0-9]{1,6}$' },
              at: { type: 'string', format: 'date-time' },
              name: { type: ['string', 'null'], maxLength: 100 },
            },
            required: ['kind', 'id', 'at', 'name'],
            additionalProperties: false,
          },
        },
      },
      required: ['items'],
      additionalProperties: false,
    },
    'schema',
  );
  const items = Array.from({ length: 12_000 }, (_, index) => ({
    kind: 'line',
    id: `item-${index}`,
    at: '2026-11-22T10:00:00Z',
    name: index % 2 ? 'A name' : null,
  }));
  expect(JSON.stringify(items).length).toBeGreaterThan(900_000);
  expect(await validator.problems(schema, { items })).toBeNull();
});
