/**
 * One attempt at a provider that speaks OpenAI's protocol, through the `openai`
 * package: the same for every kind. A kind says whom to ask, and who is asking.
 */
import OpenAI, { AuthenticationError, type ClientOptions } from 'openai';
import { GatewayError } from '../errors.ts';
import { begunStream } from './begun-stream.ts';
import { type Deadline, startDeadline } from './deadline.ts';
import { incomingHeaders } from './headers.ts';
import type { Endpoint, Provider, UpstreamRequest } from './provider.ts';
import type { Timeouts } from './timeouts.ts';
import { upstreamError } from './upstream-error.ts';
import { upstreamFetch } from './upstream-fetch.ts';

export type Dialect = {
  /** No bundle has more of it: infra/build/lean-openai.ts. */
  readonly client: Pick<OpenAI, 'post'>;
  /** What it serves. */
  readonly endpoints: readonly Endpoint[];
  /** What is shown to the provider, and must never be shown to anyone else. `refresh` reads past every cache. */
  readonly secret: (refresh: boolean) => Promise<string | undefined>;
  readonly authHeaders: (secret: string | undefined) => Readonly<Record<string, string | null>>;
};

type Settings = { readonly headers?: Readonly<Record<string, string>> | undefined };

/** For every client: what the package would read from the environment, or do by itself, is ours to decide. */
export const clientOptions = ({ headers = {} }: Settings, timeouts: Timeouts, fetch = upstreamFetch(timeouts)) =>
  ({
    project: null,
    organization: null,
    adminAPIKey: null,
    webhookSecret: null,
    // Retries are the gateway's own business: each is an attempt of its own in the ledger.
    maxRetries: 0,
    // Ours is the shorter one: see `startDeadline`.
    timeout: timeouts.totalMs + 1_000,
    logLevel: 'off',
    defaultHeaders: headers,
    fetch,
  }) satisfies ClientOptions;

/** For clients that want a key when they are made. The real one comes with each call, since it may be rotated meanwhile. */
export const keyComesLater = 'unset';

type Answer = {
  readonly response: Response;
  readonly deadline: Deadline;
  readonly asError: (thrown: unknown) => GatewayError;
};

export function protocolProvider({ client, endpoints, secret, authHeaders }: Dialect, timeouts: Timeouts): Provider {
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
    if (!endpoints.includes(request.endpoint)) throw notServed(request.endpoint);
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

const notServed = (endpoint: Endpoint): GatewayError =>
  new GatewayError('invalid_request', {
    message: `The provider of this model does not serve ${endpoint}.`,
    param: 'model',
  });

/** The secret that a variable holds, on AWS an entry of the stack's secret. */
export const secretOf =
  (variable: string | undefined, read: (variable: string, refresh: boolean) => Promise<string | undefined>) =>
  async (refresh: boolean): Promise<string | undefined> => {
    if (variable === undefined) return undefined;
    const value = await read(variable, refresh);
    if (value === undefined) throw new GatewayError('upstream_auth', { cause: new Error(`${variable} is not set`) });
    return value;
  };
