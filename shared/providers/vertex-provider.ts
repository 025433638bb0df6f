/**
 * Vertex AI's chat completions. The `openai` package's own module for Vertex is
 * for Google's Responses endpoint alone, and would bring Google's library for a
 * token that takes thirty lines: docs/adr/0041.
 */
import OpenAI from 'openai';
import { googleTokens } from './google-token.ts';
import type { SettingsOf } from './kinds.ts';
import { clientOptions, keyComesLater, protocolProvider, secretOf } from './openai-protocol.ts';
import type { Provider, UpstreamRequest } from './provider.ts';
import type { ProviderContext } from './registry.ts';
import { timeoutsOf } from './timeouts.ts';

const endpointOf = ({ project, location, baseURL }: SettingsOf<'vertex'>): string => {
  const host = location === 'global' ? 'aiplatform.googleapis.com' : `${location}-aiplatform.googleapis.com`;
  return baseURL ?? `https://${host}/v1/projects/${project}/locations/${location}/endpoints/openapi`;
};

/** Vertex has many publishers; a name without one is Google's own. */
const published = (request: UpstreamRequest): UpstreamRequest => {
  const model = String(request.body['model']);
  return model.includes('/') ? request : { ...request, body: { ...request.body, model: `google/${model}` } };
};

export function vertexProvider(settings: SettingsOf<'vertex'>, { credentials, now, fetch }: ProviderContext): Provider {
  const timeouts = timeoutsOf(settings);
  const client = new OpenAI({
    ...clientOptions(settings, timeouts, fetch),
    apiKey: keyComesLater,
    baseURL: endpointOf(settings),
  });
  const keyFile = secretOf(settings.apiKeyEnv, credentials);
  const token = googleTokens(now);
  const provider = protocolProvider(
    {
      client,
      endpoints: ['/chat/completions'],
      secret: async (refresh) => token((await keyFile(refresh)) ?? ''),
      authHeaders: (shown) => ({ authorization: `Bearer ${shown}` }),
    },
    timeouts,
  );
  return {
    whole: (request) => provider.whole(published(request)),
    stream: (request) => provider.stream(published(request)),
  };
}
