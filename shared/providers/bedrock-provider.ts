/** Amazon Bedrock's chat completions, signed (SigV4) with the role that the function has anyway. */
import OpenAI from 'openai';
import { bedrock } from 'openai/providers/bedrock/aws';
import type { SettingsOf } from './kinds.ts';
import { clientOptions, protocolProvider } from './openai-protocol.ts';
import type { Provider } from './provider.ts';
import type { ProviderContext } from './registry.ts';
import { timeoutsOf } from './timeouts.ts';

export function bedrockProvider(settings: SettingsOf<'bedrock'>, { awsCredentials, fetch }: ProviderContext): Provider {
  const { region, endpoint = 'runtime', baseURL = null } = settings;
  const timeouts = timeoutsOf(settings);
  const client = new OpenAI({
    ...clientOptions(settings, timeouts, fetch),
    // Handed in, so that neither the chain of credential providers nor AWS_BEARER_TOKEN_BEDROCK is asked.
    provider: bedrock({ region, endpoint, baseURL, credentialProvider: async () => awsCredentials }),
  });
  return protocolProvider(
    {
      client,
      endpoints: ['/chat/completions'],
      secret: async () => undefined,
      authHeaders: () => ({}),
    },
    timeouts,
  );
}
