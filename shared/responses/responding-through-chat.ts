/**
 * Lets a provider that knows chat completions answer for responses as well: the
 * request is translated, and the answer back, whole or event by event.
 */
import { asGatewayError, GatewayError } from '../errors.ts';
import { begunStream } from '../providers/begun-stream.ts';
import type { Provider, StreamAnswer, UpstreamRequest } from '../providers/provider.ts';
import { completeFrames, dataOf, eventOf, framesOf } from '../streaming/frames.ts';
import { inTermsOfResponses } from './param-names.ts';
import type { Made } from './response-object.ts';
import type { ResponseEvents, Translation } from './translation.ts';

export type TranslationContext = {
  readonly newId: (prefix: string) => string;
  readonly now: () => number;
};

/** Only calls for responses pay for it. Loaded once: Node keeps what `import()` has given. */
const loaded = async (): Promise<Translation> => (await import('./translation.ts')).translation;

/** A provider closes right after `[DONE]`, and then its connection serves again. One that does not is left. */
const closingMs = 500;

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (thrown) {
    throw new GatewayError('upstream_error', { cause: thrown });
  }
};

const toldOrFailed = (events: string | null): string => {
  if (events === null) throw new GatewayError('upstream_error');
  return events;
};

export function respondingThroughChat(provider: Provider, { newId, now }: TranslationContext): Provider {
  const seconds = () => Math.floor(now() / 1000);
  const made = (): Made => ({ id: newId('resp_'), createdAt: seconds() });

  async function asked<Answer>(
    request: UpstreamRequest,
    { chatRequestOf }: Translation,
    ask: (request: UpstreamRequest) => Promise<Answer>,
    extra: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    const chat = chatRequestOf(request.body);
    if (chat.kind === 'refused') {
      const { message, param, elsewhere } = chat;
      throw new GatewayError('invalid_request', { message, param, ...(elsewhere && { recovery: 'elsewhere' }) });
    }
    try {
      return await ask({ ...request, endpoint: '/chat/completions', body: { ...chat.body, ...extra } });
    } catch (thrown) {
      throw inTermsOfResponses(thrown);
    }
  }

  /** Nothing is told before the first chunk is in hand, so that a failure before it can still be an error of its own (I7). */
  async function* eventsOf({ chunks, cancel }: StreamAnswer, events: ResponseEvents): AsyncGenerator<Uint8Array> {
    const runs = completeFrames(chunks)[Symbol.asyncIterator]();
    try {
      for (;;) {
        const { value: run, done } = await runs.next();
        if (done) break;
        const { text, isOver } = told(run, events);
        const last = isOver ? toldOrFailed(events.end(true, seconds())) : '';
        if (text + last !== '') yield Buffer.from(text + last);
        if (isOver) return await closeConnection(runs, cancel);
      }
      yield Buffer.from(toldOrFailed(events.end(false, seconds())));
    } finally {
      await runs.return?.(undefined).catch(() => {});
    }
  }

  return {
    async whole(request) {
      if (request.endpoint !== '/responses') return provider.whole(request);
      const translation = await loaded();
      const making = made();
      const answer = await asked(request, translation, provider.whole);
      const response = translation.responseOf(parsed(answer.text), request.body, { ...making, completedAt: seconds() });
      if (response === null) throw new GatewayError('upstream_error');
      return { ...answer, text: JSON.stringify(response) };
    },

    async stream(request) {
      if (request.endpoint !== '/responses') return provider.stream(request);
      const translation = await loaded();
      const making = made();
      const answer = await asked(request, translation, provider.stream, streamed);
      const events = eventsOf(answer, translation.responseEvents(request.body, making));
      const chunks = await begunStream(events, { onEnd: () => {}, asError: asGatewayError });
      return { ...answer, chunks };
    },
  };
}

/** Usage is part of every response. */
const streamed = { stream: true, stream_options: { include_usage: true } };

/** What a run of the chat's frames amounts to, and whether they say that this is all. */
function told(run: Buffer, events: ResponseEvents): { readonly text: string; readonly isOver: boolean } {
  let text = '';
  for (const frame of framesOf(run)) {
    const data = dataOf(frame);
    if (data === null) continue;
    if (data.trim() === '[DONE]') return { text, isOver: true };
    if (eventOf(frame) === 'error') throw new GatewayError('upstream_error');
    text += toldOrFailed(events.chunk(parsed(data)));
  }
  return { text, isOver: false };
}

/** The answer is complete: what comes behind it matters to nobody, be it a failure. */
async function closeConnection(runs: AsyncIterator<Buffer>, cancel: () => void): Promise<void> {
  const leave = setTimeout(cancel, closingMs);
  try {
    while (!(await runs.next()).done);
  } catch {
    // It failed after its end.
  } finally {
    clearTimeout(leave);
  }
}
