/** A provider of chat completions in memory, behind the translation, behind OpenAI's own client. */
import OpenAI from 'openai';
import type { Provider, UpstreamRequest } from '../../../shared/providers/provider.ts';
import { respondingThroughChat } from '../../../shared/responses/responding-through-chat.ts';
import { pieces } from '../streaming/pieces.ts';

export type ChatScript = {
  readonly whole?: unknown;
  readonly chunks?: AsyncIterable<Uint8Array>;
};

export const nowMs = 1_800_000_000_000;

export function chatProvider({ whole, chunks = pieces() }: ChatScript) {
  const asked: UpstreamRequest[] = [];
  const events: string[] = [];
  const provider: Provider = {
    whole: async (request) => {
      asked.push(request);
      return { text: typeof whole === 'string' ? whole : JSON.stringify(whole), headers: { 'x-seen': 'whole' } };
    },
    stream: async (request) => {
      asked.push(request);
      return { chunks, headers: { 'x-seen': 'stream' }, cancel: () => events.push('cancelled') };
    },
  };
  const translated = respondingThroughChat(provider, { newId: (prefix) => `${prefix}1`, now: () => nowMs });
  return { provider, translated, asked, events };
}

export const askingFor = (body: Record<string, unknown> = {}): UpstreamRequest => ({
  endpoint: '/responses',
  body: { model: 'm', input: 'Hi', ...body },
  headers: { traceparent: '00-0af7-b7ad-01' },
  signal: new AbortController().signal,
});

/** The SDK in front of a provider: what it sends is asked, what comes back is what it reads. */
export function clientOf(provider: Provider): OpenAI {
  const fetch: typeof globalThis.fetch = async (_url, init) => {
    const body = JSON.parse(String(init?.body));
    const request = { ...askingFor(), body };
    if (body.stream !== true) {
      const { text } = await provider.whole(request);
      return new Response(text, { headers: { 'content-type': 'application/json' } });
    }
    const { chunks } = await provider.stream(request);
    return new Response(ReadableStream.from(chunks), { headers: { 'content-type': 'text/event-stream' } });
  };
  return new OpenAI({ apiKey: 'key', baseURL: 'http://127.0.0.1:9/v1', maxRetries: 0, fetch });
}
