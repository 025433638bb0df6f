/** Requests at a steady pace, whatever becomes of those before: a caller does not slow down because a provider is dead. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export type Door = {
  readonly baseURL: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly everyMs: number;
};

export type Seen = {
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** An answer that is one, to its end. */
  readonly complete: boolean;
  readonly headers: IncomingHttpHeaders;
};

export type SteadyLoad = {
  readonly seen: readonly Seen[];
  /** Resolves when the last request has been answered. */
  stop(): Promise<void>;
};

export function startSteadyLoad({ baseURL, headers, everyMs }: Door, body: string): SteadyLoad {
  const agent = new Agent({ keepAlive: true });
  const seen: Seen[] = [];
  const underWay = new Set<Promise<void>>();

  const ask = () =>
    new Promise<void>((resolve) => {
      const sentAtMs = performance.now();
      const ended = (complete: boolean, answered: IncomingHttpHeaders) => {
        seen.push({ sentAtMs, endedAtMs: performance.now(), complete, headers: answered });
        resolve();
      };
      request(`${baseURL}/chat/completions`, {
        agent,
        method: 'POST',
        headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      })
        .once('error', () => ended(false, {}))
        .once('response', (answer) => {
          let text = '';
          answer.setEncoding('utf8').on('data', (part: string) => {
            text += part;
          });
          answer.once('error', () => ended(false, answer.headers));
          answer.once('end', () => ended(answer.statusCode === 200 && isComplete(text), answer.headers));
        })
        .end(body);
    });

  const timer = setInterval(() => {
    const asked = ask();
    underWay.add(asked);
    void asked.then(() => underWay.delete(asked));
  }, everyMs);

  return {
    seen,
    async stop() {
      clearInterval(timer);
      await Promise.all(underWay);
      agent.destroy();
    },
  };
}

const isComplete = (text: string): boolean => text.startsWith('{') || text.trimEnd().endsWith('data: [DONE]');
