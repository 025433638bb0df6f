/** Where each kind is asked when its settings name no other way, and for which model. */
import type { ProviderSettings } from '../../../shared/providers/kinds.ts';
import { createProviders } from '../../../shared/providers/registry.ts';
import { asking } from './asking.ts';
import { context } from './contract/kinds.ts';

async function sentBy(settings: ProviderSettings, model: string) {
  const sent: { url: string; model: unknown }[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    sent.push({ url: String(input), model: JSON.parse(String(init?.body)).model });
    return Response.json({});
  };
  await createProviders({ it: settings }, { ...context, fetch })('it').whole(asking({ model }));
  return sent;
}

const bedrock = { kind: 'bedrock', region: 'eu-central-1' } as const;
const vertex = { kind: 'vertex', project: 'p', apiKeyEnv: 'KEY_FILE', location: 'europe-west1' } as const;
const vertexPath = (location: string) => `v1/projects/p/locations/${location}/endpoints/openapi/chat/completions`;

test.each<[string, ProviderSettings, string, string, string]>([
  ['Bedrock', bedrock, 'm', 'https://bedrock-runtime.eu-central-1.amazonaws.com/openai/v1/chat/completions', 'm'],
  [
    'Mantle',
    { ...bedrock, endpoint: 'mantle' },
    'm',
    'https://bedrock-mantle.eu-central-1.api.aws/openai/v1/chat/completions',
    'm',
  ],
  [
    'Vertex in a region',
    vertex,
    'gemini-2.5-flash',
    `https://europe-west1-aiplatform.googleapis.com/${vertexPath('europe-west1')}`,
    'google/gemini-2.5-flash',
  ],
  [
    'Vertex everywhere, for another publisher',
    { ...vertex, location: 'global' },
    'meta/llama-4',
    `https://aiplatform.googleapis.com/${vertexPath('global')}`,
    'meta/llama-4',
  ],
])('%s', async (_, settings, asked, url, model) => {
  expect(await sentBy(settings, asked)).toEqual([{ url, model }]);
});
