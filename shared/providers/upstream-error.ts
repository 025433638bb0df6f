/**
 * From what a provider did to what the caller is told. The provider's verdict
 * about the caller's request passes through; everything else is the provider's
 * fault or ours, and says no more than that.
 */
import { APIConnectionError, APIConnectionTimeoutError, APIError, APIUserAbortError } from 'openai';
import { GatewayError } from '../errors.ts';
import { incomingHeaders } from './headers.ts';

/** Its 400, 404 and 422 are about the request, and so are 413 and 415. */
const callersFault = new Set([400, 404, 413, 415, 422]);

const maxMessageLength = 2_000;

/** A provider may quote the key it was called with (https://github.com/BerriAI/litellm/issues/15799). */
const without = (secret: string | undefined, text: string): string =>
  (secret ? text.replaceAll(secret, '***') : text)
    .replace(/\bsk-[A-Za-z0-9_*-]{8,}/g, '***')
    .slice(0, maxMessageLength);

const said = (error: unknown): string | undefined => {
  if (typeof error !== 'object' || error === null || !('message' in error)) return undefined;
  return typeof error.message === 'string' ? error.message : undefined;
};

export function upstreamError(thrown: unknown, apiKey: string | undefined): GatewayError {
  const own = ownError(thrown);
  if (own) return own;
  if (thrown instanceof APIConnectionTimeoutError || thrown instanceof APIUserAbortError || isAbort(thrown)) {
    return new GatewayError('upstream_timeout', { cause: thrown });
  }
  if (thrown instanceof APIConnectionError || !(thrown instanceof APIError) || thrown.status === undefined) {
    return new GatewayError('upstream_error', { cause: thrown });
  }

  const { status, code, param } = thrown;
  const headers = incomingHeaders(thrown.headers);
  if (callersFault.has(status)) {
    const message = said(thrown.error);
    return new GatewayError('invalid_request', {
      message: message ? without(apiKey, message) : 'The model provider refused the request without saying why.',
      ...(typeof param === 'string' && { param }),
      upstream: { status, code: typeof code === 'string' ? code : null },
      cause: thrown,
    });
  }
  if (status === 401 || status === 403) return new GatewayError('upstream_auth', { cause: thrown });
  // Our own account at the provider is out of money: the caller's budget is not.
  if (status === 429 && code === 'insufficient_quota') {
    return new GatewayError('upstream_error', { recovery: 'elsewhere', cause: thrown });
  }
  if (status === 429) {
    return new GatewayError('rate_limit_exceeded', {
      message: 'The model provider is rate limiting the gateway. Wait as long as the retry-after header says.',
      headers: { 'retry-after': '1', ...headers },
      cause: thrown,
    });
  }
  return new GatewayError('upstream_error', {
    headers: retryHint(headers),
    // https://github.com/openai/openai-node/blob/master/src/client.ts, `shouldRetry`: the SDKs obey it first of all.
    ...(thrown.headers?.get('x-should-retry') === 'false' && { recovery: 'elsewhere' }),
    cause: thrown,
  });
}

/** The package wraps what its `fetch` throws. */
function ownError(thrown: unknown): GatewayError | null {
  if (thrown instanceof GatewayError) return thrown;
  return thrown instanceof APIConnectionError && thrown.cause instanceof GatewayError ? thrown.cause : null;
}

const retryHint = ({ 'retry-after': seconds, 'retry-after-ms': milliseconds }: Record<string, string>) => ({
  ...(seconds && { 'retry-after': seconds }),
  ...(milliseconds && { 'retry-after-ms': milliseconds }),
});

/** By name: an abort is a `DOMException`, and need not be an `Error` of this realm. */
const isAbort = (thrown: unknown): boolean =>
  typeof thrown === 'object' &&
  thrown !== null &&
  'name' in thrown &&
  (thrown.name === 'AbortError' || thrown.name === 'TimeoutError');
