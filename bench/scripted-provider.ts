/**
 * A provider that speaks OpenAI's protocol and answers from a script, at once
 * and always the same. A process of its own, at SCRIPTED_PROVIDER_PORT or any that is
 * free; prints its port when it listens.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { moderationCategories } from '../shared/safety/categories.ts';
import { type Script, scriptOf } from './script.ts';

const usageOf = (chunks: number) => ({
  prompt_tokens: 210,
  completion_tokens: chunks,
  total_tokens: 210 + chunks,
  prompt_tokens_details: { cached_tokens: 0, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: 0, audio_tokens: 0, accepted_prediction_tokens: 0 },
});

const identity = (object: string) => ({
  id: 'chatcmpl-Scripted0000000000000000000',
  object,
  created: 1_760_000_000,
  model: 'gpt-4o-mini-2024-07-18',
  service_tier: 'default',
  system_fingerprint: 'fp_scripted00',
});

const whole = JSON.stringify({
  ...identity('chat.completion'),
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'A sentence of an answer. '.repeat(8), refusal: null, annotations: [] },
      logprobs: null,
      finish_reason: 'stop',
    },
  ],
  usage: usageOf(48),
});

const frame = (value: object): string => `data: ${JSON.stringify(value)}\n\n`;

const chunk = (delta: object, finish_reason: string | null, withUsage: boolean): string =>
  frame({
    ...identity('chat.completion.chunk'),
    choices: [{ index: 0, delta, logprobs: null, finish_reason }],
    // OpenAI says so in every chunk but the last, once it has been asked for usage.
    ...(withUsage && { usage: null }),
  });

const words = (withUsage: boolean): string => chunk({ content: ' word' }, null, withUsage);
const wordWithUsage = words(true);
const wordWithout = words(false);

async function stream(response: ServerResponse, { chunks, spacingMs }: Script, withUsage: boolean): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'openai-processing-ms': '1' });
  response.write(chunk({ role: 'assistant', content: '', refusal: null }, null, withUsage));
  for (let sent = 0; sent < chunks && !response.destroyed; sent++) {
    await (spacingMs > 0 ? sleep(spacingMs) : immediate());
    response.write(withUsage ? wordWithUsage : wordWithout);
  }
  response.write(chunk({}, 'stop', withUsage));
  if (withUsage) response.write(frame({ ...identity('chat.completion.chunk'), choices: [], usage: usageOf(chunks) }));
  response.end('data: [DONE]\n\n');
}

async function textOf(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts).toString('utf8');
}

/** Nothing is ever unsafe here. */
const moderation = (input: unknown): string => {
  const scores = Object.fromEntries(moderationCategories.map((category) => [category, 0.001]));
  const result = { flagged: false, categories: {}, category_scores: scores };
  const inputs = Array.isArray(input) ? input : [input];
  return JSON.stringify({ id: 'modr-scripted', model: 'omni-moderation-latest', results: inputs.map(() => result) });
};

async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const text = await textOf(request);
  const body = JSON.parse(text) as { stream?: boolean; stream_options?: { include_usage?: boolean }; input?: unknown };
  if (request.url?.endsWith('/moderations')) {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(moderation(body.input));
    return;
  }
  if (body.stream) {
    await stream(response, scriptOf(text), body.stream_options?.include_usage === true);
    return;
  }
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(whole),
    'openai-processing-ms': '1',
  });
  response.end(whole);
}

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(Number(process.env['SCRIPTED_PROVIDER_PORT'] ?? '0'), '127.0.0.1', () => {
  process.stdout.write(`listening on ${(server.address() as AddressInfo).port}\n`);
});
