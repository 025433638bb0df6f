/** Answers without a model, and says so: for a first look at the gateway, and for nothing else. */
import { createHash } from 'node:crypto';
import { moderationCategories } from '../safety/categories.ts';
import type { SettingsOf } from './kinds.ts';
import type { Endpoint, Provider, UpstreamRequest } from './provider.ts';
import type { ProviderContext } from './registry.ts';

const answer =
  "This is Sluice's demo provider: no model was asked. Set OPENAI_API_KEY and start again to talk to OpenAI.";

/** About four bytes a token, as a rule of thumb; nobody pays by it. */
const tokens = (value: unknown): number => Math.ceil(JSON.stringify(value ?? '').length / 4);

const words = answer.match(/\S+\s*/g) ?? [];

type Body = UpstreamRequest['body'];

const usage = (body: Body) => {
  const prompt_tokens = tokens(body['messages']);
  const completion_tokens = words.length;
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
};

const completion = (body: Body, id: string, created: number) => ({
  id,
  object: 'chat.completion',
  created,
  model: body['model'],
  choices: [
    { index: 0, message: { role: 'assistant', content: answer, refusal: null }, logprobs: null, finish_reason: 'stop' },
  ],
  usage: usage(body),
});

function* completionChunks(body: Body, id: string, created: number) {
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model: body['model'],
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });
  yield chunk({ role: 'assistant', content: '' });
  for (const content of words) yield chunk({ content });
  yield chunk({}, 'stop');
  yield { ...chunk({}), choices: [], usage: usage(body) };
}

/** The same text always has the same vector, of length one. */
function vector(input: unknown, dimensions: number): number[] {
  const digest = createHash('sha256').update(JSON.stringify(input)).digest();
  const raw = Array.from({ length: dimensions }, (_, index) => (digest[index % digest.length] ?? 0) - 127.5);
  const length = Math.hypot(...raw);
  return raw.map((value) => value / length);
}

const encode = (values: number[], format: unknown) =>
  format === 'base64' ? Buffer.from(new Float32Array(values).buffer).toString('base64') : values;

function embeddings(body: Body) {
  const input = body['input'];
  // A list of numbers is one text in tokens; a list of anything else is many texts.
  const inputs = Array.isArray(input) && typeof input[0] !== 'number' ? input : [input];
  const dimensions = typeof body['dimensions'] === 'number' ? body['dimensions'] : 256;
  const prompt_tokens = tokens(input);
  return {
    object: 'list',
    model: body['model'],
    data: inputs.map((one, index) => ({
      object: 'embedding',
      index,
      embedding: encode(vector(one, dimensions), body['encoding_format']),
    })),
    usage: { prompt_tokens, total_tokens: prompt_tokens },
  };
}

/** Nothing was looked at, so nothing is flagged. As with OpenAI, texts have a result each, and parts one together. */
function moderations(body: Body, id: string) {
  const input = body['input'];
  const texts = Array.isArray(input) && typeof input[0] === 'string' ? input : [input];
  const all = <Value>(value: Value) => Object.fromEntries(moderationCategories.map((category) => [category, value]));
  const result = {
    flagged: false,
    categories: all(false),
    category_scores: all(0),
    category_applied_input_types: all([]),
  };
  return { id, model: body['model'], results: texts.map(() => result) };
}

export function demoProvider(_settings: SettingsOf<'demo'>, { now, newId }: ProviderContext): Provider {
  const seconds = () => Math.floor(now() / 1000);
  const answers: Record<Exclude<Endpoint, '/responses'>, (body: Body) => unknown> = {
    '/chat/completions': (body) => completion(body, newId('chatcmpl-demo-'), seconds()),
    '/embeddings': embeddings,
    '/moderations': (body) => moderations(body, newId('modr-demo-')),
  };

  return {
    whole: async ({ endpoint, body }) => {
      if (endpoint === '/responses') throw new Error('Responses are translated before they get here.');
      return { text: JSON.stringify(answers[endpoint](body)), headers: {} };
    },

    stream: async ({ body, signal }) => {
      const encoder = new TextEncoder();
      const id = newId('chatcmpl-demo-');
      async function* chunks() {
        for (const chunk of completionChunks(body, id, seconds())) {
          signal.throwIfAborted();
          yield encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`);
        }
        yield encoder.encode('data: [DONE]\n\n');
      }
      return { chunks: chunks(), headers: {}, cancel: () => {} };
    },
  };
}
