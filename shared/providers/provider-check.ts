/**
 * Does a provider answer, and take our credential? Asked by listing its models, which no provider charges for; where a kind
 * has no such list, nothing is asked of it (https://github.com/BerriAI/litellm/issues/13668).
 */
import { degraded, unavailable, unknown, type Verdict, well } from '../health/check.ts';
import { googleTokens } from './google-token.ts';
import type { ProviderSettings, SettingsOf } from './kinds.ts';
import type { ProviderContext } from './registry.ts';
import { timeoutsOf } from './timeouts.ts';
import { upstreamFetch } from './upstream-fetch.ts';

export type CheckProvider = (signal: AbortSignal) => Promise<Verdict>;

type Context = Pick<ProviderContext, 'credentials' | 'now' | 'fetch'>;

type Listing = {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly variable: string | undefined;
  readonly show: (key: string) => Readonly<Record<string, string>>;
};

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

const openaiListing = ({ baseURL, apiKeyEnv, organization, headers = {} }: SettingsOf<'openai'>): Listing => ({
  url: `${withoutSlash(baseURL)}/models`,
  headers: { ...headers, ...(organization !== undefined && { 'openai-organization': organization }) },
  variable: apiKeyEnv,
  show: (key) => ({ authorization: `Bearer ${key}` }),
});

/** https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list */
const azureListing = ({ endpoint, apiVersion, apiKeyEnv, headers = {} }: SettingsOf<'azure'>): Listing => ({
  url: `${withoutSlash(endpoint)}/openai/models?api-version=${apiVersion}`,
  headers,
  variable: apiKeyEnv,
  show: (key) => ({ 'api-key': key }),
});

function verdictOn(status: number): Verdict {
  if (status >= 200 && status < 300) return well;
  if (status === 401) return unavailable('It refuses the credential of the gateway.');
  // A key may be allowed to ask models and not to list them.
  if (status === 403) return unknown('It answers, and does not let this credential list models.');
  if (status === 404 || status === 405) return unknown('It answers, and has no list of models.');
  if (status === 429) return degraded('It limits the rate.');
  return unavailable(`It answers with status ${status}.`);
}

async function ask(listing: Listing, key: string | undefined, signal: AbortSignal, fetch: typeof globalThis.fetch) {
  // The status is enough: a list may be megabytes.
  const enough = new AbortController();
  try {
    const { status } = await fetch(listing.url, {
      headers: { accept: 'application/json', ...listing.headers, ...(key !== undefined && listing.show(key)) },
      signal: AbortSignal.any([signal, enough.signal]),
    });
    return status;
  } finally {
    enough.abort();
  }
}

/** A refused key is looked up once more, as for a call: it may have been rotated since this instance read it. */
const byListing =
  (listing: Listing, { credentials, fetch }: Required<Pick<Context, 'credentials' | 'fetch'>>): CheckProvider =>
  async (signal) => {
    const { variable } = listing;
    const read = (refresh: boolean) => (variable === undefined ? undefined : credentials(variable, refresh));
    const key = await read(false);
    if (variable !== undefined && key === undefined) return unavailable(`${variable} is not set.`);
    const status = await ask(listing, key, signal, fetch);
    if (status !== 401) return verdictOn(status);
    const again = await read(true);
    return verdictOn(again === key ? status : await ask(listing, again, signal, fetch));
  };

/** Its file of a key is read and signed with, which asks nobody. */
const vertexCheck =
  ({ apiKeyEnv }: SettingsOf<'vertex'>, { credentials, now }: Context): CheckProvider =>
  async () => {
    const keyFile = await credentials(apiKeyEnv, false);
    if (keyFile === undefined) return unavailable(`${apiKeyEnv} is not set.`);
    try {
      googleTokens(now)(keyFile);
    } catch {
      return unavailable(`${apiKeyEnv} is not a key file of Google's.`);
    }
    return unknown(
      'Its key file can be read. Vertex has no list of models behind this API: the circuits tell of calls.',
    );
  };

export function providerCheck(settings: ProviderSettings, context: Context): CheckProvider {
  const asking = {
    ...context,
    fetch: context.fetch ?? upstreamFetch(timeoutsOf('timeouts' in settings ? settings : {})),
  };
  switch (settings.kind) {
    case 'openai':
      return byListing(openaiListing(settings), asking);
    case 'azure':
      return byListing(azureListing(settings), asking);
    case 'vertex':
      return vertexCheck(settings, context);
    case 'bedrock':
      return async () => unknown('Bedrock has no list of models behind this API: the circuits tell of calls.');
    case 'demo':
      return async () => well;
  }
}
