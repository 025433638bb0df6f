/** Azure OpenAI by deployments: the package puts the target's model into the path, and the key into `api-key`. */
import { AzureOpenAI } from 'openai';
import { hasResponses, type SettingsOf } from './kinds.ts';
import { clientOptions, keyComesLater, protocolProvider, secretOf } from './openai-protocol.ts';
import type { Provider } from './provider.ts';
import type { ProviderContext } from './registry.ts';
import { timeoutsOf } from './timeouts.ts';

export function azureProvider(settings: SettingsOf<'azure'>, { credentials, fetch }: ProviderContext): Provider {
  const { endpoint, apiVersion, apiKeyEnv } = settings;
  const timeouts = timeoutsOf(settings);
  const client = new AzureOpenAI({
    ...clientOptions(settings, timeouts, fetch),
    apiKey: keyComesLater,
    // Not `endpoint`: beside an OPENAI_BASE_URL in the environment the package refuses that.
    baseURL: `${endpoint.replace(/\/+$/, '')}/openai`,
    apiVersion,
  });
  return protocolProvider(
    {
      client,
      endpoints: ['/chat/completions', '/embeddings', ...(hasResponses(settings) ? (['/responses'] as const) : [])],
      secret: secretOf(apiKeyEnv, credentials),
      authHeaders: (key) => ({ 'api-key': key ?? null }),
    },
    timeouts,
  );
}
