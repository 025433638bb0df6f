/** OpenAI, or anything that speaks its protocol, through the `openai` package. */
import OpenAI, { AuthenticationError } from 'openai';
import { GatewayError } from '../errors.ts';
import { incomingHeaders } from './headers.ts';
import type { SettingsOf } from './kinds.ts';
import type { Provider, UpstreamRequest } from './provider.ts';
import type { ProviderContext } from './registry.ts';
import { upstreamError } from './upstream-error.ts';

const defaultTimeoutMs = 600_000;

export function openaiProvider(settings: SettingsOf<'openai'>, { credentials, fetch }: ProviderContext): Provider {
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
    timeout: timeoutMs,
    logLevel: 'off',
    ...(fetch && { fetch }),
  });

  const key = async (refresh: boolean): Promise<string | undefined> => {
    if (apiKeyEnv === undefined) return undefined;
    const value = await credentials(apiKeyEnv, refresh);
    if (value === undefined) throw new GatewayError('upstream_auth', { cause: new Error(`${apiKeyEnv} is not set`) });
    return value;
  };

  const ask = (apiKey: string | undefined, { endpoint, body, headers, signal }: UpstreamRequest, stream: boolean) =>
    client
      .post(endpoint, {
        body,
        stream,
        signal,
        headers: { ...headers, authorization: apiKey === undefined ? null : `Bearer ${apiKey}` },
      })
      .asResponse();

  /** A refused key is looked up once more: it may have been rotated since this instance read it. */
  async function call(request: UpstreamRequest, stream: boolean): Promise<Response> {
    let apiKey = await key(false);
    try {
      return await ask(apiKey, request, stream);
    } catch (thrown) {
      const refused = apiKey;
      if (thrown instanceof AuthenticationError) apiKey = await key(true);
      if (apiKey === refused) throw upstreamError(thrown, apiKey);
      return await ask(apiKey, request, stream).catch((again) => {
        throw upstreamError(again, apiKey);
      });
    }
  }

  return {
    async whole(request) {
      const response = await call(request, false);
      try {
        return { text: await response.text(), headers: incomingHeaders(response.headers) };
      } catch (thrown) {
        throw upstreamError(thrown, undefined);
      }
    },

    async stream(request) {
      const response = await call(request, true);
      if (!response.body) throw new GatewayError('upstream_error');
      return { chunks: response.body, headers: incomingHeaders(response.headers) };
    },
  };
}
