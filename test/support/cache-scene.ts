/** Questions to a gateway that may answer from its cache. */
import type OpenAI from 'openai';
import { randomBase62 } from '../../shared/ids.ts';

/** One that nobody has asked before. */
export const newQuestion = () => ({
  model: 'test-model',
  messages: [{ role: 'user' as const, content: `What is ${randomBase62(12)}?` }],
});

export const cached = (cacheControl?: string) => ({
  headers: { 'x-sluice-cache': 'on', ...(cacheControl !== undefined && { 'cache-control': cacheControl }) },
});

export type Body = OpenAI.ChatCompletionCreateParamsNonStreaming;

/** How it was answered, as far as the cache goes, and the answer. */
export async function asked(client: OpenAI, body: Body, options: OpenAI.RequestOptions = cached()) {
  const { data, response } = await client.chat.completions.create(body, options).withResponse();
  return { data, headers: response.headers, cache: response.headers.get('x-sluice-cache') };
}

/** The same as a stream, read to its end by the SDK's own helper. */
export async function streamed(client: OpenAI, body: Body, options: OpenAI.RequestOptions = cached()) {
  const { data, response } = await client.chat.completions.create({ ...body, stream: true }, options).withResponse();
  const chunks: OpenAI.ChatCompletionChunk[] = [];
  for await (const chunk of data) chunks.push(chunk);
  const text = chunks.map(({ choices }) => choices[0]?.delta.content ?? '').join('');
  return { chunks, text, headers: response.headers, cache: response.headers.get('x-sluice-cache') };
}
