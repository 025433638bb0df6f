/** OpenAI, or anything that speaks its protocol and takes a bearer's key, or none. */
import OpenAI from 'openai';
import type { SettingsOf } from './kinds.ts';
import { clientOptions, protocolProvider, secretOf } from './openai-protocol.ts';
import type { Provider } from './provider.ts';
import type { ProviderContext } from './registry.ts';
import { timeoutsOf } from './timeouts.ts';
import { upstreamFetch } from './upstream-fetch.ts';

export function openaiProvider(settings: SettingsOf<'openai'>, { credentials, fetch }: ProviderContext): Provider {
  const { apiKeyEnv, baseURL, organization = null } = settings;
  const timeouts = timeoutsOf(settings);
  const client = new OpenAI({
    ...clientOptions(timeouts),
    baseURL,
    organization,
    fetch: fetch ?? upstreamFetch(timeouts),
  });
  return protocolProvider(
    {
      client,
      secret: secretOf(apiKeyEnv, credentials),
      authHeaders: (key) => ({ authorization: key === undefined ? null : `Bearer ${key}` }),
    },
    timeouts,
  );
}
