/**
 * One attempt at a provider that speaks OpenAI's protocol, through the `openai`
 * package: the same for every kind. A kind says whom to ask, and who is asking.
 */
import OpenAI, { AuthenticationError, type ClientOptions } from 'openai';
import { GatewayError } from '../errors.ts';
import { begunStream } from './begun-stream.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { incomingHeaders } from './headers.ts';
import type { Provider, UpstreamRequest } from './provider.ts';
import type { Timeouts } from './timeouts.ts';
import { upstreamError } from './upstream-error.ts';

export type Dialect = {
  readonly client: OpenAI;
  /** What is shown to the provider, and must never be shown to anyone else. `refresh` reads past every cache. */
  readonly secret: (refresh: boolean) => Promise<string | undefined>;
  readonly authHeaders: (secret: string | undefined) => Readonly<Record<string, string | null>>;
};

/** For every client: whatever the package would read from the environment or do by itself is ours to decide. */
export const clientOptions = ({ totalMs }: Timeouts) =>
  ({
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    // The key is handed in with each call, since it may be rotated under a living instance.
    apiKey: 'unset',
    // Retries are the gateway's own business: each is an attempt of its own in the ledger.
    maxRetries: 0,
    // Ours is the shorter one: see `startDeadline`.
    timeout: totalMs + 1_000,
    logLevel: 'off',
  }) as const satisfies ClientOptions;

type Answer = {
  readonly response: Response;
  readonly deadline: Deadline;
  readonly asError: (thrown: unknown) => GatewayError;
};

export function protocolProvider({ client, secret, authHeaders }: Dialect, timeouts: Timeouts): Provider {
  const ask = (shown: string | undefined, request: UpstreamRequest, signal: AbortSignal, stream: boolean) =>
    client
      .post(request.endpoint, {
        body: request.body,
        stream,
        signal,
        headers: { ...request.headers, ...authHeaders(shown) },
      })
      .asResponse();

  /** A refused key is looked up once more: it may have been rotated since this instance read it. */
  async function call(request: UpstreamRequest, stream: boolean): Promise<Answer> {
    const first = await secret(false);
    let shown = first;
    const waits = { totalMs: timeouts.totalMs, firstChunkMs: stream ? timeouts.firstChunkMs : undefined };
    const deadline = startDeadline(request.signal, waits);
    const asError = (thrown: unknown) => deadline.gaveUp() ?? upstreamError(thrown, shown);
    try {
      const response = await ask(shown, request, deadline.signal, stream).catch(async (thrown: unknown) => {
        if (!(thrown instanceof AuthenticationError)) throw thrown;
        shown = await secret(true);
        if (shown === first) throw thrown;
        return ask(shown, request, deadline.signal, stream);
      });
      return { response, deadline, asError };
    } catch (thrown) {
      deadline.clear();
      throw asError(thrown);
    }
  }

  return {
    async whole(request) {
      const { response, deadline, asError } = await call(request, false);
      try {
        return { text: await response.text(), headers: incomingHeaders(response.headers) };
      } catch (thrown) {
        throw asError(thrown);
      } finally {
        deadline.clear();
      }
    },

    async stream(request) {
      const { response, deadline, asError } = await call(request, true);
      if (!response.body) {
        deadline.clear();
        throw new GatewayError('upstream_error');
      }
      const chunks = await begunStream(response.body, { onEnd: deadline.clear, asError });
      deadline.hasBegun();
      return { chunks, headers: incomingHeaders(response.headers), cancel: deadline.giveUp };
    },
  };
}

/** The secret that a variable holds, on AWS an entry of the stack's secret. */
export const secretOf =
  (variable: string | undefined, read: (variable: string, refresh: boolean) => Promise<string | undefined>) =>
  async (refresh: boolean): Promise<string | undefined> => {
    if (variable === undefined) return undefined;
    const value = await read(variable, refresh);
    if (value === undefined) throw new GatewayError('upstream_auth', { cause: new Error(`${variable} is not set`) });
    return value;
  };
