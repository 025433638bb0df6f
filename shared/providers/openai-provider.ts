/** OpenAI, or anything that speaks its protocol and takes a bearer's key, or none. */
import OpenAI from 'openai';
import { hasResponses, type SettingsOf } from './kinds.ts';
import { clientOptions, keyComesLater, protocolProvider, secretOf } from './openai-protocol.ts';
import type { Provider } from './provider.ts';
import type { ProviderContext } from './registry.ts';
import { timeoutsOf } from './timeouts.ts';

export function openaiProvider(settings: SettingsOf<'openai'>, { credentials, fetch }: ProviderContext): Provider {
  const { apiKeyEnv, baseURL, organization = null } = settings;
  const timeouts = timeoutsOf(settings);
  const client = new OpenAI({
    ...clientOptions(settings, timeouts, fetch),
    apiKey: keyComesLater,
    baseURL,
    organization,
  });
  return protocolProvider(
    {
      client,
      endpoints: [
        '/chat/completions',
        '/embeddings',
        '/moderations',
        ...(hasResponses(settings) ? (['/responses'] as const) : []),
      ],
      secret: secretOf(apiKeyEnv, credentials),
      authHeaders: (key) => ({ authorization: key === undefined ? null : `Bearer ${key}` }),
    },
    timeouts,
  );
}
