/** Answers without a model, and says so: for a first look at the gateway, and for nothing else. */
import { createHash } from 'node:crypto';
import { moderationCategories } from '../safety/categories.ts';
import { type DemoAnswer, demoAnswer } from './demo-answer.ts';
import type { SettingsOf } from './kinds.ts';
import type { Endpoint, Provider, UpstreamRequest } from './provider.ts';
import type { ProviderContext } from './registry.ts';

/** About four bytes a token, as a rule of thumb; nobody pays by it. */
const tokens = (value: unknown): number => Math.ceil(JSON.stringify(value ?? '').length / 4);

const words = (text: string): readonly string[] => text.match(/\S+\s*/g) ?? [];

type Body = UpstreamRequest['body'];

const usage = (body: Body, answer: DemoAnswer) => {
  const prompt_tokens = tokens(body['messages']);
  const completion_tokens = answer.kind === 'text' ? words(answer.text).length : tokens(answer.argumentsText);
  return { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
};

type Ids = { readonly id: string; readonly callId: string; readonly created: number };

const finishOf = ({ kind }: DemoAnswer): string => (kind === 'call' ? 'tool_calls' : 'stop');

function completion(body: Body, { id, callId, created }: Ids) {
  const answer = demoAnswer(body);
  const said =
    answer.kind === 'text'
      ? { content: answer.text }
      : {
          content: null,
          tool_calls: [
            { id: callId, type: 'function', function: { name: answer.name, arguments: answer.argumentsText } },
          ],
        };
  const message = { role: 'assistant', ...said, refusal: null };
  return {
    id,
    object: 'chat.completion',
    created,
    model: body['model'],
    choices: [{ index: 0, message, logprobs: null, finish_reason: finishOf(answer) }],
    usage: usage(body, answer),
  };
}

function* deltas(answer: DemoAnswer, callId: string): Generator<object> {
  if (answer.kind === 'text') {
    yield { role: 'assistant', content: '' };
    for (const content of words(answer.text)) yield { content };
    return;
  }
  const call = { index: 0, id: callId, type: 'function', function: { name: answer.name, arguments: '' } };
  yield { role: 'assistant', content: null, tool_calls: [call] };
  for (const piece of words(answer.argumentsText)) {
    yield { tool_calls: [{ index: 0, function: { arguments: piece } }] };
  }
}

function* completionChunks(body: Body, { id, callId, created }: Ids) {
  const answer = demoAnswer(body);
  const chunk = (delta: object, finish_reason: string | null = null) => ({
    id,
    object: 'chat.completion.chunk',
    created,
    model: body['model'],
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
  });
  for (const delta of deltas(answer, callId)) yield chunk(delta);
  yield chunk({}, finishOf(answer));
  yield { ...chunk({}), choices: [], usage: usage(body, answer) };
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
  const ids = (): Ids => ({
    id: newId('chatcmpl-demo-'),
    callId: newId('call_'),
    created: Math.floor(now() / 1000),
  });
  const answers: Record<Exclude<Endpoint, '/responses'>, (body: Body) => unknown> = {
    '/chat/completions': (body) => completion(body, ids()),
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
      const made = ids();
      async function* chunks() {
        for (const chunk of completionChunks(body, made)) {
          signal.throwIfAborted();
          yield encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`);
        }
        yield encoder.encode('data: [DONE]\n\n');
      }
      return { chunks: chunks(), headers: {}, cancel: () => {} };
    },
  };
}
