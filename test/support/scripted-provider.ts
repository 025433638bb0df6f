/** A model provider on loopback that answers as it is told to, well or badly, and remembers what it was asked. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { moderationCategories } from '../../shared/safety/categories.ts';
import { respondedEvents, respondedWith } from './scripted-responses.ts';

export type Asked = {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Record<string, unknown>;
  readonly text: string;
};
export type Script = (response: ServerResponse, asked: Asked) => void | Promise<void>;

export type ScriptedProvider = {
  readonly baseURL: string;
  readonly asked: Asked[];
  /** How it answers from now on. */
  script: Script;
  stop(): Promise<void>;
};

export const usage = (prompt: number, completion: number, cached = 0) => ({
  prompt_tokens: prompt,
  completion_tokens: completion,
  total_tokens: prompt + completion,
  prompt_tokens_details: { cached_tokens: cached },
  completion_tokens_details: { reasoning_tokens: 0 },
});

export const completion = (content: string, used: unknown = usage(10, 5)) => ({
  id: 'chatcmpl-scripted',
  object: 'chat.completion',
  created: 1_700_000_000,
  model: 'scripted',
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop', logprobs: null }],
  ...(used !== null && { usage: used }),
});

export const chunk = (delta: unknown, finish: string | null = null) => ({
  id: 'chatcmpl-scripted',
  object: 'chat.completion.chunk',
  created: 1_700_000_000,
  model: 'scripted',
  choices: [{ index: 0, delta, finish_reason: finish, logprobs: null }],
  usage: null,
});

export const usageChunk = (used: unknown) => ({ ...chunk({}), choices: [], usage: used });

export const frame = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;
export const done = 'data: [DONE]\n\n';

/** The frames of a stream that says these words, one a chunk. */
export const spoken = (words: readonly string[], used: unknown = usage(10, words.length)): string[] => [
  frame(chunk({ role: 'assistant', content: '' })),
  ...words.map((content) => frame(chunk({ content }))),
  frame(chunk({}, 'stop')),
  ...(used === null ? [] : [frame(usageChunk(used))]),
  done,
];

export const answer =
  (value: unknown, status = 200, headers: Record<string, string> = {}): Script =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof value === 'string' ? value : JSON.stringify(value));
  };

export const refusal = (status: number, error: Record<string, unknown>, headers: Record<string, string> = {}): Script =>
  answer({ error }, status, headers);

export type StreamOptions = { readonly pauseMs?: number; readonly thenCut?: boolean };

export const stream =
  (pieces: readonly (string | Uint8Array)[], { pauseMs = 0, thenCut = false }: StreamOptions = {}): Script =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    for (const piece of pieces) {
      response.write(piece);
      if (pauseMs > 0) await sleep(pauseMs);
    }
    if (thenCut) {
      // What was written is to arrive before the cut does.
      await sleep(20);
      response.destroy();
    } else response.end();
  };

/** Of texts each, of parts all together, as OpenAI has it. */
const harmless = (input: unknown) => {
  const inputs = Array.isArray(input) && typeof input[0] === 'string' ? input : [input];
  const scores = Object.fromEntries(moderationCategories.map((category) => [category, 0.001]));
  const results = inputs.map(() => ({ flagged: false, categories: {}, category_scores: scores }));
  return { id: 'modr-scripted', model: 'scripted', results };
};

/** These words, to who asks for a chat completion or for a response, whole or as a stream. */
export const saying =
  (...words: readonly string[]): Script =>
  (response, asked) => {
    const isResponse = asked.path.endsWith('/responses');
    const script =
      asked.body['stream'] === true
        ? stream(isResponse ? respondedEvents(words) : spoken(words))
        : answer(isResponse ? respondedWith(words.join('')) : completion(words.join('')));
    return script(response, asked);
  };

/** A well-behaved provider for every endpoint. */
export const wellBehaved: Script = (response, asked) => {
  if (asked.path.endsWith('/embeddings')) {
    return answer({
      object: 'list',
      model: 'scripted',
      data: [{ object: 'embedding', index: 0, embedding: [0.5, -0.5] }],
      usage: { prompt_tokens: 7, total_tokens: 7 },
    })(response, asked);
  }
  if (asked.path.endsWith('/moderations')) {
    return answer(harmless(asked.body['input']))(response, asked);
  }
  return saying('Hello', ' there')(response, asked);
};

/** Says how often it was asked, each time something else, so that a second answer cannot pass for the first. */
export function counting(pauseMs = 0): Script {
  let times = 0;
  return async (response, asked) => {
    times += 1;
    const words = `answer ${times}`;
    if (pauseMs > 0) await sleep(pauseMs);
    return saying(...words.split(/(?= )/))(response, asked);
  };
}

export async function scriptedProvider(): Promise<ScriptedProvider> {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const piece of request) chunks.push(piece);
    const text = Buffer.concat(chunks).toString('utf8');
    const question = { path: request.url ?? '', headers: request.headers, body: text ? JSON.parse(text) : {}, text };
    asked.push(question);
    await provider.script(response, question);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const provider: ScriptedProvider = {
    baseURL: `http://127.0.0.1:${port}/v1`,
    asked,
    script: wellBehaved,
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
