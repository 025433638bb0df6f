/** The format of an answer, as requests ask for it: 400 before anything is spent, and what is wrong with texts. */
import { GatewayError } from '../../../shared/errors.ts';
import { type Arriving, unprepared } from '../../../shared/inference/preparation.ts';
import { createSchemaValidator } from '../../../shared/structured/schema-validator.ts';
import { createWithFormat } from '../../../shared/structured/with-format.ts';

const withFormat = createWithFormat({ schemas: createSchemaValidator() });
// It reads nothing of who asks.
const arriving = {} as Arriving;

const formatOf = async (kind: 'completions' | 'responses', body: Record<string, unknown>) => {
  const endpoint = kind === 'responses' ? '/responses' : '/chat/completions';
  const request = { kind, endpoint, body: { model: 'm', ...body }, streamed: false } as const;
  return (await withFormat(arriving, unprepared(request, 1))).format;
};

const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'], additionalProperties: false };
const inChat = (json_schema: unknown) => ({ response_format: { type: 'json_schema', json_schema } });
const inResponses = (format: object) => ({ text: { format: { type: 'json_schema', ...format } } });

test('what asks for nothing gets no format', async () => {
  expect(await formatOf('completions', {})).toBeNull();
  expect(await formatOf('completions', { response_format: null })).toBeNull();
  expect(await formatOf('completions', { response_format: { type: 'text' } })).toBeNull();
  expect(await formatOf('responses', { text: { format: { type: 'text' }, verbosity: 'low' } })).toBeNull();
  expect(await formatOf('responses', { text: null, response_format: { type: 'json_object' } })).toBeNull();
});

test.each([
  ['chat', () => formatOf('completions', inChat({ name: 'point', schema, strict: true }))],
  ['responses', () => formatOf('responses', inResponses({ name: 'point', schema, description: 'A point.' }))],
])('an answer in %s is held to the schema', async (_, format) => {
  const { name, problemsIn } = (await format()) ?? { name: '', problemsIn: async () => ['no format'] };
  expect(name).toBe('point');
  expect(await problemsIn('{"n": 1}')).toBeNull();
  expect(await problemsIn(' \n{"n": 1.0e0}\n')).toBeNull();
  expect(await problemsIn('{"n": "1"}')).toEqual(['/n: must be number']);
  expect(await problemsIn('{"n": 1e400}')).toEqual(['/n: must be number']);
});

test.each<[string, string, string]>([
  ['nothing', '', 'not valid JSON'],
  ['prose', 'Here you are: {"n": 1}', 'not valid JSON'],
  ['a fence', '```json\n{"n": 1}\n```', 'in a code fence'],
  ['JSON and more', '{"n": 1} {"n": 1}', 'not valid JSON'],
  ['half of it', '{"n": ', 'not valid JSON'],
  ['comments', '{"n": 1 /* one */}', 'not valid JSON'],
  ['a comma too many', '{"n": 1,}', 'not valid JSON'],
  ['NaN', '{"n": NaN}', 'not valid JSON'],
  ['a member twice', '{"n": "x", "n": 1}', 'names a member twice'],
  ['__proto__', '{"n": 1, "__proto__": {}}', 'a member called __proto__'],
  ['depth', `${'['.repeat(65)}${']'.repeat(65)}`, 'nested deeper than 64'],
  ['a list', '[1]', '/: must be object'],
  ['null', 'null', '/: must be object'],
  ['2 MB', `"${'a'.repeat(2_000_000)}"`, 'more than 2000000 characters'],
])('%s is no JSON object', async (_, text, problem) => {
  const format = await formatOf('completions', { response_format: { type: 'json_object' } });
  expect(await format?.problemsIn(text)).toEqual([expect.stringContaining(problem)]);
  expect(format?.name).toBe('json_object');
});

test('numbers may be larger than JavaScript keeps them, since the text goes on as it is', async () => {
  const format = await formatOf('completions', { response_format: { type: 'json_object' } });
  expect(await format?.problemsIn('{"id": 12345678901234567890}')).toBeNull();
});

test('a schema may be left out in chat: any JSON will do', async () => {
  const format = await formatOf('completions', inChat({ name: 'anything' }));
  expect(await format?.problemsIn('[1, "a"]')).toBeNull();
  expect(await format?.problemsIn('a')).not.toBeNull();
});

test.each<[string, 'completions' | 'responses', Record<string, unknown>, string]>([
  ['another type', 'completions', { response_format: { type: 'xml' } }, 'response_format.type'],
  ['another type', 'responses', { text: { format: { type: 'xml' } } }, 'text.format.type'],
  ['no definition', 'completions', inChat(undefined), 'response_format.json_schema'],
  ['no name', 'completions', inChat({ schema }), 'response_format.json_schema.name'],
  ['no name', 'responses', inResponses({ schema }), 'text.format.name'],
  ['a long name', 'completions', inChat({ name: 'a'.repeat(65), schema }), 'response_format.json_schema.name'],
  ['a name of a path', 'completions', inChat({ name: '../a', schema }), 'response_format.json_schema.name'],
  ['a name with a line', 'completions', inChat({ name: 'a\n', schema }), 'response_format.json_schema.name'],
  [
    'strict that is not',
    'completions',
    inChat({ name: 'a', schema, strict: 'yes' }),
    'response_format.json_schema.strict',
  ],
  [
    'a description that is none',
    'responses',
    inResponses({ name: 'a', schema, description: 1 }),
    'text.format.description',
  ],
  [
    'no schema of that kind',
    'completions',
    inChat({ name: 'a', schema: { type: 'x' } }),
    'response_format.json_schema.schema',
  ],
  ['no schema of that kind', 'responses', inResponses({ name: 'a', schema: [] }), 'text.format.schema'],
])('refuses %s in %s', async (_, kind, body, param) => {
  const thrown: unknown = await formatOf(kind, body).catch((error: unknown) => error);
  expect(thrown).toBeInstanceOf(GatewayError);
  expect(thrown).toMatchObject({ why: 'invalid_request', param });
});
