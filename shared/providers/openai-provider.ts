/** OpenAI, or anything that speaks its protocol, through the `openai` package. */
import OpenAI, { AuthenticationError } from 'openai';
import { GatewayError } from '../errors.ts';
import { incomingHeaders } from './headers.ts';
import type { SettingsOf } from './kinds.ts';
import type { Provider, UpstreamRequest } from './provider.ts';
import type { ProviderContext } from './registry.ts';
import { upstreamError } from './upstream-error.ts';
import { upstreamFetch } from './upstream-fetch.ts';

const defaultTimeoutMs = 600_000;

export function openaiProvider(
  settings: SettingsOf<'openai'>,
  { credentials, fetch = upstreamFetch }: ProviderContext,
): Provider {
  const { apiKeyEnv, baseURL, organization = null, timeoutMs = defaultTimeoutMs } = settings;
  const client = new OpenAI({
    baseURL,
    organization,
    project: null,
    adminAPIKey: null,
    webhookSecret: null,
    // The key is handed in with each call, since it may be rotated under a living instance.
    apiKey: 'unset',
    // Retries are the gateway's own business: each is an attempt of its own in the ledger.
    maxRetries: 0,
    // Ours is the shorter one: see `startDeadline`.
    timeout: timeoutMs + 1_000,
    logLevel: 'off',
    fetch,
  });

  const key = async (refresh: boolean): Promise<string | undefined> => {
    if (apiKeyEnv === undefined) return undefined;
    const value = await credentials(apiKeyEnv, refresh);
    if (value === undefined) throw new GatewayError('upstream_auth', { cause: new Error(`${apiKeyEnv} is not set`) });
    return value;
  };

  const ask = (apiKey: string | undefined, request: UpstreamRequest, signal: AbortSignal, stream: boolean) =>
    client
      .post(request.endpoint, {
        body: request.body,
        stream,
        signal,
        headers: { ...request.headers, authorization: apiKey === undefined ? null : `Bearer ${apiKey}` },
      })
      .asResponse();

  /** A refused key is looked up once more: it may have been rotated since this instance read it. */
  async function call(request: UpstreamRequest, stream: boolean): Promise<Answer> {
    const first = await key(false);
    let apiKey = first;
    const deadline = startDeadline(request.signal, timeoutMs);
    const asError = (thrown: unknown): GatewayError =>
      deadline.signal.aborted ? new GatewayError('upstream_timeout', { cause: thrown }) : upstreamError(thrown, apiKey);
    try {
      const response = await ask(apiKey, request, deadline.signal, stream).catch(async (thrown: unknown) => {
        if (!(thrown instanceof AuthenticationError)) throw thrown;
        apiKey = await key(true);
        if (apiKey === first) throw thrown;
        return ask(apiKey, request, deadline.signal, stream);
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
      async function* chunks(): AsyncGenerator<Uint8Array> {
        try {
          if (response.body) yield* response.body;
        } catch (thrown) {
          throw asError(thrown);
        } finally {
          deadline.clear();
        }
      }
      return { chunks: chunks(), headers: incomingHeaders(response.headers), cancel: deadline.abort };
    },
  };
}

type Deadline = { readonly signal: AbortSignal; readonly abort: () => void; clear(): void };
type Answer = {
  readonly response: Response;
  readonly deadline: Deadline;
  readonly asError: (thrown: unknown) => GatewayError;
};

/** Covers the body as well, which the package's own timeout does not. */
function startDeadline(outer: AbortSignal, timeoutMs: number): Deadline {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  outer.addEventListener('abort', abort, { once: true });
  if (outer.aborted) abort();
  return {
    signal: controller.signal,
    abort,
    clear() {
      clearTimeout(timer);
      outer.removeEventListener('abort', abort);
    },
  };
}
