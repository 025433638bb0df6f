/** Formats of answers for providers that cannot be held to them. */
import { demandOf } from '../../../shared/admission/demand.ts';
import { type StructuredOutputs, withInstructedFormat } from '../../../shared/providers/instructed-format.ts';
import { type ProviderSettings, structuredOutputsOf } from '../../../shared/providers/kinds.ts';
import type { Endpoint } from '../../../shared/providers/provider.ts';

type Body = Readonly<Record<string, unknown>>;

const instructed = (body: Body, can: StructuredOutputs, endpoint: Endpoint = '/chat/completions') =>
  withInstructedFormat({ endpoint, body, headers: {}, signal: new AbortController().signal }, can).body;

const schema = { type: 'object', properties: { a: { type: 'number' } } };
const inSchema = { type: 'json_schema', json_schema: { name: 'a', schema } };
const user = { role: 'user', content: 'Hi' };
const words = `Answer with JSON alone, without prose or code fences, that conforms to this JSON Schema:\n${JSON.stringify(schema)}`;
const anyObject = 'Answer with one JSON object, without prose or code fences.';

test('who knows the format is told as the caller has said it', () => {
  const asked = { messages: [user], response_format: inSchema };
  expect(instructed(asked, 'json_schema')).toBe(asked);
  const any = { messages: [user], response_format: { type: 'json_object' } };
  expect(instructed(any, 'json_object')).toBe(any);
});

test.each<StructuredOutputs>(['json_object', 'instruction'])('what asks for no format stays as it is: %s', (can) => {
  for (const body of [{ messages: [user] }, { messages: [user], response_format: { type: 'text' } }]) {
    expect(instructed(body, can)).toBe(body);
  }
  const embedding = { input: 'Hi', response_format: inSchema };
  expect(instructed(embedding, can, '/embeddings')).toBe(embedding);
});

describe('a chat', () => {
  test('gets the schema in words, and nothing of the format', () => {
    expect(instructed({ messages: [user], response_format: inSchema, n: 1 }, 'instruction')).toEqual({
      messages: [{ role: 'system', content: words }, user],
      n: 1,
    });
    expect(instructed({ messages: [user], response_format: { type: 'json_object' } }, 'instruction')).toEqual({
      messages: [{ role: 'system', content: anyObject }, user],
    });
  });

  test('gets any object where the provider knows that much', () => {
    expect(instructed({ messages: [user], response_format: inSchema }, 'json_object')).toEqual({
      messages: [{ role: 'system', content: words }, user],
      response_format: { type: 'json_object' },
    });
  });

  test.each<[string, unknown, unknown]>([
    ['a text', 'Be brief.', `Be brief.\n\n${words}`],
    [
      'parts',
      [{ type: 'text', text: 'Be brief.' }],
      [
        { type: 'text', text: 'Be brief.' },
        { type: 'text', text: words },
      ],
    ],
    ['nothing', null, words],
  ])('gets it into the message that says what the model is, after %s', (_, content, expected) => {
    const system = { role: 'developer', content };
    expect(instructed({ messages: [system, user], response_format: inSchema }, 'instruction')).toEqual({
      messages: [{ role: 'developer', content: expected }, user],
    });
  });

  test('gets what the caller says of the schema', () => {
    const described = { ...inSchema, json_schema: { ...inSchema.json_schema, description: 'A number.' } };
    expect(instructed({ messages: [], response_format: described }, 'instruction')['messages']).toEqual([
      { role: 'system', content: `${words}\nA number.` },
    ]);
  });
});

test.each<[StructuredOutputs, string]>([
  ['instruction', 'text'],
  ['json_object', 'json_object'],
])('a response gets it among its instructions: %s', (can, type) => {
  const text = { format: { type: 'json_schema', name: 'a', schema }, verbosity: 'low' };
  expect(instructed({ input: 'Hi', text, instructions: 'Be brief.' }, can, '/responses')).toEqual({
    input: 'Hi',
    text: { format: { type }, verbosity: 'low' },
    instructions: `Be brief.\n\n${words}`,
  });
});

test.each<[string, object]>([
  ['a schema', { type: 'json_schema', json_schema: { name: 'a', schema: {} } }],
  ['a schema that is left out', { type: 'json_schema', json_schema: { name: 'a' } }],
  [
    'a schema full of what JSON escapes',
    { type: 'json_schema', json_schema: { name: 'a', schema: { const: '"\n\\"'.repeat(500) } } },
  ],
  ['any object', { type: 'json_object' }],
])('what is said is within the bound that a call is let in with (I2): %s', (_, response_format) => {
  const body = { model: 'm', messages: [user], response_format };
  const { inputTokens } = demandOf('completions', body, Buffer.byteLength(JSON.stringify(body)), { name: 'm' });
  const messages = instructed(body, 'instruction')['messages'] as readonly { readonly content: string }[];
  // A tokenizer makes no more tokens of a text than it has bytes, and 16 frame a message at most.
  const mostTokens = messages.reduce((sum, { content }) => sum + Buffer.byteLength(content) + 16, 0);
  expect(mostTokens).toBeLessThanOrEqual(inputTokens);
});

test.each<[ProviderSettings, StructuredOutputs]>([
  [{ kind: 'openai', baseURL: 'https://api.openai.com/v1' }, 'json_schema'],
  [{ kind: 'openai', baseURL: 'https://llm.example/v1', structuredOutputs: 'json_object' }, 'json_object'],
  [{ kind: 'bedrock', region: 'us-east-1' }, 'instruction'],
  [{ kind: 'bedrock', region: 'us-east-1', structuredOutputs: 'json_schema' }, 'json_schema'],
  [{ kind: 'demo' }, 'json_schema'],
])('%j can do %s', (settings, can) => {
  expect(structuredOutputsOf(settings)).toBe(can);
});
